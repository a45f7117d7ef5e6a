/* firstwords: what the loader makes of an object's words before anything
 * runs, from the file and its relocations. Any thread. */
#ifndef COWBIRD_FIRSTWORDS_H
#define COWBIRD_FIRSTWORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf;
struct statics;

/* Of the object of `size` bytes, whole words, at `address` before the loader's
 * bias: the caller's, for wiped_free with `size`. NULL: it has no function of
 * the image's, something of another's, or an address of what may change; or
 * out of memory. */
uintptr_t *firstwords_of(const struct statics *s, uintptr_t address,
                         size_t size);
/* Where the segment ends that `address` lies in, or `address` where that is in
 * none; both before the bias. */
uintptr_t firstwords_end(const struct elf *v, uintptr_t address);
/* False: what begins at `address` has no function of the image's among its
 * first words, as they are now; quick. */
bool firstwords_may_have_code(const struct statics *s, uintptr_t address);

#endif
