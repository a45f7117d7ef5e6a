/* drain: see drain.h. */
#include "drain.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "gil.h"
#include "image.h"
#include "native.h"
#include "stub.h"
#include "swap.h"
#include "wire/msg.h"

#include "guard.h"

/* Below the patience of the bench (WORKER_PATIENCE_MS, two seconds). */
#define PATIENCE_NS 1200000000u
/* Gates are shut for a fifth of the time at most, first for a moment. */
#define FIRST_SHUT_NS 2000000u
#define OPEN_FACTOR 4
#define LOOK_PAUSE_NS 300000
#define ASK_AGAIN_MS 50

/* Modules whose change was put off, and the call that was in the way. */
static struct put_off {
    char *name, *label;
    struct put_off *next;
} *put_off;

static unsigned openings;

/* Whether it is to be swapped when none of its calls is on its way. */
static bool
must_wait(const struct swap_item *item)
{
    return item->native != NULL
           && (carry_moves(&item->carry) || item->state != NULL
               || (item->image != NULL && item->image->dispatch_count > 0));
}

/* What of `s` has a call in the way; NULL: nothing. With the GIL. */
static const char *
busy(const struct swap *s, size_t *at)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct swap_item *item = &s->items[i];
        const char *label = NULL;
        if (must_wait(item)) {
            label = native_call(item->native, NULL);
        }
        if (label != NULL) {
            *at = i;
            return label;
        }
    }
    return NULL;
}

static void
gate(const struct swap *s, bool is_shut)
{
    openings += is_shut ? 0 : 1;
    for (size_t i = 0; i < s->count; i++) {
        const struct swap_item *item = &s->items[i];
        if (must_wait(item)) {
            native_gate(item->native, is_shut);
        }
    }
}

unsigned
drain_openings(void)
{
    return openings;
}

void
drain_open(const struct swap *s)
{
    gate(s, false);
}

static void
pause_ns(uint64_t ns)
{
    struct timespec t = {(time_t)(ns / 1000000000u),
                         (long)(ns % 1000000000u)};
    nanosleep(&t, NULL);
}

/* Looks at once, then with shut gates for a while. With the GIL at the end.
 */
static const char *
look(const struct swap *s, uint64_t shut_ns, PyGILState_STATE *gil,
     size_t *at)
{
    *gil = gil_take();
    gate(s, true);
    const char *label = busy(s, at);
    uint64_t until_ns = clock_now_ns() + shut_ns;
    while (label != NULL && clock_now_ns() < until_ns) {
        PyGILState_Release(*gil);
        pause_ns(LOOK_PAUSE_NS);
        *gil = gil_take();
        label = busy(s, at);
    }
    return label;
}

static void
remember(const char *name, const char *label)
{
    struct put_off *p = put_off;
    while (p != NULL && strcmp(p->name, name) != 0) {
        p = p->next;
    }
    if (p == NULL) {
        p = calloc(1, sizeof(*p));
        char *copy = strdup(name);
        if (p == NULL || copy == NULL) {
            free(p);
            free(copy);
            return; /* the next save tries again */
        }
        p->name = copy;
        p->next = put_off;
        put_off = p;
    }
    free(p->label);
    p->label = strdup(label);
}

bool
drain_await(const struct swap *s, PyGILState_STATE *gil, size_t *culprit,
            struct buf *reason)
{
    uint64_t until_ns = clock_now_ns() + PATIENCE_NS;
    uint64_t shut_ns = FIRST_SHUT_NS;
    const char *label = look(s, shut_ns, gil, culprit);
    while (label != NULL && clock_now_ns() < until_ns) {
        gate(s, false);
        PyGILState_Release(*gil);
        pause_ns(shut_ns * OPEN_FACTOR);
        shut_ns = shut_ns * 2 < STUB_GATE_NS ? shut_ns * 2 : STUB_GATE_NS;
        label = look(s, shut_ns, gil, culprit);
    }
    if (label == NULL) {
        return true;
    }
    gate(s, false);
    buf_add_fmt(reason, "waits for a call in flight in %s.%s()",
                s->items[*culprit].order.name, label);
    remember(s->items[*culprit].order.name, label);
    return false;
}

int
drain_wait_ms(void)
{
    return put_off == NULL ? -1 : ASK_AGAIN_MS;
}

bool
drain_tell(struct buf *b)
{
    bool found = false;
    if (put_off == NULL) {
        return false;
    }
    PyGILState_STATE gil = gil_take();
    for (struct put_off **at = &put_off; *at != NULL && !found;) {
        struct put_off *p = *at;
        const struct native *n = native_find(p->name);
        if (n != NULL && p->label != NULL
            && native_call(n, p->label) != NULL)
        {
            at = &p->next;
            continue;
        }
        msg_start(b, MSG_DRAINED);
        msg_put_str(b, p->name);
        if (b->is_broken) {
            break; /* told the next time */
        }
        *at = p->next;
        free(p->name);
        free(p->label);
        free(p);
        found = true;
    }
    PyGILState_Release(gil);
    if (!found) {
        buf_dispose(b);
    }
    return found;
}

void
drain_forget(void)
{
    while (put_off != NULL) {
        struct put_off *next = put_off->next;
        free(put_off->name);
        free(put_off->label);
        free(put_off);
        put_off = next;
    }
}
