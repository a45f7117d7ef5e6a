/* text: names and docstrings that CPython points at for ever.
 *
 * Each is kept once and never freed: objects that nobody lists may still show
 * it. A save that comes to nothing, or goes back, adds none. With the GIL.
 */
#ifndef COWBIRD_TEXT_H
#define COWBIRD_TEXT_H

#include "wire/err.h"

/* The kept copy of `text`; `known` itself where it says the same. NULL stays
 * NULL; NULL with `e` filled when out of memory. */
const char *text_keep(const char *text, const char *known, struct err *e);

#endif
