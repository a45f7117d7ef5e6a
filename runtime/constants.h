/* constants: objects of a new image's that nobody can change and that are as
 * they were, told apart by one address in old and new code.
 *
 * What lives longer than the code that made it holds such addresses to say
 * something (`keys == &no_keys`). So the new code's instructions that take the
 * address of one are turned to where it was first; that image stays for ever.
 * What only reads a constant reads its own image's. Arrays are left alone:
 * code walks them to an end, which may be where the next one begins. On
 * x86-64; elsewhere nothing is turned.
 */
#ifndef COWBIRD_CONSTANTS_H
#define COWBIRD_CONSTANTS_H

#include "pyabi.h"

#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct carry;
struct dwarf_variable;
struct image;
struct statics;

struct constant {
    uintptr_t at;  /* in its image, before the loader's bias: in freed memory
                      an address would keep an image */
    size_t size;   /* bytes */
    struct image *home; /* borrowed: where it was first … */
    uintptr_t home_at;  /* … and its place there, before the bias */
};

/* The only one of that name in that function, or NULL. */
const struct dwarf_variable *constant_twin(const struct statics *s,
                                           const struct dwarf_variable *like);
/* Turns the code of `now`, which nobody runs yet; `now->constants` then tells
 * what was turned. `was` and `is` are the variables of `old`, which serves,
 * and of `now`. -1 when out of memory. */
int constants_turn(struct image *now, struct image *old,
                   const struct statics *was, const struct statics *is,
                   struct err *e);
/* A variable of `old` that holds a constant's address holds it on. */
void constants_leave(const struct image *now, struct carry *carry);
/* From the commit on: the homes stay. With the GIL. */
void constants_pin(const struct image *now);

#endif
