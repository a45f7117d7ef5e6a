/* wipe: see wipe.h. Here: what others free. */
#include "pyabi.h"

#include "wipe.h"

#include <malloc.h>
#include <pthread.h>

#include "guard.h"

#define OWN_FRAME 256 /* bytes, and more than it takes */
#define ENDED_BYTES (24u << 10) /* more than glibc keeps of an ended stack */
#define GUARD_BYTES (8u << 10)  /* at a stack's lower end, and more */

static bool is_the_users = true;

void
wipe_begin(void)
{
    const char *tunables = getenv("GLIBC_TUNABLES");
    is_the_users = getenv("MALLOC_PERTURB_") != NULL
                   || (tunables != NULL
                       && strstr(tunables, "malloc.perturb") != NULL);
}

/* All but its own frame. A sanitizer may have marked what lies there. */
__attribute__((noinline, no_sanitize_address)) static void
wipe_below(uintptr_t low)
{
    volatile uintptr_t *at = (volatile uintptr_t *)((low + 7) & ~(uintptr_t)7);
    uintptr_t end = (uintptr_t)__builtin_frame_address(0) - OWN_FRAME;
    for (; (uintptr_t)at < end; at++) {
        *at = 0;
    }
}

/* The calling thread's stack: its lowest address, or 0; and its size. */
static uintptr_t
find_stack(size_t *size)
{
    pthread_attr_t attr;
    void *bottom = NULL;
    if (pthread_getattr_np(pthread_self(), &attr) != 0) {
        return 0;
    }
    pthread_attr_getstack(&attr, &bottom, size);
    pthread_attr_destroy(&attr);
    return (uintptr_t)bottom;
}

void
wipe_stack(uintptr_t low)
{
    size_t size = 0;
    uintptr_t bottom = find_stack(&size);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (bottom != 0 && low >= bottom && low < here && here - bottom < size) {
        wipe_below(low);
    }
}

void
wipe_ended_stack(void)
{
    size_t size = 0;
    uintptr_t bottom = find_stack(&size);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    uintptr_t least = bottom + GUARD_BYTES;
    uintptr_t low = here - ENDED_BYTES;
    low = low > least ? low : least;
    if (bottom != 0 && low < here && here - bottom < size) {
        wipe_below(low);
    }
}

/* The loader's record of an image (glibc's struct link_map) holds where its
 * code ends (l_text_end, include/link.h up to glibc 2.40), and where the next
 * image lay at the same place (places.h says when not), 200 of 10,000 were
 * kept by such words. M_PERTURB is glibc's alone (mallopt(3)); fresh memory is
 * the complement, so zero. Another allocator's memory stays as it is. */
void
wipe_frees(bool does)
{
#ifdef M_PERTURB
    if (!is_the_users) {
        mallopt(M_PERTURB, does ? 0xff : 0);
    }
#else
    (void)does;
#endif
}
