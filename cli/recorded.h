/* recorded: what a running session tells `cowbird bench`: which builds it has
 * of a module, and calls of a function that its app has made.
 *
 * The client's side of MSG_SERVED and MSG_CALLS; blocks.
 */
#ifndef COWBIRD_RECORDED_H
#define COWBIRD_RECORDED_H

#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

struct recorded {
    char *executable;       /* of the app's Python */
    char *artefact;         /* that serves; "": none */
    char *compiler;
    char *content;          /* digest of its sources; "": unknown */
    char *former;           /* artefact of the save before; "": none */
    char *former_compiler;
    struct list modules;    /* four words for each that serves: name, stem,
                               artefact, source */

    struct list calls;      /* base64 of pickles */
    size_t lost;            /* calls that could not be pickled … */
    char *lost_why;         /* … the first of them */
    char *folder;           /* the app's working folder */
    struct list paths;      /* its sys.path */
};

struct recorded_order {
    const char *module;
    const char *function;
    int calls;
    int wait_s;
};

/* `fd` is a connection to the session, one for each question; `help` gets what
 * helps, as for report_error. */
int recorded_served(struct recorded *r, int fd, const char *module,
                    struct buf *help, struct err *e);
/* Says how far it is while it waits. -1 when there is not one call. */
int recorded_calls(struct recorded *r, int fd, const struct recorded_order *o,
                   struct buf *help, struct err *e);
void recorded_dispose(struct recorded *r);

#endif
