/* ranges: see ranges.h. */
#include "pyabi.h"

#include "ranges.h"

#include <stdlib.h>

#include "guard.h"

bool
ranges_add(struct ranges *r, uintptr_t start, uintptr_t end,
           struct image *image, bool is_shadow)
{
    if (r->count == RANGES_MAX) {
        return false;
    }
    struct range *item = &r->items[r->count++];
    item->start = start;
    item->end = end;
    item->image = image;
    item->is_shadow = is_shadow;
    item->why[0] = '\0';
    item->words = 0;
    for (uintptr_t page = start >> 12; page <= (end - 1) >> 12; page++) {
        size_t bit = page & ((1u << RANGES_BITS) - 1);
        r->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
    return true;
}

static int
compare(const void *a, const void *b)
{
    const struct range *x = a;
    const struct range *y = b;
    return x->start < y->start ? -1 : x->start > y->start;
}

void
ranges_sort(struct ranges *r)
{
    qsort(r->items, r->count, sizeof(r->items[0]), compare);
}

struct range *
ranges_search(struct ranges *r, uintptr_t word)
{
    size_t low = 0;
    size_t high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (word < r->items[middle].start) {
            high = middle;
        }
        else if (word >= r->items[middle].end) {
            low = middle + 1;
        }
        else {
            return &r->items[middle];
        }
    }
    return NULL;
}
