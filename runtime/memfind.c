/* memfind: see memfind.h. Reads through /proc/self/mem, which says no where
 * another thread has unmapped meanwhile. */
#include "memfind.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image.h"
#include "maps.h"
#include "native.h"
#include "wire/wiped.h"

#include "guard.h"

#define PIECE (256u << 10)
#define BYTES (PIECE + 64)
#define PAGE 4096u
#define PAGE_IS_USED (3ull << 62) /* there, or swapped out */
#define TEXT_ROOM (4u << 20)
#define ITEMS_ROOM 70000 /* more than the kernel's default limit */
#define COUNT_MAX (1ull << 31)
/* Larger ones are reservations and sanitizers' shadows. */
#define LARGEST (64ull << 30)

struct reading {
    struct memfind *f;
    struct maps maps;
    uintptr_t stack, stack_end; /* of this thread */
    unsigned char *bytes; /* what was read last; BYTES of it */
    int memory, pagemap;
};

int
memfind_add(struct memfind *f, PyObject *type, struct err *e)
{
    if (f->type_count == MEMFIND_TYPES) {
        return err_set(e, ERR_REFUSED,
                       "more than %d types below this one: restart the app",
                       MEMFIND_TYPES);
    }
    f->types[f->type_count++] = ~(uintptr_t)type;
    return 0;
}

static bool
is_type(const struct memfind *f, uintptr_t word)
{
    for (size_t i = 0; i < f->type_count; i++) {
        if (f->types[i] == ~word) {
            return true;
        }
    }
    return false;
}

static bool
is_known(const struct memfind *f, uintptr_t at)
{
    size_t low = 0, high = f->object_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if ((uintptr_t)f->objects[middle] < at) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low < f->object_count && (uintptr_t)f->objects[low] == at;
}

/* A module's state may keep a number and then a type. */
static bool
is_state(uintptr_t at)
{
    for (struct native *n = native_first(); n != NULL; n = n->next) {
        uintptr_t state = 0;
        if (n->module != NULL && n->def != NULL && n->def->m_size > 0) {
            state = (uintptr_t)pyabi_module(n->module)->md_state;
        }
        if (state != 0 && at >= state
            && at < state + (uintptr_t)n->def->m_size)
        {
            return true;
        }
    }
    return false;
}

/* An object's memory is aligned to 16 (pymalloc, malloc, and the collector's
 * head of 16). A tuple's length and first item look alike, and an int's length
 * and digits; so does an address that lies low, as in a Python that is not
 * position-independent. */
static void
look_at(const struct reading *r, const uintptr_t *words, size_t count,
        uintptr_t at)
{
    struct memfind *f = r->f;
    for (size_t i = 1; i < count; i++) {
        uintptr_t start = at + (i - 1) * sizeof(*words);
        if (!is_type(f, words[i]) || start % 16 != 0 || words[i - 1] == 0
            || words[i - 1] >= COUNT_MAX)
        {
            continue;
        }
        bool is_own = (start >= r->stack && start < r->stack_end)
                      || (start >= (uintptr_t)r->bytes
                          && start < (uintptr_t)r->bytes + BYTES);
        bool is_sized = i > 1
                        && (words[i - 2] == (uintptr_t)&PyTuple_Type
                            || words[i - 2] == (uintptr_t)&PyLong_Type);
        if (!is_own && !is_sized && !is_known(f, start) && !is_state(start)
            && maps_find(&r->maps, words[i - 1]) == NULL)
        {
            f->found++;
        }
    }
}

static bool
is_used(const struct reading *r, uintptr_t at, size_t len)
{
    uint64_t pages[PIECE / PAGE];
    if (r->pagemap < 0) {
        return true;
    }
    ssize_t got = pread(r->pagemap, pages, len / PAGE * sizeof(*pages),
                        (off_t)(at / PAGE * sizeof(*pages)));
    for (size_t i = 0; got > 0 && i < (size_t)got / sizeof(*pages); i++) {
        if ((pages[i] & PAGE_IS_USED) != 0) {
            return true;
        }
    }
    return got <= 0;
}

/* Pieces overlap by three words, so that nothing falls between them. */
static void
look_at_mapping(const struct reading *r, const struct mapping *m)
{
    const size_t overlap = 4 * sizeof(uintptr_t);
    for (uintptr_t at = m->start; at < m->end; at += PIECE) {
        size_t len = m->end - at < PIECE ? m->end - at : PIECE;
        if (!is_used(r, at, len)) {
            continue;
        }
        uintptr_t from = at == m->start ? at : at - overlap;
        ssize_t got = pread(r->memory, r->bytes, at + len - from, (off_t)from);
        if (got > 0) {
            look_at(r, (const uintptr_t *)(const void *)r->bytes,
                    (size_t)got / sizeof(uintptr_t), from);
        }
    }
}

static bool
holds_objects(const struct mapping *m)
{
    if (!m->can_write || m->is_shared || m->end - m->start > LARGEST) {
        return false;
    }
    for (struct image *i = image_first(); i != NULL; i = i->next) {
        if (m->start >= i->elf.start && m->start < i->elf.end) {
            return false;
        }
    }
    return m->name[0] == '\0' || strcmp(m->name, "[heap]") == 0
           || strncmp(m->name, "[anon", 5) == 0;
}

static void
find_stack(struct reading *r)
{
    pthread_attr_t attr;
    void *at = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &at, &size);
        pthread_attr_destroy(&attr);
    }
    r->stack = (uintptr_t)at;
    r->stack_end = r->stack + size;
}

int
memfind_run(struct memfind *f, struct err *e)
{
    struct reading r = {.f = f, .memory = -1, .pagemap = -1};
    r.maps.text = malloc(TEXT_ROOM);
    r.maps.room = TEXT_ROOM;
    r.maps.items = calloc(ITEMS_ROOM, sizeof(*r.maps.items));
    r.maps.items_room = ITEMS_ROOM;
    r.bytes = malloc(BYTES);
    r.memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    r.pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int done = 0;
    find_stack(&r);
    if (r.maps.text == NULL || r.maps.items == NULL || r.bytes == NULL
        || r.memory < 0 || !maps_read(&r.maps))
    {
        done = err_set(e, ERR_REFUSED,
                       "live objects can't be counted, because this process's "
                       "memory can't be read: restart the app");
    }
    for (size_t i = 0; done == 0 && i < r.maps.count; i++) {
        if (holds_objects(&r.maps.items[i])) {
            look_at_mapping(&r, &r.maps.items[i]);
        }
    }
    if (r.memory >= 0) {
        close(r.memory);
    }
    if (r.pagemap >= 0) {
        close(r.pagemap);
    }
    free(r.maps.text);
    free(r.maps.items);
    wiped_free(r.bytes, BYTES); /* or the next look finds what was copied */
    return done;
}
