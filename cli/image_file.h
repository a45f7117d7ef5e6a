/* image_file: what workers load as one generation of a module.
 *
 * An artefact under a name of its own, and of an inode that no generation
 * before it had: for the same inode the loader gives the old code back. The
 * name ends in the sum of what it is to hold (wire/sum.h). The bench's main
 * thread.
 */
#ifndef COWBIRD_IMAGE_FILE_H
#define COWBIRD_IMAGE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

struct image_file {
    uint64_t generation;
    char *path; /* absolute */
};

/* In `folder`, which is made. An artefact that `is_fresh` was never loaded: it
 * is linked where that works, and the cache gets a copy when nobody waits
 * (compile_entry.c); any other is copied. */
int image_file_make(struct image_file *f, const char *folder,
                    const char *stem, const char *artefact, bool is_fresh,
                    struct err *e);
/* When nobody loads it any more. */
void image_file_remove(struct image_file *f);

#endif
