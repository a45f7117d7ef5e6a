/* bindgen: writes the C binding of a surface: what makes plain functions a
 * Python module.
 *
 * The binding is a translation unit of its own. The user's source is compiled
 * as it stands, so its lines are the user's, its macros never meet Python.h,
 * and its `read` or `index` never meet libc's: the binding calls functions by
 * their symbols under names of ours. It changes only when the surface does.
 * The same input gives the same bytes. No disk; any thread.
 */
#ifndef COWBIRD_BINDGEN_H
#define COWBIRD_BINDGEN_H

#include <stddef.h>

#include "diag.h"
#include "scan.h"
#include "wire/buf.h"

/* Raised whenever the same surface gives another binding. */
#define BINDGEN_VERSION "13"

/* Appends the binding of all surfaces of the module `name` (dotted) to `out`.
 * What cannot be bound is an error in `diags`, each with what would work; -1
 * when there was one, and the binding is then of an empty module, so that the
 * compiler can still say what it thinks of the sources. */
int bindgen_write(const struct surface *surfaces, size_t count,
                  const char *name, struct buf *out,
                  struct diag_list *diags);

#endif
