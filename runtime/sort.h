/* sort: an array brought into order where it lies.
 *
 * qsort of glibc may copy it into memory that it frees as it is; what is
 * sorted here holds addresses, and freed ones would keep images (wipe.h).
 */
#ifndef COWBIRD_SORT_H
#define COWBIRD_SORT_H

#include <stddef.h>

void sort_in_place(void *items, size_t count, size_t size,
                   int (*compare)(const void *a, const void *b));

#endif
