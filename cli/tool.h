/* tool: a program that the bench runs for its answer: an interpreter that
 * says what it is, a compiler, pkg-config.
 *
 * stdin is /dev/null; both outputs are read to their end; a deadline always
 * holds. The program dies with whoever started it. Blocks its caller; any
 * thread.
 */
#ifndef COWBIRD_TOOL_H
#define COWBIRD_TOOL_H

#include <stdbool.h>
#include <sys/types.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

struct tool_result {
    struct buf out;    /* what it wrote to stdout */
    struct buf errors; /* and to stderr; in `out` when merged */
    int status;        /* exit status; -1 when a signal ended it */
    int signal;        /* that signal, or 0 */
    bool is_timed_out; /* the deadline passed and it was killed */
};

#define TOOL_RESULT_INIT {BUF_INIT, BUF_INIT, 0, 0, false}

struct tool_options {
    int deadline_ms;   /* 0: 30 s */
    bool has_no_group; /* stay in the caller's process group, so that who
                          kills that group kills the program too */
    bool is_merged;    /* both outputs in order in `out` */
    bool is_plain;     /* LC_ALL=C: messages that a parser knows */
};

/* argv[0] is looked up on PATH. -1 when it cannot be started (ERR_SYSTEM
 * names it); a program that fails is a result. */
int tool_run(struct list *argv, const struct tool_options *o,
             struct tool_result *r, struct err *e);
/* "exit status 1", "signal 9 (Killed)", "no answer in 30 s": why a result is
 * not good, for a sentence. On the heap. */
char *tool_reason(const struct tool_result *r);
/* A child that goes on in our own code, to do what may crash or hang. It
 * dies with its parent and stays in its process group. In the child `pid` is
 * 0 and `fd` is where it may write; it ends with _exit. */
struct forked {
    pid_t pid;
    int fd; /* read by tool_wait: closes when the child ends */
};
int tool_fork(struct forked *f, struct err *e);
/* Reads what the child writes, waits for its end, kills it at the deadline.
 * 0 when it ended with status 0; `r->out` holds what it wrote. */
int tool_wait(struct forked *f, int deadline_ms, struct tool_result *r);
void tool_result_dispose(struct tool_result *r);

#endif
