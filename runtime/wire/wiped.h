/* wiped: memory for pointers into a file that is mapped for a while. The next
 * image may be mapped where that file was, and whoever looks for words that
 * lead into it (look.h) must not find what has been freed.
 */
#ifndef COWBIRD_WIRE_WIPED_H
#define COWBIRD_WIRE_WIPED_H

#include <stdlib.h>
#include <string.h>

static inline void
wiped_free(void *at, size_t size)
{
    if (at != NULL) {
        explicit_bzero(at, size);
    }
    free(at);
}

/* As realloc from `was` to `size` bytes, which are more; what is new is
 * zero. */
static inline void *
wiped_grow(void *at, size_t was, size_t size)
{
    void *grown = calloc(1, size);
    if (grown != NULL) {
        if (was > 0) {
            memcpy(grown, at, was);
        }
        wiped_free(at, was);
    }
    return grown;
}

#endif
