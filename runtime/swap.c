/* swap: see swap.h. Here: its life, and what importers need to know of it. */
#include "swap.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent.h"
#include "capsule.h"
#include "clock.h"
#include "dispatch.h"
#include "facts.h"
#include "function.h"
#include "image.h"
#include "native.h"
#include "shadow.h"
#include "state.h"
#include "twin.h"
#include "typechange.h"
#include "wipe.h"

#include "guard.h"

#define AWAIT_NS 2000000000u

struct swap *swap_pending;

/* Orders of modules that were not imported when they were committed: the
 * manifest may not tell yet. One per name, newest. */
static struct newest {
    struct order order;
    struct newest *next;
} *newest_orders;

void
order_dispose(struct order *o)
{
    free(o->name);
    free(o->stem);
    free(o->artefact);
    free(o->source);
    free(o->saved);
    free(o->tier);
    memset(o, 0, sizeof(*o));
}

struct swap *
swap_new(uint64_t txn)
{
    struct swap *s = calloc(1, sizeof(*s));
    if (s != NULL) {
        s->txn = txn;
        s->verdict = VERDICT_READY;
        s->now.allocates = true;
    }
    return s;
}

int
swap_add(struct swap *s, struct order *o, struct err *e)
{
    struct swap_item *items = realloc(s->items,
                                      (s->count + 1) * sizeof(*items));
    if (items == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    s->items = items;
    memset(&items[s->count], 0, sizeof(*items));
    items[s->count].order = *o;
    memset(o, 0, sizeof(*o));
    s->count++;
    return 0;
}

/* Functions that were to be new and never went live go away again. */
static void
drop_changes(struct swap_item *item)
{
    for (size_t i = 0; i < item->change_count; i++) {
        struct function_change *c = &item->changes[i];
        if (c->is_added) {
            function_drop(c->function);
        }
        function_change_dispose(c);
    }
    wiped_free(item->changes, item->change_count * sizeof(*item->changes));
    for (size_t i = 0; i < item->removed_count; i++) {
        free(item->farewells[i]);
    }
    free(item->removed);
    free(item->farewells);
}

/* One that did not go live. It may have run, so it drains like any other. */
static void
leave_image(struct swap_item *item)
{
    if (item->image != NULL && item->image->state == IMAGE_PREPARED) {
        if (!item->is_kept) {
            image_keep(item->image);
        }
        dispatch_dispose(item->image);
        image_leave(item->image);
    }
}

/* With the image that serves, for the next swap. One that does not serve is
 * not looked at: it may be gone. */
static void
leave_facts(struct swap_item *item)
{
    struct facts *const all[] = {item->was, item->is};
    for (size_t i = 0; i < 2; i++) {
        const struct native *n = all[i] == NULL
                                     ? NULL
                                     : native_find(item->order.name);
        if (n != NULL && n->image == all[i]->image) {
            facts_keep(all[i], n->image);
        }
        else {
            facts_drop(all[i]);
        }
    }
}

static void
item_dispose(struct swap_item *item)
{
    twins_forget(item->twins);
    Py_XDECREF(item->made);
    shadow_drop(item->shadow, state_lets_shadow_go(item));
    state_dispose(item);
    Py_XDECREF(item->stamp);
    Py_XDECREF(item->tier);
    Py_XDECREF(item->source);
    leave_image(item);
    type_changes_free(item->types);
    drop_changes(item);
    capsules_dispose(item);
    carry_dispose(&item->carry);
    leave_facts(item);
    free(item->swapped.items);
    free(item->added.items);
    free(item->dropped.items);
    free(item->kept_source);
    order_dispose(&item->order);
}

void
swap_free(struct swap *s)
{
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < s->count; i++) {
        item_dispose(&s->items[i]);
    }
    free(s->items);
    buf_dispose(&s->reason);
    free(s);
}

static bool
is_open(const char *name)
{
    for (size_t i = 0; swap_pending != NULL && i < swap_pending->count; i++) {
        if (strcmp(swap_pending->items[i].order.name, name) == 0) {
            return true;
        }
    }
    return false;
}

void
swap_await(const char *name)
{
    uint64_t until = clock_now_ns() + AWAIT_NS;
    while (is_open(name) && !agent_is_this_thread()
           && clock_now_ns() < until)
    {
        struct timespec pause = {0, 1000000};
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&pause, NULL);
        Py_END_ALLOW_THREADS
    }
}

const struct order *
swap_newest(const char *name)
{
    struct newest *n = newest_orders;
    while (n != NULL && strcmp(n->order.name, name) != 0) {
        n = n->next;
    }
    return n == NULL ? NULL : &n->order;
}

void
swap_remember(struct order *o)
{
    struct newest *n = newest_orders;
    while (n != NULL && strcmp(n->order.name, o->name) != 0) {
        n = n->next;
    }
    if (n == NULL) {
        n = calloc(1, sizeof(*n));
        if (n == NULL) {
            return; /* the manifest will tell, a moment later */
        }
        n->next = newest_orders;
        newest_orders = n;
    }
    order_dispose(&n->order);
    n->order = *o;
    memset(o, 0, sizeof(*o));
}

static char *
copy(const char *text)
{
    return text == NULL ? NULL : strdup(text);
}

void
swap_catch_up(const struct order *o)
{
    struct order own = {copy(o->name),     copy(o->stem),
                        copy(o->artefact), copy(o->source),
                        copy(o->saved),    copy(o->tier),
                        o->generation,     o->shown};
    struct swap *s = swap_new(0);
    if (s != NULL && own.name != NULL && own.stem != NULL
        && own.artefact != NULL && own.source != NULL && own.saved != NULL
        && own.tier != NULL
        && swap_add(s, &own, NULL) == 0 && swap_prepare_item(s, 0))
    {
        (void)swap_commit(s, NULL);
    }
    PyErr_Clear();
    order_dispose(&own);
    swap_free(s);
}
