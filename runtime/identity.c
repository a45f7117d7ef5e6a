/* identity: see identity.h. */
#include "identity.h"

#include <stdlib.h>

#include "image.h"
#include "lea.h"
#include "native.h"
#include "stub.h"
#include "type.h"
#include "typechange.h"
#include "typewritten.h"
#include "wire/wiped.h"

#include "guard.h"

struct reading {
    struct image *image;
    size_t room;
    bool is_short; /* of memory */
};

/* A function and what types have in its place; NULL: more than one thing. */
struct pair {
    void *code, *entry;
};

struct pairs {
    const struct image *image;
    const struct type_change *change; /* being added; NULL: as it is now */
    struct pair *items;
    size_t count, room;
    bool is_short;
};

static void
take_lea(void *data, unsigned char *at, uintptr_t target)
{
    struct reading *r = data;
    struct image *i = r->image;
    uintptr_t start = i->elf.start;
    if (r->is_short || (uintptr_t)at - start > UINT32_MAX
        || !elf_is_code(&i->elf, (void *)target))
    {
        return;
    }
    if (i->identity_count == r->room) {
        size_t room = r->room == 0 ? 64 : r->room * 2;
        struct identity *more = realloc(i->identities, room * sizeof(*more));
        if (more == NULL) {
            r->is_short = true;
            return;
        }
        i->identities = more;
        r->room = room;
    }
    i->identities[i->identity_count++] = (struct identity){
        (uint32_t)((uintptr_t)at - start), (uint32_t)(target - start)};
}

int
identity_read(struct image *i, struct err *e)
{
    struct reading r = {.image = i};
    if (i->identities == NULL) {
        lea_each(&i->elf, take_lea, &r);
    }
    return r.is_short ? err_set(e, ERR_SYSTEM, "out of memory for an image")
                      : 0;
}

/* What the plan has behind the stub, or else what is there now. */
static void *
code_of(const struct type_change *c, const struct stub *stub)
{
    for (size_t i = 0; c != NULL && i < c->word_count; i++) {
        if (c->words[i].at == stub->slot) {
            return c->words[i].value;
        }
    }
    for (size_t i = 0; c != NULL && i < c->written_word_count; i++) {
        if (c->written_words[i].at == stub->slot) {
            return c->written_words[i].value;
        }
    }
    return stub_under(stub);
}

static struct pair *
find(const struct pairs *p, const void *code)
{
    for (size_t i = 0; i < p->count; i++) {
        if (p->items[i].code == code) {
            return &p->items[i];
        }
    }
    return NULL;
}

static void
add(struct pairs *p, const struct stub *stub)
{
    void *code = stub == NULL ? NULL : code_of(p->change, stub);
    if (code == NULL || !elf_is_code(&p->image->elf, code)) {
        return;
    }
    struct pair *known = find(p, code);
    if (known != NULL) {
        known->entry = known->entry == stub->entry ? stub->entry : NULL;
        return;
    }
    if (p->count == p->room) {
        size_t room = p->room + 64;
        struct pair *more = wiped_grow(p->items, p->room * sizeof(*more),
                                       room * sizeof(*more));
        if (more == NULL) {
            p->is_short = true;
            return;
        }
        p->items = more;
        p->room = room;
    }
    p->items[p->count++] = (struct pair){code, stub->entry};
}

static void
add_type(struct pairs *p, const struct type *t, const struct slot *slots,
         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(p, slots[i].is_gone ? NULL : slots[i].stub);
    }
    for (size_t i = 0; i < t->written_count; i++) {
        add(p, t->written[i].stub);
    }
}

/* The entry that the instruction is to take; 0: it stays as it is. */
static uintptr_t
entry_for(const struct pairs *p, const struct identity *one)
{
    uintptr_t start = p->image->elf.start;
    const struct pair *pair = find(p, (void *)(start + one->to));
    uintptr_t entry = pair == NULL ? 0 : (uintptr_t)pair->entry;
    bool reaches = entry != 0
                   && lea_reaches((unsigned char *)(start + one->at), entry);
    return reaches ? entry : 0;
}

static void
turn(const struct pairs *p, const struct image *i)
{
    bool is_open = false;
    for (size_t k = 0; k < i->identity_count; k++) {
        const struct identity *one = &i->identities[k];
        uintptr_t entry = entry_for(p, one);
        if (entry == 0) {
            continue;
        }
        is_open = is_open || elf_open_code(&i->elf, true) == 0;
        if (!is_open) {
            return; /* this system lets nobody change code */
        }
        lea_turn((unsigned char *)(i->elf.start + one->at), entry);
    }
    if (is_open) {
        (void)elf_open_code(&i->elf, false);
    }
}

/* Once in an image's life. */
static int
end(struct pairs *p, struct image *i, struct err *e)
{
    if (!p->is_short) {
        turn(p, i);
    }
    wiped_free(p->items, p->room * sizeof(*p->items));
    free(i->identities);
    i->identities = NULL;
    i->identity_count = 0;
    return p->is_short ? err_set(e, ERR_SYSTEM, "out of memory for a type")
                       : 0;
}

int
identity_adopt(const struct native *n, struct err *e)
{
    struct pairs p = {.image = n->image};
    if (n->types == NULL) {
        return 0;
    }
    if (identity_read(n->image, e) < 0) {
        return -1;
    }
    for (const struct type *t = n->types; t != NULL; t = t->next) {
        add_type(&p, t, t->slots, t->slot_count);
    }
    return end(&p, n->image, e);
}

int
identity_plan(struct image *now, const struct type_change *changes,
              struct err *e)
{
    struct pairs p = {.image = now};
    for (const struct type_change *c = changes; c != NULL; c = c->next) {
        const struct type *t = c->type;
        p.change = c;
        add_type(&p, t, c->slots != NULL ? c->slots : t->slots,
                 c->slots != NULL ? c->slot_count : t->slot_count);
    }
    return end(&p, now, e);
}
