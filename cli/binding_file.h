/* binding_file: where a plain module's binding lies while compilers read it.
 *
 * At a path below the cache that its text alone decides: a launcher such as
 * ccache knows it again in the next session, the same code has the same debug
 * information, and what that names is there. For a process that ends with its
 * compile: until then nobody removes the file.
 */
#ifndef COWBIRD_BINDING_FILE_H
#define COWBIRD_BINDING_FILE_H

#include <stdbool.h>

#include "wire/err.h"

/* The path, on the heap, with `text` in it; NULL and `e`. */
char *binding_file_write(const char *stem, const char *text, struct err *e);
/* Whether it is such a path. */
bool binding_file_is(const char *path);

#endif
