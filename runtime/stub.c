/* stub: see stub.h. */
#include "pyabi.h"

#include "stub.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "altstack.h"
#include "clock.h"
#include "copy.h"
#include "stub_table.h"

#include "guard.h"

/* No counted call is longer, by far. */
#define COUNTED_BYTES 256

static struct stub *free_stubs; /* borrowed from tables that never go away */
static size_t taken_count;
static size_t table_count;
static struct stub_table *tables[STUB_TABLES_MAX];
static struct {
    uintptr_t first, last; /* counted calls */
} spans[STUB_TABLES_MAX];
static bool counts_new;
static _Atomic uint64_t shut_until_ns; /* when gates open by themselves */

/* A call of a function that a save has removed. */
static void *
raise_gone(void *owner, unsigned n)
{
    struct stub *s = (struct stub *)owner + n;
    PyErr_SetString(PyExc_RuntimeError, s->farewell == NULL
                                            ? "this function was removed"
                                            : s->farewell);
    return s->failure;
}

/* -- calls on their way --------------------------------------------------- */

long
stub_own_calls(void)
{
    long depth = 0;
    for (size_t t = 0; t < table_count; t++) {
        depth += tables[t]->depth();
    }
    return depth;
}

/* Which table's counted call `word` is a return address into, and whose; -1:
 * none. */
static int
counted_call(uintptr_t word, size_t *table)
{
    for (size_t t = 0; t < table_count; t++) {
        uintptr_t nearest = 0;
        int found = -1;
        if (word <= spans[t].first || word > spans[t].last + COUNTED_BYTES) {
            continue;
        }
        for (int i = 0; i < STUB_TABLE_LEN; i++) {
            uintptr_t at = (uintptr_t)tables[t]->counted[i];
            if (at < word && at > nearest) {
                nearest = at;
                found = i;
            }
        }
        if (found >= 0 && word - nearest < COUNTED_BYTES) {
            *table = t;
            return found;
        }
    }
    return -1;
}

/* Counts the `most` innermost calls that this thread's stack shows. A word
 * that only looks like a return address is taken for one, so there may be
 * more than that; and never more are counted. */
__attribute__((no_sanitize_address)) static void
count_own(long most)
{
    pthread_attr_t attr;
    void *low = NULL;
    size_t size = 0;
    if (most <= 0 || pthread_getattr_np(pthread_self(), &attr) != 0) {
        return;
    }
    pthread_attr_getstack(&attr, &low, &size);
    pthread_attr_destroy(&attr);
    const uintptr_t *end = (const uintptr_t *)((char *)low + size);
    const uintptr_t *at = __builtin_frame_address(0);
    for (; (char *)at >= (char *)low && at < end && most > 0; at++) {
        size_t t = 0;
        int n = counted_call(*at, &t);
        if (n >= 0) {
            tables[t]->calls[n]++;
            most--;
        }
    }
}

/* A call that begins while a swap waits for others to end. One that those
 * may be waiting for themselves goes on: of the same thread at once, any
 * other after a moment. */
static void
wait_at_gate(void *owner, unsigned n)
{
    struct stub *s = (struct stub *)owner + n;
    bool waits = clock_now_ns() < shut_until_ns && stub_own_calls() == 0;
    while (waits && s->is_shut && clock_now_ns() < shut_until_ns) {
        struct timespec pause = {0, 200000};
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS
    }
    s->has_passed = true;
}

void
stub_forked(void)
{
    for (size_t t = 0; t < table_count; t++) {
        memset(tables[t]->calls, 0, STUB_TABLE_LEN * sizeof(long));
    }
    count_own(stub_own_calls());
}

/* -- tables --------------------------------------------------------------- */

/* The table of this image first, then those of fresh copies of it. */
static struct stub_table *
load_table(struct err *e)
{
    if (table_count == 0) {
        return &cowbird_stub_table;
    }
    if (table_count == STUB_TABLES_MAX) {
        err_set(e, ERR_REFUSED,
                "all %d function slots are taken: restart the app",
                STUB_TABLES_MAX * STUB_TABLE_LEN);
        return NULL;
    }
    Dl_info own;
    if (dladdr(&cowbird_stub_table, &own) == 0 || own.dli_fname == NULL) {
        err_set(e, ERR_SYSTEM, "the guest cannot find its own file");
        return NULL;
    }
    void *handle = copy_open(own.dli_fname, e);
    if (handle == NULL) {
        return NULL;
    }
    struct stub_table *table = dlsym(handle, "cowbird_stub_table");
    if (table == NULL || table == &cowbird_stub_table) {
        err_set(e, ERR_BUG, "a copy of %s has no stubs", own.dli_fname);
        return NULL;
    }
    return table;
}

static int
add_table(struct err *e)
{
    struct stub_table *table = load_table(e);
    if (table == NULL) {
        return -1;
    }
    struct stub *s = calloc(STUB_TABLE_LEN, sizeof(*s));
    if (s == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for function slots");
    }
    table->on_gone = raise_gone;
    table->on_gate = wait_at_gate;
    table->on_thread = altstack_give; /* so that a full stack is told */
    table->owner = s;
    for (size_t i = STUB_TABLE_LEN; i-- > 0;) {
        s[i].slot = s[i].jump = &table->slots[i];
        s[i].code = &table->codes[i];
        s[i].calls = &table->calls[i];
        s[i].counted = table->counted[i];
        s[i].entry = table->stubs[i];
        s[i].gone = table->gones[i];
        s[i].next_free = free_stubs;
        free_stubs = &s[i];
    }
    spans[table_count].first = spans[table_count].last
        = (uintptr_t)table->counted[0];
    for (size_t i = 0; i < STUB_TABLE_LEN; i++) {
        uintptr_t at = (uintptr_t)table->counted[i];
        uintptr_t *first = &spans[table_count].first;
        uintptr_t *last = &spans[table_count].last;
        *first = at < *first ? at : *first;
        *last = at > *last ? at : *last;
    }
    tables[table_count++] = table;
    return 0;
}

struct stub *
stub_take(void *code, struct err *e)
{
    if (free_stubs == NULL && add_table(e) < 0) {
        return NULL;
    }
    struct stub *s = free_stubs;
    free_stubs = s->next_free;
    s->next_free = NULL;
    s->failure = NULL;
    *s->slot = code;
    taken_count++;
    if (counts_new) {
        stub_begin_count(s);
    }
    return s;
}

void
stub_give_back(struct stub *s)
{
    if (s == NULL) {
        return;
    }
    free(s->farewell);
    s->farewell = NULL;
    *s->code = NULL; /* what looks for addresses must not find it */
    s->is_counted = false;
    s->over = NULL;
    s->slot = s->jump;
    *s->slot = s->gone;
    s->next_free = free_stubs;
    free_stubs = s;
    taken_count--;
}

size_t
stub_count(void)
{
    return taken_count;
}

void
stub_begin_count(struct stub *s)
{
    if (s == NULL || s->is_counted) {
        return;
    }
    if (s->over == NULL) {
        *s->code = *s->jump;
        *s->jump = s->counted;
        s->slot = s->code;
    }
    s->is_counted = true;
}

bool
stub_count_new(bool is_wanted)
{
    bool was = counts_new;
    counts_new = is_wanted;
    return was;
}

long
stub_calls(const struct stub *s)
{
    return s == NULL || !s->is_counted ? 0 : *s->calls;
}

void
stub_gate(struct stub *s, bool is_shut)
{
    if (s == NULL || !s->is_counted) {
        return;
    }
    s->is_shut = is_shut;
    for (size_t t = 0; t < table_count; t++) {
        *tables[t]->is_shut = is_shut;
    }
    if (is_shut) {
        shut_until_ns = clock_now_ns() + STUB_GATE_NS;
    }
}

/* -- calls that go through something first -------------------------------- */

void
stub_lay_over(struct stub *s, void *over)
{
    if (s->over == NULL && !s->is_counted) {
        *s->code = *s->jump;
        s->slot = s->code;
    }
    s->over = over;
    *s->jump = over;
}

void
stub_take_off(struct stub *s)
{
    if (s->over == NULL) {
        return;
    }
    s->over = NULL;
    if (s->is_counted) {
        *s->jump = s->counted;
        return;
    }
    *s->jump = *s->code;
    s->slot = s->jump;
    *s->code = NULL; /* a look would take it for somebody who needs the code */
}

void *
stub_under(const struct stub *s)
{
    return s->over == NULL ? *s->jump
           : s->is_counted ? s->counted
                           : *s->code;
}
