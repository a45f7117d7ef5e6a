/* places: which of the reserved addresses images get. */
#define _GNU_SOURCE 1
#include "places.h"

#include <sys/mman.h>

#include "check.h"

#define YARD (1ull << 30)
#define LARGE (1ull << 20) /* the kernel aligns what is larger */

/* Half of the addresses lie on either side of 0x7e0000000000. */
static uintptr_t wanted = 0x7dffe0000000;

void *__real_mmap(void *at, size_t len, int rights, int flags, int fd,
                  off_t offset);
void *__wrap_mmap(void *at, size_t len, int rights, int flags, int fd,
                  off_t offset);

void *
__wrap_mmap(void *at, size_t len, int rights, int flags, int fd,
            off_t offset)
{
    if (at == NULL && len == YARD) {
        at = (void *)wanted;
        flags |= MAP_FIXED_NOREPLACE;
    }
    return __real_mmap(at, len, rights, flags, fd, offset);
}

/* Whether a word with a pointer's upper half and a text of three characters,
 * or a small number, as its lower half may lead there. */
static bool
may_be_half_a_text(uintptr_t at)
{
    return (at >> 24 & 0xff) == 0;
}

static void
no_image_lies_where_half_a_pointer_and_a_text_lead(void)
{
    size_t below = 0;
    size_t above = 0;
    while (places_lend(LARGE)) {
        void *image = __real_mmap(NULL, LARGE, PROT_NONE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(image != MAP_FAILED);
        uintptr_t start = (uintptr_t)image;
        CHECK(places_hold(start, start + LARGE));
        CHECK(!may_be_half_a_text(start));
        CHECK(!may_be_half_a_text(start + LARGE - 1));
        below += start < 0x7e0000000000;
        above += start > 0x7e0000000000;
        places_lent();
    }
    CHECK(below == YARD / 2 / LARGE);
    CHECK(above == YARD / 2 / LARGE - 16);
}

int
main(void)
{
    RUN(no_image_lies_where_half_a_pointer_and_a_text_lead);
    return 0;
}
