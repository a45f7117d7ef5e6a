/* cmd_undo: `cowbird undo MODULE`: back one generation, in every worker. */
#include "commands.h"

#include "client.h"

int
cmd_undo(size_t count, char **argv)
{
    struct client c;
    struct buf question = BUF_INIT;
    int status;
    if (!client_begin(&c, "undo", true, count, argv, &status)) {
        return status;
    }
    if (c.rest.words.count == 1) {
        msg_start(&question, MSG_UNDO_ASK);
        msg_put_str(&question, c.rest.words.items[0]);
        client_order(&c, &question, "undo");
        return client_end(&c);
    }
    status = common_misuse("undo", "cowbird status lists the modules",
                           "undo takes the name of one module");
    client_end(&c);
    return status;
}
