/* plain: from a plain module to the text of its binding: libclang found,
 * each source that includes cowbird.h scanned, the binding written.
 *
 * plain_bind loads libclang into the process that calls it: a compile's
 * forked child or a one-shot command, never a watching bench.
 */
#ifndef COWBIRD_PLAIN_H
#define COWBIRD_PLAIN_H

#include "diag.h"
#include "digest.h"
#include "graph.h"
#include "list.h"
#include "python.h"
#include "wire/buf.h"
#include "wire/err.h"

struct plain_options {
    const char *name;               /* dotted */
    const struct list *sources;
    const struct list *includes;    /* -I folders of the module */
    const struct list *flags;       /* for its compiler; what concerns
                                       declarations is picked out */
    const char *std;                /* or NULL */
    const struct list *system_dirs; /* where the compiler finds <…>; may be
                                       empty */
    const struct python *python;    /* may be NULL */
};

/* Whether a file is C that includes cowbird.h. */
bool plain_is_source(const char *path);
struct scan_options;
/* What libclang has to be told of the module. */
int plain_scan_options(struct scan_options *to, const struct plain_options *o,
                       struct err *e);
/* The folder of cowbird.h, on the heap. */
char *plain_include(struct err *e);
/* All that decides a binding beside the sources: bindgen, cowbird.h and its
 * fellows, libclang. */
void plain_add_identity(struct digest_state *s, const struct python *p);
/* Appends the binding to `out` and, when all is well, the stub to `stub` (may
 * be NULL). -1 with `e` when there is no libclang; 1 when
 * `diags` holds errors (the binding is then empty), 0 when all is well. */
int plain_bind(const struct plain_options *o, struct buf *out,
               struct buf *stub, struct diag_list *diags, struct err *e);

/* For who does it again and again: libclang and what it has read are kept,
 * to the end of the process. NULL: not possible. */
struct plain_kept;
struct plain_kept *plain_keep(const struct plain_options *o, struct err *e);
struct plain_binding {
    struct buf *text; /* all three borrowed */
    struct buf *stub;
    struct diag_list *diags;
};
/* The sources as they are now; else as plain_bind, and after -1 `k` is of no
 * use any more. */
int plain_bind_again(struct plain_kept *k, const struct plain_options *o,
                     struct plain_binding *to);

#endif
