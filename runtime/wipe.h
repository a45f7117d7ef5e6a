/* wipe: memory that held addresses of an image, freed without a trace.
 *
 * Whether anything needs an image is told by looking for such addresses in all
 * of the process's memory (look.h); freed memory is part of that.
 */
#ifndef COWBIRD_WIPE_H
#define COWBIRD_WIPE_H

#include <stdlib.h>
#include <string.h>

static inline void
wipe_free(void *at, size_t size)
{
    if (at != NULL) {
        explicit_bzero(at, size);
    }
    free(at);
}

#endif
