/* retire: see retire.h. */
#include "retire.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "gil.h"
#include "hold.h"
#include "image.h"
#include "look.h"
#include "shadow.h"
#include "typeorphan.h"
#include "wire/fnv.h"
#include "wire/msg.h"

#include "guard.h"

/* Between a commit and the first look, and between two looks. */
#define LINGER_NS 200000000u
/* Looking takes at most this part of one core. Sanitizers make a look many
 * times dearer, and tests wait for it. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define REST_FACTOR 2
#else
#define REST_FACTOR 50
#endif
/* A look costs the same for one image and for hundreds: with each so many
 * that wait it may take that part once more, and gives way to saves less
 * often. What waits is memory (some 5 KB an image) that is not given back. */
#define BACKLOG 32
/* Where looks see no change, they become rarer up to this. */
#define LONGEST_NS 20000000000u
#define CLEAN_LOOKS 2
/* A look that was given up so often is then seen through. */
#define CUTS_MAX 5
/* Shadow modules that are let go in one hold of the GIL. */
#define DROPS 4

/* The agent's alone, but for what image.c counts. */
static struct {
    unsigned seen_left;   /* of image_left_count, when `next_ns` was set */
    unsigned seen_unused; /* of image_unused_count */
    uint64_t next_ns;     /* when to look; 0: there is nothing to look for */
    uint64_t rested_ns;   /* not before */
    uint64_t pause_ns;
    unsigned cuts;
    size_t left;          /* images that waited when one last looked */
    struct msg_hold holds; /* of the GIL since they were told */
    size_t retired_count, loose_count;
    uint64_t told;        /* digest of the last list that was told */
} state;

void
retire_note_hold(const struct msg_hold *h)
{
    msg_hold_join(&state.holds, h);
}

static void
plan(uint64_t at_ns)
{
    state.next_ns = at_ns > state.rested_ns ? at_ns : state.rested_ns;
}

int
retire_wait_ms(void)
{
    uint64_t now = clock_now_ns();
    unsigned left = image_left_count();
    if (left != state.seen_left) {
        state.seen_left = left;
        state.pause_ns = LINGER_NS;
        if (state.next_ns == 0 || state.next_ns > now + LINGER_NS) {
            plan(now + LINGER_NS);
        }
    }
    if (state.next_ns == 0) {
        return -1;
    }
    return state.next_ns <= now ? 0
                                : (int)((state.next_ns - now) / 1000000 + 1);
}

/* With the GIL. */
static void
add_ranges(struct look *l)
{
    for (struct image *i = image_first(); i != NULL; i = i->next) {
        if (i->state != IMAGE_DRAINING || i->pin != NULL) {
            continue;
        }
        if (l->ranges.count + 2 > RANGES_MAX) {
            return; /* the older ones next time */
        }
        ranges_add(&l->ranges, i->elf.start, i->elf.end, i, false);
        if (i->shadow != NULL) {
            uintptr_t at = (uintptr_t)i->shadow;
            ranges_add(&l->ranges, at, at + sizeof(struct pyabi_module), i,
                       true);
        }
    }
}

/* What the look has seen of an image or of its shadow. */
static void
judge(const struct range *r, const char *blind)
{
    struct image *i = r->image;
    char why[IMAGE_WHY];
    PyOS_snprintf(why, sizeof(why), "%s", blind[0] != '\0' ? blind : r->why);
    if (blind[0] == '\0' && r->words > 1) {
        size_t len = strlen(why);
        PyOS_snprintf(why + len, sizeof(why) - len, ", as do %zu others",
                      r->words - 1);
    }
    if (r->is_shadow) {
        bool is_free = why[0] == '\0' && Py_REFCNT(i->shadow) == 1;
        i->shadow_looks = is_free ? i->shadow_looks + 1 : 0;
        return;
    }
    i->clean_looks = why[0] == '\0' ? i->clean_looks + 1 : 0;
    if (strcmp(i->why, why) != 0) {
        PyOS_snprintf(i->why, sizeof(i->why), "%s", why);
    }
}

/* The module's own clean-up must not touch what newer code has a copy of:
 * then what its state refers to is left behind. */
static void
drop_shadow(struct image *i)
{
    PyObject *shadow = i->shadow;
    i->shadow = NULL;
    if (shadow_drop(shadow, !i->has_shared)) {
        i->clean_looks = 0; /* what its code did then, nobody has seen */
    }
}

/* A few at a time; false when none was left. */
static bool
drop_some(void)
{
    struct hold h = HOLD_INIT;
    PyGILState_STATE gil = gil_take();
    hold_begin(&h);
    int dropped = 0;
    for (struct image *i = image_first(); i != NULL && dropped < DROPS;
         i = i->next)
    {
        if (i->state == IMAGE_DRAINING && i->shadow != NULL
            && i->shadow_looks >= CLEAN_LOOKS)
        {
            drop_shadow(i);
            dropped++;
        }
    }
    hold_end(&h, &state.holds);
    PyGILState_Release(gil);
    return dropped > 0;
}

/* Whether nothing can lead into it: nobody was ever there, or two looks have
 * seen nothing. */
static bool
is_free(const struct image *i)
{
    return i->state == IMAGE_DRAINING && i->pin == NULL
           && (!i->has_run || i->clean_looks >= CLEAN_LOOKS);
}

/* Its shadow's address is somewhere, be it in freed memory: the shadow stays,
 * but what its init has opened is closed. That may be code of the image. */
static bool
clean_up(struct image *i)
{
    bool has_run = i->shadow != NULL
                   && shadow_clean_up(i->shadow, !i->has_shared);
    PyErr_Clear();
    if (has_run) {
        i->clean_looks = 0;
    }
    return has_run;
}

/* The next free one, out of the list. */
static struct image *
take_one(void)
{
    PyGILState_STATE gil = gil_take();
    struct image *i = image_first();
    while (i != NULL && (!is_free(i) || clean_up(i))) {
        i = i->next;
    }
    if (i != NULL) {
        image_forget(i);
    }
    if (i != NULL && i->shadow != NULL) {
        shadow_cut_loose(i->shadow);
        i->shadow = NULL;
        state.loose_count++;
    }
    PyGILState_Release(gil);
    return i;
}

static void
unload_all(void)
{
    for (struct image *i = take_one(); i != NULL; i = take_one()) {
        if (image_close(i)) {
            state.retired_count++;
            continue;
        }
        PyGILState_STATE gil = gil_take();
        i->pin = "the loader keeps it mapped";
        image_keep(i);
        PyGILState_Release(gil);
    }
}

void
retire_unused(void)
{
    unsigned unused = image_unused_count();
    if (unused != state.seen_unused) {
        state.seen_unused = unused;
        unload_all();
    }
}

/* With the GIL: how many are left to look for; `moves` is whether something
 * was seen clean. */
static size_t
take_stock(bool *moves)
{
    size_t count = 0;
    *moves = false;
    for (const struct image *i = image_first(); i != NULL; i = i->next) {
        if (i->state == IMAGE_DRAINING && i->pin == NULL) {
            count++;
            *moves |= i->clean_looks > 0 || i->shadow_looks > 0
                      || i->why[0] == '\0';
        }
    }
    return count;
}

/* How many times the usual looks may take. */
static unsigned
backlog(void)
{
    return 1 + (unsigned)(state.left / BACKLOG);
}

static struct look *
begin_look(const struct retire_caller *caller)
{
    struct look *l = look_new();
    if (l == NULL) {
        return NULL;
    }
    l->data = caller->data;
    l->base = caller->base;
    struct hold h = HOLD_INIT;
    PyGILState_STATE gil = gil_take();
    hold_begin(&h);
    type_orphans_sweep();
    add_ranges(l);
    hold_end(&h, &state.holds);
    PyGILState_Release(gil);
    state.left = l->ranges.count / 2; /* most have a shadow */
    bool may_cut = state.cuts < CUTS_MAX / backlog();
    l->is_over = may_cut ? caller->is_over : NULL;
    return l;
}

/* False when the look was given up. */
static bool
look_once(const struct retire_caller *caller)
{
    struct look *l = begin_look(caller);
    if (l == NULL) {
        return false;
    }
    if (l->ranges.count > 0 && !look_run(l) && l->blind[0] == '\0') {
        l->is_cut = true;
    }
    bool is_cut = l->is_cut;
    struct hold h = HOLD_INIT;
    PyGILState_STATE gil = gil_take();
    hold_begin(&h);
    for (size_t i = 0; !is_cut && i < l->ranges.count; i++) {
        judge(&l->ranges.items[i], l->blind);
    }
    hold_end(&h, &state.holds);
    PyGILState_Release(gil);
    msg_hold_join(&state.holds, &l->holds);
    look_free(l);
    return !is_cut;
}

/* Of a core, by this thread. */
static uint64_t
used_now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void
retire_step(const struct retire_caller *caller)
{
    uint64_t began_ns = clock_now_ns();
    if (state.next_ns == 0 || state.next_ns > began_ns) {
        return;
    }
    uint64_t used_ns = used_now_ns();
    bool done = look_once(caller);
    uint64_t now_ns = clock_now_ns();
    used_ns = used_now_ns() - used_ns;
    state.rested_ns = now_ns + used_ns * REST_FACTOR / backlog();
    state.cuts = done ? 0 : state.cuts + 1;
    if (!done) {
        plan(now_ns + LINGER_NS);
        return;
    }
    while (drop_some()) {
    }
    unload_all();
    bool moves = false;
    PyGILState_STATE gil = gil_take();
    state.left = take_stock(&moves);
    PyGILState_Release(gil);
    state.pause_ns = moves                            ? LINGER_NS
                     : state.pause_ns * 2 < LONGEST_NS ? state.pause_ns * 2
                                                       : LONGEST_NS;
    state.rested_ns = now_ns + used_ns * REST_FACTOR / backlog();
    if (state.left > 0) {
        plan(now_ns + state.pause_ns);
    }
    else {
        state.next_ns = 0;
    }
}

size_t
retire_count(void)
{
    return state.retired_count;
}

size_t
retire_loose_count(void)
{
    return state.loose_count;
}

/* -- telling -------------------------------------------------------------- */

static uint64_t
digest(const struct buf *b)
{
    return fnv_add(FNV_START, b->data, b->len) | 1;
}

/* With the GIL. */
static void
put_images(struct buf *b)
{
    uint64_t count = 0;
    for (const struct image *i = image_first(); i != NULL; i = i->next) {
        count += i->state == IMAGE_DRAINING;
    }
    msg_put_u64(b, count);
    for (const struct image *i = image_first(); i != NULL; i = i->next) {
        if (i->state == IMAGE_DRAINING) {
            msg_put_str(b, i->name);
            msg_put_u64(b, i->generation);
            msg_put_u64(b, i->pin != NULL ? 1 : 0);
            msg_put_str(b, i->pin != NULL ? i->pin : i->why);
        }
    }
}

bool
retire_tell(struct buf *b)
{
    struct buf list = BUF_INIT;
    PyGILState_STATE gil = gil_take();
    put_images(&list);
    PyGILState_Release(gil);
    uint64_t sum = digest(&list);
    bool is_news = sum != state.told && !list.is_broken;
    if (is_news) {
        msg_start(b, MSG_IMAGES);
        msg_put_u64(b, state.retired_count);
        msg_put_hold(b, &state.holds);
        buf_add(b, list.data, list.len);
        is_news = !b->is_broken;
    }
    if (is_news) {
        state.told = sum;
        memset(&state.holds, 0, sizeof(state.holds));
    }
    else {
        buf_dispose(b);
    }
    buf_dispose(&list);
    return is_news;
}

void
retire_forget_told(void)
{
    struct buf none = BUF_INIT;
    msg_put_u64(&none, 0);
    state.told = digest(&none);
    buf_dispose(&none);
}
