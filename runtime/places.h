/* places: where images lie: in addresses that nothing else ever had.
 *
 * Whoever knew what lay somewhere may remember the address: the loader's list
 * of what is mapped where never loses what it has no more use for (glibc from
 * 2.35 on, elf/dl-find_object.c: _dlfo_loaded_mappings, in the heap once it
 * outgrows its first segment); an app's freed memory is full of pointers to
 * what was unmapped since. A look (look.h) cannot tell such words from those
 * that lead into the image that lies there now. So a gigabyte of addresses is
 * reserved, without memory, and each image gets the next ones of them; those
 * of one that has gone are not used again before all others were. Left out are
 * those that half a pointer and a text look like (is_half_a_text).
 *
 * Under the lock of image.c, but for places_hold.
 */
#ifndef COWBIRD_PLACES_H
#define COWBIRD_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel will map the next `len` bytes at the next place, unless another
 * thread takes it first or makes a hole above it, until places_lent. False
 * where there is no place: then it maps them anywhere, as ever. */
bool places_lend(uint64_t len);
void places_lent(void);
/* There are to be none here, before the first is lent: for a process that
 * ends before any image goes. */
void places_give_up(void);
/* What was mapped there is gone. */
void places_take_back(uintptr_t start, uintptr_t end);
/* Whether all of it is among the reserved addresses. Any thread. */
bool places_hold(uintptr_t start, uintptr_t end);

#endif
