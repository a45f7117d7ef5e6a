/* cmd_undo: `cowbird undo MODULE`: back one generation, in every worker. */
#include "commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "common.h"

static int
ask(const char *root, const char *session, const char *module,
    struct buf *help, struct err *e)
{
    int fd = client_connect(root, session, help, e);
    if (fd < 0) {
        return -1;
    }
    struct buf question = BUF_INIT;
    struct buf in = BUF_INIT;
    struct msg m;
    int status = -1;
    msg_start(&question, MSG_UNDO_ASK);
    msg_put_str(&question, module);
    if (client_ask(fd, &question, MSG_UNDONE, &in, &m, e) == 0) {
        uint64_t refused = msg_get_u64(&m);
        char *text = msg_get_str(&m);
        status = msg_end(&m, e);
        if (status == 0 && refused != 0) {
            /* what helps stands on a line of its own */
            size_t len = strcspn(text, "\n");
            buf_add_str(help, text[len] == '\0' ? "" : text + len + 1);
            status = err_set(e, ERR_REFUSED, "%.*s", (int)len, text);
        }
        else if (status == 0) {
            report_setup("undo", "%s", text);
        }
        free(text);
    }
    buf_dispose(&question);
    buf_dispose(&in);
    close(fd);
    return status;
}

int
cmd_undo(size_t count, char **argv)
{
    struct common common = COMMON_INIT;
    struct opt_rest rest = {.has_dashes = false};
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
    if (!common_begin(&common, "undo", table, OPT_ANYWHERE, count, argv,
                      &rest, &config, &status))
    {
        return status;
    }
    status = STATUS_DONE;
    if (rest.words.count != 1) {
        status = common_misuse("undo", "cowbird status lists the modules",
                               "undo takes the name of one module");
    }
    else if (ask(config.root, session, rest.words.items[0], &help, &e) < 0) {
        status = common_fail(&e, help.len > 0 ? help.data : NULL);
    }
    buf_dispose(&help);
    common_end(&common, &rest, &config);
    return status;
}
