/* pyi_file: the place of a module's stub in the user's tree, and what may be
 * done to the file that lies there.
 *
 * A file whose first line is not ours is the user's and never touched. Writes
 * by rename, and only when more than the first line differs. Never speaks.
 * Main thread only.
 */
#ifndef COWBIRD_PYI_FILE_H
#define COWBIRD_PYI_FILE_H

#include <stdbool.h>

#include "graph.h"
#include "wire/err.h"

enum pyi_state {
    PYI_SAME,    /* says the same already */
    PYI_MISSING,
    PYI_OLD,     /* ours, and says something else */
    PYI_FOREIGN, /* not written by us */
};

/* Where type checkers look for it: beside the source, or in the package when
 * the sources of a module lie elsewhere. On the heap. */
char *pyi_place(const struct module *m, const char *root);
/* What `place` is, measured by the stub at `fresh`. */
enum pyi_state pyi_look(const char *place, const char *fresh);
/* Makes `place` a copy of `fresh`. */
int pyi_put(const char *place, const char *fresh, struct err *e);
/* Removes it, when it is ours; whether it did. */
bool pyi_drop(const char *place);

#endif
