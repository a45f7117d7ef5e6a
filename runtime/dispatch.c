/* dispatch: see dispatch.h. Here: which tables are turned. What of the code
 * leads into them is operand.c's. */
#include "dispatch.h"

#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "constants.h"
#include "firstwords.h"
#include "image.h"
#include "operand.h"
#include "statics.h"
#include "tables.h"
#include "wipe.h"

#include "guard.h"

#define WORD sizeof(uintptr_t)
#define DISTANCES_MOST 1024

struct candidate {
    struct dispatch table;
    bool is_const;
    bool is_taken;   /* its address is, by code or by a word */
    bool is_unclear; /* something leads into it that is not known */
};

struct turning {
    struct image *now, *old;
    const struct statics *was, *is;
    struct candidate *items; /* owned */
    size_t count;
    bool writes; /* else it is only looked */
};

static void
forget(struct dispatch *d)
{
    wiped_free(d->was, 2 * d->size);
    d->was = NULL;
}

/* -- which may be --------------------------------------------------------- */

/* Where the serving image has it. */
static struct dispatch
home_of(struct image *old, uintptr_t at)
{
    for (size_t i = 0; i < old->dispatch_count; i++) {
        if (old->dispatches[i].at == at) {
            return old->dispatches[i];
        }
    }
    return (struct dispatch){.home = old, .home_at = at};
}

static bool
is_known(const struct turning *t, uintptr_t address)
{
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i].table.at == address) {
            return true;
        }
    }
    return false;
}

/* Words that lead to constants have been led to where those were first
 * (constants.h). */
static uintptr_t
as_turned(const struct image *i, uintptr_t word)
{
    for (size_t k = 0; k < i->constant_count; k++) {
        const struct constant *c = &i->constants[k];
        if (word == i->elf.bias + c->at) {
            return c->home->elf.bias + c->home_at;
        }
    }
    return word;
}

static void
take(void *data, const struct table *table)
{
    struct turning *t = data;
    struct dispatch d = home_of(t->old, table->was);
    d.at = table->is;
    d.size = table->size;
    d.was = is_known(t, d.at) ? NULL : calloc(2, d.size);
    if (d.was == NULL) {
        return; /* out of memory: then it is as any variable */
    }
    for (size_t i = 0; i < d.size / WORD; i++) {
        d.was[i] = as_turned(t->old, table->first[i]);
    }
    memcpy(d.was + d.size / WORD, (void *)(d.home->elf.bias + d.home_at),
           d.size);
    t->items[t->count++] = (struct candidate){.table = d,
                                              .is_const = table->is_const};
}

/* -- what leads to them --------------------------------------------------- */

static uintptr_t
start_of(const struct turning *t, const struct candidate *c)
{
    return t->now->elf.bias + c->table.at;
}

/* How far the home lies from the image's own. */
static uintptr_t
way_of(const struct turning *t, const struct candidate *c)
{
    return c->table.home->elf.bias + c->table.home_at - start_of(t, c);
}

/* clang makes distances in 32 bits of an array of addresses that is only read
 * (its relative lookup tables), which no relocation tells. */
static void
look_at_distances(struct turning *t, uintptr_t base)
{
    const struct elf *v = &t->now->elf;
    uintptr_t end = firstwords_end(v, base - v->bias) + v->bias;
    for (size_t i = 0; i < DISTANCES_MOST && base + (i + 1) * 4 <= end; i++) {
        int32_t distance;
        memcpy(&distance, (void *)(base + i * 4), sizeof(distance));
        uintptr_t to = base + (uintptr_t)(intptr_t)distance;
        if (!elf_holds(v, (void *)to)) {
            return;
        }
        for (size_t k = 0; k < t->count; k++) {
            struct candidate *c = &t->items[k];
            c->is_unclear |= to - start_of(t, c) < c->table.size;
        }
    }
}

static void
look_at_operand(void *data, const struct operand *o)
{
    struct turning *t = data;
    if (o->kind == OPERAND_ADDRESS && !t->writes
        && elf_holds(&t->now->elf, (void *)o->target))
    {
        look_at_distances(t, o->target);
    }
    for (size_t i = 0; i < t->count; i++) {
        struct candidate *c = &t->items[i];
        uintptr_t start = start_of(t, c);
        if (!operand_leads_into(o, start, c->table.size)) {
            continue;
        }
        uintptr_t target = o->target + way_of(t, c);
        if (o->kind == OPERAND_VALUE && c->is_const) {
            continue;
        }
        /* what leads into its midst may be a neighbour's */
        bool is_clear = o->kind == OPERAND_VALUE || o->target == start;
        if (o->kind == OPERAND_UNKNOWN || !is_clear
            || !operand_reaches(o, target))
        {
            c->is_unclear = true;
        }
        else if (t->writes) {
            operand_turn(o, target);
        }
        c->is_taken |= o->kind == OPERAND_ADDRESS;
    }
}

/* Words of the image's data that the loader has made of an address. */
static void
look_at_words(struct turning *t)
{
    const struct elf *v = &t->now->elf;
    for (int r = 0; r < 2; r++) {
        for (size_t i = 0; i < v->relocs[r].count; i++) {
            uintptr_t at = v->bias + v->relocs[r].items[i].r_offset;
            uintptr_t value;
            memcpy(&value, (void *)at, sizeof(value));
            for (size_t k = 0; k < t->count; k++) {
                struct candidate *c = &t->items[k];
                uintptr_t distance = value - start_of(t, c);
                if (distance >= c->table.size) {
                    continue;
                }
                c->is_unclear |= distance != 0;
                c->is_taken = true;
                if (t->writes) {
                    c->is_unclear |= elf_write(v, at,
                                               (void *)(value + way_of(t, c)),
                                               NULL)
                                     < 0;
                }
            }
        }
    }
}

/* Those that can be turned stay. */
static void
sift(struct turning *t)
{
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct candidate *c = &t->items[i];
        if (c->is_taken && !c->is_unclear
            && elf_unseal(&c->table.home->elf,
                          c->table.home->elf.bias + c->table.home_at,
                          c->table.size, NULL)
                   == 0)
        {
            t->items[kept++] = *c;
        }
        else {
            forget(&c->table);
        }
    }
    t->count = kept;
}

/* -- the steps ------------------------------------------------------------ */

/* They are carried no more, and what leads to them leads home. */
static int
leave(const struct turning *t, struct carry *carry)
{
    int done = 0;
    for (size_t i = 0; i < t->count; i++) {
        const struct candidate *c = &t->items[i];
        const char *own = (const char *)start_of(t, c);
        const char *home = own + way_of(t, c);
        const char *from = carry_drop(carry, own);
        for (size_t k = 0; k < carry->place_count; k++) {
            if (carry->places[k].to == own) {
                carry->places[k].to = home;
            }
        }
        if (from != NULL && carry_lead(carry, from, home, c->table.size) < 0) {
            done = -1;
        }
    }
    return done;
}

static void
drop_all(struct turning *t)
{
    for (size_t i = 0; i < t->count; i++) {
        forget(&t->items[i].table);
    }
    t->count = 0;
}

static int
keep(struct turning *t, struct err *e)
{
    struct dispatch *kept = calloc(t->count, sizeof(*kept));
    if (kept == NULL) {
        drop_all(t);
        return err_set(e, ERR_SYSTEM, "out of memory for tables");
    }
    for (size_t i = 0; i < t->count; i++) {
        kept[i] = t->items[i].table;
    }
    t->now->dispatches = kept;
    t->now->dispatch_count = t->count;
    return 0;
}

static int
turn(struct turning *t, struct carry *carry, struct err *e)
{
    tables_find(t->was, t->is, take, t);
    if (t->count == 0) {
        return 0;
    }
    operand_each(&t->now->elf, look_at_operand, t);
    look_at_words(t);
    sift(t);
    if (t->count == 0 || elf_open_code(&t->now->elf, true) < 0) {
        drop_all(t); /* or this system lets nobody change code */
        return 0;
    }
    t->writes = true;
    operand_each(&t->now->elf, look_at_operand, t);
    (void)elf_open_code(&t->now->elf, false);
    look_at_words(t);
    if (leave(t, carry) < 0) {
        drop_all(t);
        return err_set(e, ERR_SYSTEM, "out of memory for tables");
    }
    return keep(t, e);
}

int
dispatch_turn(struct image *now, struct image *old, const struct statics *was,
              const struct statics *is, struct carry *carry, struct err *e)
{
    struct turning t = {.now = now, .old = old, .was = was, .is = is};
    /* Constructors may have kept addresses of their own, and a capsule's
     * table has its own way (capsule.h). */
    if (!operand_is_known() || elf_has_constructors(&now->elf)
        || now->dispatches != NULL || is->said_count == 0
        || elf_imports(&now->elf, "PyCapsule_New"))
    {
        return 0;
    }
    t.items = calloc(is->said_count, sizeof(*t.items));
    if (t.items == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for tables");
    }
    int done = turn(&t, carry, e);
    wiped_free(t.items, is->said_count * sizeof(*t.items));
    return done;
}

int
dispatch_plan_return(const struct image *old, struct carry *carry,
                     struct err *e)
{
    for (size_t i = 0; i < old->dispatch_count; i++) {
        const struct dispatch *d = &old->dispatches[i];
        const char *own = (const char *)old->elf.bias + d->at;
        const char *home = (const char *)d->home->elf.bias + d->home_at;
        const struct carry_item *item = carry->items;
        const struct carry_item *end = item + carry->count;
        while (item < end && item->from != own) {
            item++;
        }
        const char *to = item < end ? item->to : carry_place(carry, own);
        if (to != NULL && to != home
            && carry_lead(carry, home, to, d->size) < 0)
        {
            return err_set(e, ERR_SYSTEM, "out of memory for tables");
        }
    }
    return 0;
}

void
dispatch_return(const struct image *old, const struct carry *carry)
{
    for (size_t i = 0; i < old->dispatch_count; i++) {
        const struct dispatch *d = &old->dispatches[i];
        char *own = (char *)(old->elf.bias + d->at);
        for (size_t k = 0; k < carry->count; k++) {
            if (carry->items[k].from == own) {
                memcpy(own, (void *)(d->home->elf.bias + d->home_at), d->size);
            }
        }
    }
}

void
dispatch_store(struct image *now, const struct carry *carry)
{
    for (size_t i = 0; i < now->dispatch_count; i++) {
        struct dispatch *d = &now->dispatches[i];
        const uintptr_t *own = (const uintptr_t *)(now->elf.bias + d->at);
        uintptr_t *home = (uintptr_t *)(d->home->elf.bias + d->home_at);
        for (size_t k = 0; k < d->size / WORD; k++) {
            bool is_ours = home[k] == d->was[k];
            uintptr_t word = is_ours ? own[k]
                                     : carry_function(carry, home[k]);
            if (is_ours || word != 0) {
                __atomic_store_n(&home[k], word, __ATOMIC_RELEASE);
            }
        }
        forget(d);
        if (d->home->pin == NULL) {
            d->home->pin = "its tables of functions are known by their "
                           "addresses";
        }
    }
}

/* What the init of `i` has put there. */
static void
take_back(const struct image *i, const struct dispatch *d)
{
    uintptr_t *home = (uintptr_t *)(d->home->elf.bias + d->home_at);
    size_t count = d->size / WORD;
    for (size_t k = 0; k < count; k++) {
        if (elf_holds(&i->elf, (void *)home[k])) {
            __atomic_store_n(&home[k], d->was[count + k], __ATOMIC_RELEASE);
        }
    }
}

void
dispatch_dispose(struct image *i)
{
    for (size_t k = 0; k < i->dispatch_count; k++) {
        struct dispatch *d = &i->dispatches[k];
        if (d->was != NULL) {
            take_back(i, d);
            forget(d);
        }
    }
    free(i->dispatches);
    i->dispatches = NULL;
    i->dispatch_count = 0;
}
