/* cmd_restart: `cowbird restart`: ends the app of a running session and starts
 * it again, with all that was saved since. */
#include "commands.h"

#include "client.h"

int
cmd_restart(size_t count, char **argv)
{
    struct client c;
    struct buf question = BUF_INIT;
    int status;
    if (!client_begin(&c, "restart", false, count, argv, &status)) {
        return status;
    }
    msg_start(&question, MSG_RESTART_ASK);
    client_order(&c, &question, "restart");
    return client_end(&c);
}
