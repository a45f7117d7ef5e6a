/* sort: see sort.h. A heap sort: no worst case, no memory. */
#include "sort.h"

#include "guard.h"

static void
exchange(unsigned char *a, unsigned char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

/* Lets the item at `at` sink to its place below. */
static void
sink(unsigned char *items, size_t at, size_t count, size_t size,
     int (*compare)(const void *a, const void *b))
{
    for (size_t child = at * 2 + 1; child < count; child = at * 2 + 1) {
        unsigned char *larger = items + child * size;
        if (child + 1 < count && compare(larger, larger + size) < 0) {
            child++;
            larger += size;
        }
        if (compare(items + at * size, larger) >= 0) {
            return;
        }
        exchange(items + at * size, larger, size);
        at = child;
    }
}

void
sort_in_place(void *items, size_t count, size_t size,
              int (*compare)(const void *a, const void *b))
{
    unsigned char *first = items;
    for (size_t i = count / 2; i > 0; i--) {
        sink(first, i - 1, count, size, compare);
    }
    for (size_t end = count; end > 1; end--) {
        exchange(first, first + (end - 1) * size, size);
        sink(first, 0, end - 1, size, compare);
    }
}
