/* identity: one address for a function that a type has in a slot, whoever
 * asks.
 *
 * Types that swap have stubs there, and a module's own code asks
 * `type->tp_init == init`. So where an image's code takes the address of a
 * function that is behind one of its types' stubs, it is turned to take the
 * stub's. A function behind two of them keeps its own; so does all code that
 * lies more than 2 GB away from the stubs, and that of other machines than
 * x86-64. What an image's data hold is left alone.
 */
#ifndef COWBIRD_IDENTITY_H
#define COWBIRD_IDENTITY_H

#include "pyabi.h"

#include <stdint.h>

#include "wire/err.h"

struct image;
struct native;
struct type_change;

/* An instruction of an image that takes the address of code of its own; both
 * in bytes from the image's start. */
struct identity {
    uint32_t at; /* of its distance */
    uint32_t to;
};

/* Finds them: the longer part, for any thread. -1 when out of memory. */
int identity_read(struct image *i, struct err *e);
/* After a first init. With the GIL. */
int identity_adopt(const struct native *n, struct err *e);
/* After a newer one's, all changes being planned; nobody else runs its code
 * yet. With the GIL. */
int identity_plan(struct image *now, const struct type_change *changes,
                  struct err *e);

#endif
