/* cmd_status: `cowbird status`: which generation serves where, and why. */
#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common.h"

static int
ask(const char *root, const char *session, bool wants_json, struct buf *help,
    struct err *e)
{
    int fd = client_connect(root, session, help, e);
    if (fd < 0) {
        return -1;
    }
    struct buf question = BUF_INIT;
    struct buf in = BUF_INIT;
    struct msg m;
    char *json = NULL;
    char *text = NULL;
    int status = -1;
    msg_start(&question, MSG_STATUS_ASK);
    if (client_ask(fd, &question, MSG_STATUS, &in, &m, e) < 0) {
        goto done;
    }
    json = msg_get_str(&m);
    text = msg_get_str(&m);
    status = msg_end(&m, e);
    if (status == 0 && wants_json) {
        report_result(json);
    }
    else if (status == 0) {
        report_text(true, text);
    }
done:
    free(json);
    free(text);
    buf_dispose(&question);
    buf_dispose(&in);
    close(fd);
    return status;
}

int
cmd_status(size_t count, char **argv)
{
    struct common common = COMMON_INIT;
    struct config config;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    const char *session = NULL;
    int status;
    const struct opt table[] = {
        {OPT_STRING, "session", NULL, 0, &session, "ID",
         "which of several sessions"},
        COMMON_OPTIONS(common),
        OPT_END,
    };
    if (!common_begin(&common, "status", table, OPT_ANYWHERE, count, argv,
                      NULL, &config, &status))
    {
        return status;
    }
    status = STATUS_DONE;
    if (ask(config.root, session, common.json != NULL, &help, &e) < 0) {
        status = common_fail(&e, help.len > 0 ? help.data : NULL);
    }
    buf_dispose(&help);
    common_end(&common, NULL, &config);
    return status;
}
