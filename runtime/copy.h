/* copy: a shared object loaded again as if it were another file.
 *
 * The loader hands back the old code for a file it already has. A copy in
 * memory has an identity of its own.
 */
#ifndef COWBIRD_COPY_H
#define COWBIRD_COPY_H

#include "wire/err.h"

/* What dlopen gives for a private copy of the file at `path`; NULL with `e`
 * filled. With the GIL (see image.h on forks). */
void *copy_open(const char *path, struct err *e);

#endif
