/* child: the app of a `--dev` session: started, told to end, mourned.
 *
 * The app stays in our process group, so that the terminal's Ctrl-C reaches
 * it as it would without us; it gets SIGTERM when the bench dies. Its
 * descendants are known by the COWBIRD_SESSION in their environment and are
 * ended with it: no orphan, no port held. Runs on the bench's loop; the
 * caller tells it about SIGCHLD.
 */
#ifndef COWBIRD_CHILD_H
#define COWBIRD_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "launch.h"
#include "loop.h"

struct child {
    struct loop *loop;           /* borrowed */
    const struct launch *launch; /* borrowed */
    const sigset_t *mask;        /* the app's, borrowed */
    pid_t pid;                   /* 0: not running */
    unsigned kill_timer;
    /* Called from child_reap with wait(2)'s status, once a start. */
    void (*on_exit)(void *data, int status);
    void *data;
};

int child_start(struct child *c, struct err *e);
/* To the app's own process; nothing when it does not run. */
void child_signal(struct child *c, int signal_number);
/* SIGTERM now, SIGKILL after `grace_ms`; on_exit tells when it is done. */
void child_stop(struct child *c, int grace_ms);
/* After SIGCHLD. */
void child_reap(struct child *c);
/* Ends whatever the app left behind: SIGTERM, then after `grace_ms` SIGKILL.
 * Blocks for that long at most. Returns how many there were. */
int child_sweep(const struct child *c, int grace_ms);

#endif
