/* refs: everything in an image that leads to some of its own data, turned
 * elsewhere.
 *
 * Code reaches data of its own module by distances that the linker has filled
 * in; only the artefact's file says where, if it was linked with
 * --emit-relocs. Words that hold addresses are found by looking at all of the
 * image's data. Either everything is turned or nothing. With the GIL, before
 * anybody else can run the image.
 */
#ifndef COWBIRD_REFS_H
#define COWBIRD_REFS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct image;

struct refs_move {
    uintptr_t from, to;
    size_t size;      /* bytes */
    const char *name; /* what lies there, for messages; borrowed */
};

/* ERR_REFUSED when not every reference can be found or turned. */
int refs_move(const struct image *image, const struct refs_move *moves,
              size_t count, struct err *e);

#endif
