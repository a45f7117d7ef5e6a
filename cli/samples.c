/* samples: see samples.h. */
#include "samples.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void
samples_add(struct samples *s, double value)
{
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 64 : 2 * s->cap;
        s->items = mem_resize(s->items, s->cap, sizeof(*s->items));
    }
    s->items[s->count++] = value;
}

void
samples_add_all(struct samples *s, const struct samples *other)
{
    for (size_t i = 0; i < other->count; i++) {
        samples_add(s, other->items[i]);
    }
}

static int
compare(const void *a, const void *b)
{
    double one = *(const double *)a;
    double other = *(const double *)b;
    return one < other ? -1 : one > other;
}

double
samples_at(const struct samples *s, double share)
{
    if (s->count == 0) {
        return 0;
    }
    double *sorted = mem_resize(NULL, s->count, sizeof(*sorted));
    memcpy(sorted, s->items, s->count * sizeof(*sorted));
    qsort(sorted, s->count, sizeof(*sorted), compare);
    double place = share * (double)(s->count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < s->count ? below + 1 : below;
    double value = sorted[below]
                   + (place - (double)below) * (sorted[above] - sorted[below]);
    free(sorted);
    return value;
}

void
samples_dispose(struct samples *s)
{
    free(s->items);
    *s = (struct samples)SAMPLES_INIT;
}
