/* look: see look.h. Here: the threads and the order of things; the memory is
 * in lookmem.c. */
#include "look.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "atrest.h"
#include "clock.h"
#include "gil.h"
#include "handlers.h"
#include "hold.h"
#include "image.h"
#include "lookmem.h"

#include "guard.h"

#define TEXT_ROOM (8u << 20)
#define MAPS_ROOM 70000 /* Linux allows 65,530 mappings */
#define THREADS_MAX 4096
/* Without the GIL, for a thread that computes to come to rest. */
#define TRIES 4
#define PAUSE_NS 300000
/* With the GIL: a thread that computes Python waits for it by then. */
#define HOLD_NS 400000u
/* What is read of one stack while the GIL is held. */
#define HELD_STACK (256u << 10)

struct threads {
    long tids[THREADS_MAX];
    size_t count;
};

struct look *
look_new(void)
{
    size_t maps = MAPS_ROOM * sizeof(struct mapping);
    size_t stacks = THREADS_MAX * sizeof(uintptr_t);
    size_t len = sizeof(struct look) + TEXT_ROOM + maps + stacks
                 + LOOKMEM_PIECE + LOOKMEM_PAGES;
    char *room = mmap(NULL, len, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    struct look *l = (struct look *)room;
    l->room = room;
    l->room_len = len;
    room += (sizeof(*l) + 15) & ~(size_t)15;
    l->bytes = (unsigned char *)room;
    room += LOOKMEM_PIECE;
    l->pages = (uint64_t *)room;
    room += LOOKMEM_PAGES;
    l->stacks = (uintptr_t *)room;
    room += stacks;
    l->maps.items = (struct mapping *)room;
    l->maps.items_room = MAPS_ROOM - 1;
    room += maps - 64;
    l->maps.text = room;
    l->maps.room = TEXT_ROOM;
    l->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    l->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    return l;
}

void
look_free(struct look *l)
{
    if (l->memory >= 0) {
        close(l->memory);
    }
    if (l->pagemap >= 0) {
        close(l->pagemap);
    }
    munmap(l->room, l->room_len);
}

static void
note_call(struct range *r, const struct atrest *a)
{
    if (r != NULL && r->why[0] == '\0') {
        PyOS_snprintf(r->why, sizeof(r->why),
                      "a call of it is in flight on thread %ld", a->tid);
    }
}

/* Reads what is live of one stack; false when the thread did not stay at
 * rest, or when there is more than `most` bytes of it. */
static bool
read_stack(struct look *l, const struct atrest *a, size_t most)
{
    const struct mapping *m = maps_find(&l->maps, a->stack);
    if (m == NULL) {
        return false; /* younger than the list */
    }
    uintptr_t at = lookmem_live(a->stack);
    if (at < m->start) {
        at = m->start;
    }
    if (m->end - at > most) {
        return false;
    }
    for (; at < m->end; at += LOOKMEM_PIECE) {
        size_t len = m->end - at < LOOKMEM_PIECE ? m->end - at
                                                 : LOOKMEM_PIECE;
        size_t got = lookmem_read(l, at, len);
        for (size_t i = 0; i + sizeof(uintptr_t) <= got;
             i += sizeof(uintptr_t))
        {
            uintptr_t word = 0;
            memcpy(&word, l->bytes + i, sizeof(word));
            struct range *r = ranges_find(&l->ranges, word);
            if (r != NULL && !r->is_shadow) {
                note_call(r, a);
            }
        }
    }
    return atrest_is_still(a);
}

enum seen {
    SEEN,
    BUSY,
    BLIND
};

static enum seen
see(struct look *l, long tid, size_t most)
{
    struct atrest a;
    switch (atrest_see(tid, &a)) {
    case ATREST_GONE:
        return SEEN;
    case ATREST_RUNS:
        return BUSY;
    case ATREST_UNKNOWN:
        return BLIND;
    case ATREST_SEEN:
        break;
    }
    for (size_t i = 0; i < a.word_count; i++) {
        note_call(ranges_find(&l->ranges, a.words[i]), &a);
    }
    if (!read_stack(l, &a, most)) {
        return BUSY;
    }
    if (l->stack_count < THREADS_MAX) {
        l->stacks[l->stack_count++] = a.stack;
    }
    return SEEN;
}

/* Keeps in `t` those that are still to be seen, and begins no further one
 * after `until_ns`. */
static bool
see_all(struct look *l, struct threads *t, size_t most, uint64_t until_ns)
{
    size_t left = 0;
    size_t i = 0;
    for (; i < t->count && clock_now_ns() < until_ns; i++) {
        enum seen seen = see(l, t->tids[i], most);
        if (seen == BLIND) {
            PyOS_snprintf(l->blind, sizeof(l->blind),
                          "the kernel does not show what thread %ld does",
                          t->tids[i]);
            return false;
        }
        if (seen == BUSY) {
            t->tids[left++] = t->tids[i];
        }
    }
    for (; i < t->count; i++) {
        t->tids[left++] = t->tids[i];
    }
    t->count = left;
    return true;
}

/* A thread that computes Python gives the GIL up to us and waits for it. */
static bool
see_in_hold(struct look *l, struct threads *t)
{
    struct hold h = HOLD_INIT;
    PyGILState_STATE gil = gil_take();
    hold_begin(&h);
    uint64_t until_ns = clock_now_ns() + HOLD_NS;
    bool done = true;
    while (done && t->count > 0 && clock_now_ns() < until_ns) {
        done = see_all(l, t, HELD_STACK, until_ns);
    }
    hold_end(&h, &l->holds);
    PyGILState_Release(gil);
    return done;
}

/* However many there are, no hold gets longer: another follows as long as
 * each sees some. */
static bool
see_with_gil(struct look *l, struct threads *t)
{
    size_t before;
    bool done;
    do {
        before = t->count;
        done = see_in_hold(l, t);
    } while (done && t->count > 0 && t->count < before);
    return done;
}

static bool
look_at_threads(struct look *l, struct threads *t)
{
    struct timespec pause = {0, PAUSE_NS};
    long own = atrest_own();
    size_t count = atrest_list(t->tids, THREADS_MAX);
    t->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (t->tids[i] != own) {
            t->tids[t->count++] = t->tids[i];
        }
    }
    if (count == 0) {
        PyOS_snprintf(l->blind, sizeof(l->blind),
                      "the process's threads can't be counted");
        return false;
    }
    for (int i = 0; i < TRIES; i++) {
        if (!see_all(l, t, SIZE_MAX, UINT64_MAX)) {
            return false;
        }
        if (t->count == 0) {
            return true;
        }
        nanosleep(&pause, NULL);
    }
    if (!see_with_gil(l, t)) {
        return false;
    }
    if (t->count > 0) {
        PyOS_snprintf(l->blind, sizeof(l->blind),
                      "thread %ld computes without the GIL and can't be "
                      "looked at",
                      t->tids[0]);
    }
    return t->count == 0;
}

static void
look_at_handlers(struct look *l)
{
    for (int number = 1; number < handlers_end(); number++) {
        struct range *r = ranges_find(&l->ranges, handler_of(number));
        if (r != NULL && r->why[0] == '\0') {
            PyOS_snprintf(r->why, sizeof(r->why),
                          "it handles signal %d", number);
        }
    }
}

/* Its lowest address; 0: not known. */
static uintptr_t
own_stack(void)
{
    pthread_attr_t attr;
    void *low = NULL;
    size_t size = 0;
    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        (void)pthread_attr_getstack(&attr, &low, &size);
        pthread_attr_destroy(&attr);
    }
    return (uintptr_t)low;
}

bool
look_run(struct look *l)
{
    struct atrest self;
    static struct threads threads; /* the agent's alone */
    if (l->memory < 0 || !maps_read(&l->maps)
        || atrest_see(atrest_own(), &self) == ATREST_UNKNOWN
        || self.word_count == 0)
    {
        PyOS_snprintf(l->blind, sizeof(l->blind),
                      "/proc/self can't be read here");
        return false;
    }
    ranges_sort(&l->ranges);
    if (!look_at_threads(l, &threads)) {
        return false;
    }
    look_at_handlers(l);
    l->stacks[l->stack_count++] = l->base;
    l->own_stack = own_stack();
    return lookmem_run(l);
}
