/* cmd_status: `cowbird status`: which generation serves where, and why. */
#include "commands.h"

#include <stdlib.h>

#include "client.h"

int
cmd_status(size_t count, char **argv)
{
    struct client c;
    struct buf question = BUF_INIT;
    int status;
    if (!client_begin(&c, "status", false, count, argv, &status)) {
        return status;
    }
    msg_start(&question, MSG_STATUS_ASK);
    if (client_ask(&c, &question, MSG_STATUS) == 0) {
        char *json = msg_get_str(&c.answer);
        char *text = msg_get_str(&c.answer);
        if (msg_end(&c.answer, &c.e) == 0 && c.common.json != NULL) {
            report_result(json);
        }
        else if (!err_is_set(&c.e)) {
            report_text(true, text);
        }
        free(json);
        free(text);
    }
    return client_end(&c);
}
