/* lookmem: the half of a look (look.h) that reads the process's memory.
 *
 * It reads through /proc/self/mem, which says no where the app has unmapped
 * meanwhile, instead of faulting. Pages that were never written are not
 * touched.
 */
#ifndef COWBIRD_LOOKMEM_H
#define COWBIRD_LOOKMEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct look;

#define LOOKMEM_PIECE (256u << 10) /* bytes read at once */
#define LOOKMEM_PAGES (64u << 10)  /* bytes of the kernel's table of pages */

/* Reads into the look's `bytes`: how many, 0 where there is nothing. */
size_t lookmem_read(const struct look *l, uintptr_t at, size_t len);
/* From where on the memory of a stack that ends at `stack` is in use. */
uintptr_t lookmem_live(uintptr_t stack);
/* False when it was cut short or is blind. */
bool lookmem_run(struct look *l);

#endif
