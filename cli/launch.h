/* launch: how the app is started: its words, its environment, and the exec
 * itself. Used by `run` (which becomes the app) and by child (which forks
 * first). Changes nothing but what DESIGN.md names: PYTHONPATH,
 * COWBIRD_SESSION and uWSGI's two switches.
 */
#ifndef COWBIRD_LAUNCH_H
#define COWBIRD_LAUNCH_H

#include "list.h"
#include "python.h"
#include "wire/err.h"

struct launch {
    struct list argv;
    char *program; /* what is exec'ed, absolute */
    char *site;    /* the folder with our sitecustomize.py */
    char *session; /* the session's folder */
    char *shown;   /* "app.py" or "uvicorn", for speech */
};

/* `app` with its `words` run by `p`, or (`app` NULL) `command` as it stands,
 * looked up on PATH, then beside `p`. */
int launch_init(struct launch *l, const struct python *p, const char *app,
                const struct list *words, const struct list *command,
                const char *session, struct err *e);
/* A sentence when Python is started with a flag that keeps our guest out (-S;
 * -I and -E where cowbird is not installed in `p` itself), else NULL. On the
 * heap. */
char *launch_blindness(const struct launch *l, const struct python *p);
/* Never returns but on failure. The caller has restored signals. */
int launch_exec(const struct launch *l, struct err *e);
void launch_dispose(struct launch *l);

#endif
