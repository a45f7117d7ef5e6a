/* places: see places.h.
 *
 * The loader asks the kernel for any address, and the kernel takes the
 * highest hole that is large enough (mm/mmap.c, top-down layout). So for the
 * moment of a dlopen all holes above the reserved addresses are filled, and
 * one is made in these. The lowest come first: what lies right below the
 * app's own memory may have been in use before.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "places.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "guard.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17, where glibc is older */
#endif

#define YARD (1ull << 30) /* some 50,000 images of a small module */
#define LARGEST (YARD / 8)
#define PAGES_MAX (YARD / 4096)
/* Holes are filled with ever smaller pieces. */
#define FIRST_FILLER (16ull << 30)
#define FILLER_FACTOR 16
#define FILLERS_MAX 512

#if defined(__SANITIZE_THREAD__)
#define HAS_RECORDS true
#else
#define HAS_RECORDS false
#endif

struct stretch {
    uintptr_t start;
    size_t len;
};

static struct {
    _Atomic uintptr_t start; /* of the reserved addresses; 0: there are none */
    bool is_settled; /* whether there are to be any */
    size_t page, pages;
    size_t next; /* the page from which on places are lent */
    uint64_t used[PAGES_MAX / 64]; /* a bit a page: lent, lost to others, or
                                      never to be lent */
    struct stretch lent;
    struct stretch fillers[FILLERS_MAX];
    size_t filler_count;
} yard;

/* An older kernel takes MAP_FIXED_NOREPLACE for nothing and the address for a
 * hint. */
static bool
reserve(uintptr_t start, size_t len)
{
    void *at = mmap((void *)start, len, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
                        | MAP_FIXED_NOREPLACE,
                    -1, 0);
    if (at != MAP_FAILED && (uintptr_t)at != start) {
        munmap(at, len);
    }
    return (uintptr_t)at == start;
}

static void *
map_anywhere(size_t len)
{
    return mmap(NULL, len, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

/* An app whose addresses are counted is to have them all. ThreadSanitizer
 * keeps records of all that is mapped, and under it images stay anyway. */
static bool
are_counted(void)
{
    struct rlimit r;
    return HAS_RECORDS || getrlimit(RLIMIT_AS, &r) != 0
           || r.rlim_cur != RLIM_INFINITY;
}

static bool
is_used(size_t page)
{
    return (yard.used[page / 64] >> (page % 64) & 1) != 0;
}

static void
set_used(size_t page, bool is)
{
    uint64_t bit = (uint64_t)1 << (page % 64);
    yard.used[page / 64] = is ? yard.used[page / 64] | bit
                              : yard.used[page / 64] & ~bit;
}

/* Whether a word leads there whose upper half is left of a pointer and whose
 * lower half is a text's last three characters and its NUL, or a number that
 * is not large: freed memory that was used again is full of these. */
static bool
is_half_a_text(uintptr_t at)
{
    return (at >> 24 & 0xff) == 0;
}

static bool
begin(void)
{
    if (!yard.is_settled) {
        bool is_wanted = !are_counted();
        void *at = is_wanted ? map_anywhere(YARD) : MAP_FAILED;
        yard.is_settled = !is_wanted || at != MAP_FAILED;
        yard.page = (size_t)sysconf(_SC_PAGESIZE);
        yard.pages = YARD / yard.page;
        yard.start = at == MAP_FAILED ? 0 : (uintptr_t)at;
        for (size_t page = 0; at != MAP_FAILED && page < yard.pages; page++) {
            set_used(page, is_half_a_text(yard.start + page * yard.page));
        }
    }
    return yard.start != 0;
}

/* The first of `count` free pages in a row, of those from `from` on; or
 * yard.pages. */
static size_t
find(size_t from, size_t count)
{
    size_t run = 0;
    for (size_t page = from; page < yard.pages; page++) {
        run = is_used(page) ? 0 : run + 1;
        if (run == count) {
            return page + 1 - count;
        }
    }
    return yard.pages;
}

static void
empty(void)
{
    for (size_t i = 0; i < yard.filler_count; i++) {
        munmap((void *)yard.fillers[i].start, yard.fillers[i].len);
    }
    yard.filler_count = 0;
}

/* Every hole of `len` bytes above the yard; false when it can't be done. */
static bool
fill(size_t len)
{
    uint64_t piece = FIRST_FILLER;
    while (yard.filler_count < FILLERS_MAX) {
        void *at = map_anywhere(piece);
        bool is_above = at != MAP_FAILED && (uintptr_t)at > yard.start;
        if (is_above) {
            yard.fillers[yard.filler_count++]
                = (struct stretch){(uintptr_t)at, piece};
            continue;
        }
        if (at != MAP_FAILED) {
            munmap(at, piece);
        }
        if (piece == len) {
            return at != MAP_FAILED;
        }
        piece /= FILLER_FACTOR;
        piece = piece > len ? piece : len;
    }
    return false;
}

static bool
lend(uint64_t len)
{
    if (!begin()) {
        return false;
    }
    size_t count = (size_t)(len + yard.page - 1) / yard.page;
    size_t first = find(yard.next, count);
    if (first == yard.pages) {
        first = find(0, count);
    }
    if (first == yard.pages || !fill(count * yard.page)) {
        empty();
        return false;
    }
    yard.lent.start = yard.start + first * yard.page;
    yard.lent.len = count * yard.page;
    if (munmap((void *)yard.lent.start, yard.lent.len) != 0) {
        yard.lent.len = 0; /* there are too many mappings */
        empty();
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        set_used(first + i, true);
    }
    yard.next = first + count;
    return true;
}

/* What memory was short for is tried once more. */
bool
places_lend(uint64_t len)
{
    return len > 0 && len <= LARGEST && (lend(len) || lend(len));
}

void
places_lent(void)
{
    empty();
    places_take_back(yard.lent.start, yard.lent.start + yard.lent.len);
    yard.lent.len = 0;
}

void
places_give_up(void)
{
    yard.is_settled = true;
}

/* Page by page: what is not free stays as it is. */
void
places_take_back(uintptr_t start, uintptr_t end)
{
    if (start >= end || !places_hold(start, end)) {
        return;
    }
    size_t first = (start - yard.start) / yard.page;
    size_t last = (end - yard.start + yard.page - 1) / yard.page;
    bool is_free = reserve(start, (last - first) * yard.page);
    for (size_t page = first; page < last; page++) {
        if (is_free || reserve(yard.start + page * yard.page, yard.page)) {
            set_used(page, false);
        }
    }
}

bool
places_hold(uintptr_t start, uintptr_t end)
{
    uintptr_t at = yard.start;
    return at != 0 && start >= at && end <= at + YARD;
}
