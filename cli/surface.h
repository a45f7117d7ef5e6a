/* surface: a C source without the bodies of its functions: all of its own
 * text that a binding and a stub are made of. A save that leaves the surface
 * as it was needs no other binding.
 *
 * Sees text only, so it doubts rather than guesses: a body stays in when what
 * stands in it could reach beyond it (a directive, _Pragma, __COUNTER__), and
 * a source whose braces or literals do not add up has no surface. No state;
 * any thread.
 */
#ifndef COWBIRD_SURFACE_H
#define COWBIRD_SURFACE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"

/* Appends the surface to `out`, each body as "{}". False when there is
 * none that is certain; `out` then holds nothing of use. */
bool surface_read(const char *text, size_t len, struct buf *out);

#endif
