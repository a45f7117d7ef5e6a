/* ranges: the stretches of addresses that are being looked for.
 *
 * Made once, then asked for every word of the process's memory: a filter of
 * one bit a page says no to nearly all of them. Owned by one thread.
 */
#ifndef COWBIRD_RANGES_H
#define COWBIRD_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image;

#define RANGES_MAX 4096
#define RANGES_BITS 16
#define RANGES_WHY 128

struct range {
    uintptr_t start, end;
    struct image *image; /* borrowed */
    bool is_shadow;      /* the image's shadow module, not its memory */
    char why[RANGES_WHY]; /* what points into it; empty: nothing was seen */
    size_t words; /* how many words do */
};

struct ranges {
    struct range items[RANGES_MAX]; /* sorted by start once all are there */
    size_t count;
    uint64_t filter[(1u << RANGES_BITS) / 64];
};

/* False when there is no more room. */
bool ranges_add(struct ranges *r, uintptr_t start, uintptr_t end,
                struct image *image, bool is_shadow);
void ranges_sort(struct ranges *r);
/* The one that holds `word`, or NULL. */
struct range *ranges_search(struct ranges *r, uintptr_t word);

static inline struct range *
ranges_find(struct ranges *r, uintptr_t word)
{
    size_t page = (word >> 12) & ((1u << RANGES_BITS) - 1);
    if ((r->filter[page / 64] >> (page % 64) & 1) == 0) {
        return NULL;
    }
    return ranges_search(r, word);
}

#endif
