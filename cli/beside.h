/* beside: what cowbird writes beside the sources: stubs and the entries of
 * compile_commands.json.
 *
 * For commands and for the session after a commit; says in a line what it
 * wrote and why it did not. A problem here is a warning, said once: no build
 * and no save fails of it. The bench's main thread.
 */
#ifndef COWBIRD_BESIDE_H
#define COWBIRD_BESIDE_H

#include <stdbool.h>

#include "graph.h"
#include "list.h"
#include "table.h"

struct build;
struct config;
struct python;
struct toolchain;

struct beside {
    const struct config *config; /* borrowed, as the next two */
    const struct toolchain *chain;
    const struct python *python;
    const char *held_by;  /* a reloader that any file sets off: nothing is
                             written while it runs. Borrowed; or NULL */
    struct list written;  /* stubs since the last beside_say */
    struct list told;     /* paths about which all has been said */
    struct table entered; /* sources that were looked up in the database */
};

/* What happened to one stub. */
enum beside_done {
    BESIDE_NONE,    /* a raw module, or one that did not build */
    BESIDE_SAME,
    BESIDE_WRITTEN,
    BESIDE_KEPT,    /* somebody else's file is there */
    BESIDE_HELD,
    BESIDE_FAILED,
};

/* Brings the module's stub to what this build says; `place` (may be NULL)
 * gets its path, on the heap. */
enum beside_done beside_stub(struct beside *b, const struct build *build,
                             char **place);
/* The module's source is gone: so goes its stub, when it is ours. Only for
 * what was seen to go: a stub alone may have come with a compiled package. */
void beside_drop(struct beside *b, const struct module *m);
/* Says which stubs were written; only with -v when `is_detail`. */
void beside_say(struct beside *b, bool is_detail);
/* Enters all modules that were not yet into the compile_commands.json of the
 * project (or of their compile path, when they lie outside). */
void beside_enter(struct beside *b, const struct graph *g);
void beside_dispose(struct beside *b);

#endif
