/* demo_session: the `cowbird run --dev` that the demo starts, and what it
 * says.
 *
 * A real session in a process group of its own, so that Ctrl-C reaches the
 * demo alone and the demo ends it in order. Every wait has a deadline and ends
 * at once when the user interrupts. Main thread only.
 */
#ifndef COWBIRD_DEMO_SESSION_H
#define COWBIRD_DEMO_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

struct json;

struct demo_stream {
    int fd;         /* -1: closed */
    struct buf bytes; /* read and not yet handed out */
};

struct demo_session {
    pid_t pid;                 /* 0: not running */
    int stop_fd;               /* readable when the user interrupts */
    struct demo_stream out;    /* the app's stdout */
    struct demo_stream events; /* the session's --json */
};

#define DEMO_SESSION_INIT {0, -1, {-1, BUF_INIT}, {-1, BUF_INIT}}

/* From now on Ctrl-C, SIGTERM and SIGHUP only make stop_fd readable. */
int demo_session_guard(struct demo_session *s, struct err *e);
bool demo_session_is_interrupted(const struct demo_session *s);
/* Starts this very program with `argv` in `folder`. Temporary files of it and
 * its compilers go to `scratch`, its stderr to `scratch`/session.log. `argv`
 * gets the option that opens the event stream. */
int demo_session_start(struct demo_session *s, struct list *argv,
                       const char *folder, const char *scratch,
                       struct err *e);
/* The next line of the app's stdout that begins with `start`, on the heap.
 * NULL: ERR_CLOSED when it ended, ERR_SYSTEM at the deadline, ERR_REFUSED
 * when interrupted. */
char *demo_session_line(struct demo_session *s, const char *start,
                        int64_t deadline_ns, struct err *e);
/* The next event with this verb, to be disposed; -1 as above. */
int demo_session_event(struct demo_session *s, const char *verb,
                       int64_t deadline_ns, struct json *event,
                       struct err *e);
/* Ends it and all that it started; returns when none of it runs. */
void demo_session_end(struct demo_session *s);

#endif
