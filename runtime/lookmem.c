/* lookmem: see lookmem.h. */
#include "look.h"

#include <malloc.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "lookmem.h"
#include "places.h"

#include "guard.h"

#define PAGE 4096u
/* What the kernel's table of pages says of one. */
#define PAGE_IS_THERE (1ull << 63)
#define PAGE_IS_GUARD (1ull << 58)
#define PAGE_IS_SWAPPED (1ull << 62)
#define PAGE_IS_SHARED (1ull << 61) /* with the file: never written here */
/* More than this is no app's memory: a reservation to be used here and
 * there, or a sanitizer's shadow. */
#define LARGEST (64ull << 30)
/* The same of memory that nobody may touch. */
#define LARGEST_RESERVED (1ull << 30)
/* A function may use this much below its stack pointer. */
#define RED_ZONE 128
#define ARENA_MASK ((64ull << 20) - 1) /* glibc's further heaps start there */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SHADOW 1
#else
#define HAS_SHADOW 0
#endif

size_t
lookmem_read(const struct look *l, uintptr_t at, size_t len)
{
    ssize_t n = pread(l->memory, l->bytes, len, (off_t)at);
    return n < 0 ? 0 : (size_t)n;
}

uintptr_t
lookmem_live(uintptr_t stack)
{
    return (stack - RED_ZONE) & ~(uintptr_t)15;
}

/* Whoever points a little past the end of something, or before it, means
 * it. */
#define ASIDE 256

/* Our own records of an image and the loader's hold its address by nature. */
static bool
is_record(const struct image *i, uintptr_t at)
{
    uintptr_t ours = (uintptr_t)i;
    uintptr_t loaders = (uintptr_t)i->handle;
    return (at >= ours && at < ours + sizeof(*i))
           || (at >= loaders
               && at < loaders + malloc_usable_size(i->handle));
}

/* Places in an image that only the loader and unwinders remember. */
static bool
is_loaders(const struct image *i, uintptr_t word)
{
    const struct elf *v = &i->elf;
    return (word >= v->start && word < v->tables_end)
           || (word >= v->dynamic && word < v->dynamic_end)
           || word == v->unwinding;
}

/* Segments begin and end within pages, and a small module is mostly what is
 * left of them, where nothing is that anybody could mean: a word that leads
 * there was meant for what was mapped at that place before. */
static bool
is_in_gap(const struct image *i, uintptr_t word)
{
    const struct elf *v = &i->elf;
    for (size_t s = 0; s < v->segment_count; s++) {
        const ElfW(Phdr) *p = &v->segments[s];
        uintptr_t start = v->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && word + ASIDE >= start
            && word <= start + p->p_memsz + ASIDE)
        {
            return false;
        }
    }
    return true;
}

/* The loader's first list of what is mapped where (glibc from 2.35 on,
 * elf/dl-find_object.c) lies in its own data and stays there when a longer one
 * has taken its place: bounds of what was unmapped long ago, at the beginning
 * of a page. */
static bool
is_old_bound(const struct mapping *m, uintptr_t word)
{
    const char *file = strrchr(m->name, '/');
    return word % PAGE == 0 && file != NULL
           && strncmp(file, "/ld-", 4) == 0;
}

/* Whether the word is there by nature: the image's own, or a record of it. */
static bool
is_expected(const struct range *r, uintptr_t word, uintptr_t at)
{
    const struct image *i = r->image;
    uintptr_t shadow = (uintptr_t)i->shadow;
    if (is_record(i, at)) {
        return true;
    }
    if (r->is_shadow) {
        return word != r->start; /* the address of an object is its start */
    }
    return (at >= r->start && at < r->end) || is_loaders(i, word)
           || is_in_gap(i, word)
           || (i->shadow != NULL && at >= shadow
               && at < shadow + sizeof(struct pyabi_module));
}

/* The first word is told in full: where it lies and where it leads is what a
 * debugger wants to know. */
static void
note(struct range *r, uintptr_t word, uintptr_t at, const struct mapping *m)
{
    const struct image *i = r->image;
    const char *file = strrchr(m->name, '/');
    char home[64];
    if (is_expected(r, word, at) || is_old_bound(m, word)) {
        return;
    }
    r->words++;
    if (r->why[0] != '\0') {
        return;
    }
    if (m->name[0] == '/') {
        PyOS_snprintf(home, sizeof(home), "memory of %.32s+0x%llx", file + 1,
                      (unsigned long long)(at - m->start));
    }
    else {
        PyOS_snprintf(home, sizeof(home), "%s at 0x%llx",
                      m->name[0] == '[' ? "the heap" : "the app's memory",
                      (unsigned long long)at);
    }
    PyOS_snprintf(r->why, sizeof(r->why), "%s points at its %s+0x%llx", home,
                  r->is_shadow                           ? "module object"
                  : elf_is_code(&i->elf, (void *)word) ? "code"
                                                         : "data",
                  (unsigned long long)(word - r->start));
}

static void
look_at_piece(struct look *l, uintptr_t at, size_t len, size_t step,
              const struct mapping *m)
{
    for (size_t i = 0; i + sizeof(uintptr_t) <= len; i += step) {
        uintptr_t word = 0;
        memcpy(&word, l->bytes + i, sizeof(word));
        struct range *r = ranges_find(&l->ranges, word);
        if (r != NULL) {
            note(r, word, at + i, m);
        }
    }
}

/* Whether a page can hold what nobody has put into a file. */
static bool
is_written(uint64_t page, const struct mapping *m)
{
    if ((page & (PAGE_IS_THERE | PAGE_IS_SWAPPED)) == 0) {
        return false;
    }
    return m->is_shared || m->name[0] != '/' || (page & PAGE_IS_SHARED) == 0;
}

static bool
is_cut(struct look *l)
{
    l->is_cut = l->is_cut || (l->is_over != NULL && l->is_over(l->data));
    return l->is_cut;
}

/* One run of written pages. */
static bool
look_at_run(struct look *l, uintptr_t at, uintptr_t end,
            const struct mapping *m)
{
    size_t step = m->can_run ? 1 : sizeof(uintptr_t);
    while (at < end) {
        size_t len = end - at < LOOKMEM_PIECE ? end - at : LOOKMEM_PIECE;
        size_t got = lookmem_read(l, at, len);
        look_at_piece(l, at, got, step, m);
        at += got > 0 ? got : PAGE; /* unmapped meanwhile */
        if (is_cut(l)) {
            return false;
        }
    }
    return true;
}

/* `from` is the mapping's start, or where its stack is in use. */
static bool
look_at_mapping(struct look *l, const struct mapping *m, uintptr_t from)
{
    if (l->pagemap < 0) {
        return look_at_run(l, from, m->end, m);
    }
    for (uintptr_t at = from & ~(uintptr_t)(PAGE - 1); at < m->end;) {
        size_t pages = (m->end - at) / PAGE;
        size_t most = LOOKMEM_PAGES / sizeof(*l->pages);
        pages = pages < most ? pages : most;
        ssize_t got = pread(l->pagemap, l->pages, pages * sizeof(*l->pages),
                            (off_t)(at / PAGE * sizeof(*l->pages)));
        if (got <= 0) {
            return true; /* unmapped meanwhile */
        }
        pages = (size_t)got / sizeof(*l->pages);
        for (size_t i = 0; i < pages;) {
            size_t run = i;
            while (run < pages && is_written(l->pages[run], m)) {
                run++;
            }
            uintptr_t first = at + i * PAGE;
            if (run > i
                && !look_at_run(l, first > from ? first : from,
                                at + run * PAGE, m))
            {
                return false;
            }
            i = run > i ? run : i + 1;
        }
        at += pages * PAGE;
    }
    return true;
}

/* Memory that other processes share holds nobody's addresses, except where
 * an app shares it with itself; a device's is not to be touched. */
static bool
is_interesting(const struct mapping *m)
{
    static const char *const homes[] = {"/dev/zero", "/memfd:", "/SYSV",
                                        "/dev/shm/"};
    if (strncmp(m->name, "[v", 2) == 0) {
        return false;
    }
    if (!m->is_shared || m->name[0] == '\0') {
        return true;
    }
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        if (m->can_write
            && strncmp(m->name, homes[i], strlen(homes[i])) == 0)
        {
            return true;
        }
    }
    return false;
}

/* Whether the page before is a guard, or the first one itself, as glibc 2.42
 * makes them (nptl/allocatestack.c: MADV_GUARD_INSTALL, Linux 6.13; pagemap
 * has it from 6.15 on). */
static bool
is_guarded(const struct look *l, size_t index)
{
    const struct mapping *m = &l->maps.items[index];
    const struct mapping *before = index > 0 ? m - 1 : NULL;
    uint64_t first = 0;
    if (before != NULL && before->end == m->start && !before->can_read
        && !before->can_write
        && !places_hold(before->end - PAGE, before->end))
    {
        return true;
    }
    return l->pagemap >= 0
           && pread(l->pagemap, &first, sizeof(first),
                    (off_t)(m->start / PAGE * sizeof(first)))
                  == sizeof(first)
           && (first & PAGE_IS_GUARD) != 0;
}

/* Below a stack's end lies what earlier calls have left. That is skipped
 * where the mapping is surely one stack and nothing else: the main thread's,
 * or one behind a guard page; never a heap that lends memory to a stack, which
 * begins where heaps do. */
static uintptr_t
first_live(const struct look *l, size_t index)
{
    const struct mapping *m = &l->maps.items[index];
    bool is_stack = m->name[0] != '\0' ? strcmp(m->name, "[stack]") == 0
                                       : (m->start & ARENA_MASK) != 0
                                             && is_guarded(l, index);
    uintptr_t stack = 0;
    for (size_t i = 0; is_stack && i < l->stack_count; i++) {
        uintptr_t at = l->stacks[i];
        if (at >= m->start && at < m->end) {
            if (stack != 0) {
                return m->start;
            }
            stack = at;
        }
    }
    uintptr_t live = stack == 0 ? m->start : lookmem_live(stack);
    return live < m->start ? m->start : live;
}

struct hole {
    uintptr_t start, end;
};

/* The look's own memory is full of what it looks for, and so is its stack,
 * whatever the kernel has joined them with. */
static bool
look_around_own(struct look *l, const struct mapping *m, uintptr_t from)
{
    struct hole room = {(uintptr_t)l->room, (uintptr_t)l->room + l->room_len};
    struct hole stack = {l->own_stack, l->own_stack == 0
                                           ? 0 : lookmem_live(l->base)};
    struct hole holes[] = {room, stack};
    if (stack.start < room.start) {
        holes[0] = stack;
        holes[1] = room;
    }
    for (size_t i = 0; i < 2; i++) {
        struct mapping part = *m;
        if (holes[i].end <= from || holes[i].start >= m->end) {
            continue;
        }
        part.end = holes[i].start;
        if (part.end > from && !look_at_mapping(l, &part, from)) {
            return false;
        }
        from = holes[i].end;
    }
    return from >= m->end || look_at_mapping(l, m, from);
}

bool
lookmem_run(struct look *l)
{
    for (size_t i = 0; i < l->maps.count; i++) {
        const struct mapping *m = &l->maps.items[i];
        uint64_t size = m->end - m->start;
        bool is_reserved = !m->can_write && !m->can_read;
        if (!is_interesting(m)
            || (is_reserved && (size > LARGEST_RESERVED
                                || places_hold(m->start, m->end))))
        {
            continue;
        }
        if (size > LARGEST && !HAS_SHADOW) {
            PyOS_snprintf(l->blind, sizeof(l->blind),
                          "a mapping of %llu GB is too large to look at",
                          (unsigned long long)(size >> 30));
            return false;
        }
        if (size <= LARGEST && !look_around_own(l, m, first_live(l, i))) {
            return false;
        }
    }
    return true;
}
