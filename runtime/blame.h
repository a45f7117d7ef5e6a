/* blame: whose code an address lies in, asked from a signal handler.
 *
 * Knows the images by itself, because a handler can take no lock. Whatever is
 * declared below may be called in one, but for blame_know and blame_forget.
 */
#ifndef COWBIRD_BLAME_H
#define COWBIRD_BLAME_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/crash.h"

struct image;

/* An address in an image of ours. */
struct blame {
    uint64_t generation;
    uint64_t shown;  /* as people are told it */
    uint64_t offset; /* as the image's file counts */
    char module[sizeof(((struct crash_record *)0)->module)];
    char image[sizeof(((struct crash_record *)0)->image)]; /* its path; empty
                                                when it is longer */
};

/* Where a thread was when a signal came. */
struct blame_place {
    uintptr_t pc, sp;
    uintptr_t link; /* the register that calls leave their place in, if any */
};

/* The image is mapped; it goes. Any thread. */
void blame_know(const struct image *i);
void blame_forget(const struct image *i);
/* False when the address lies in no image of ours; `b` may be NULL. */
bool blame_find(uintptr_t address, struct blame *b);
/* `context` is what a handler is given. */
struct blame_place blame_place_of(const void *context);
/* Where the call came from that led to `pc`: only when nothing has run there,
 * because no code is. */
uintptr_t blame_caller(const struct blame_place *p);

#endif
