/* release: what a wheel of the project is made of, for the tool that builds
 * it: its modules, the files a source distribution needs, and how each one is
 * compiled.
 *
 * Says, never compiles: in a wheel the compiler and its flags are the build
 * tool's. Here are only those without which a module would not mean what it
 * means in `cowbird run`. runtime/package/build_cowbird.py reads it.
 */
#ifndef COWBIRD_RELEASE_H
#define COWBIRD_RELEASE_H

#include "config.h"
#include "wire/buf.h"
#include "wire/err.h"

struct release_options {
    const char *folder;       /* for bindings and stubs, or NULL */
    const struct list *only;  /* names of modules; empty: all */
};

/* Appends the plan to `out`, one JSON object without modules where there is
 * no [tool.cowbird]; its paths are relative to the project. With `folder` NULL
 * only the files of each module: that needs no compiler and nothing that a
 * module links with, so that a source distribution can be made without them.
 * Else also how each one is compiled ("extension": the keywords of
 * setuptools.Extension); bindings of plain modules and their stubs are written
 * into `folder`, by libclang loaded into this process. -1 with `e`; what
 * cannot be bound is said. */
int release_plan(const struct config *c, const struct release_options *o,
                 struct buf *out, struct err *e);

#endif
