/* carry: see carry.h. */
#include "carry.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "statics.h"
#include "wipe.h"

#include "guard.h"

static bool
is_same_start(const struct static_variable *a,
              const struct static_variable *b)
{
    if (a->size != b->size) {
        return false;
    }
    if (a->initial != NULL && b->initial != NULL) {
        return memcmp(a->initial, b->initial, a->size) == 0;
    }
    const unsigned char *bytes = a->initial != NULL ? a->initial : b->initial;
    for (size_t i = 0; bytes != NULL && i < a->size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

/* How many from `at` on bear the same name. */
static size_t
group_len(const struct statics *s, size_t at)
{
    size_t len = 1;
    while (at + len < s->count
           && statics_compare(&s->items[at], &s->items[at + len]) == 0)
    {
        len++;
    }
    return len;
}

static void
pair(struct carry *c, const struct image *old, const struct image *new,
     const struct static_variable *was, const struct static_variable *is)
{
    if (is_same_start(was, is)) {
        struct carry_item *item = &c->items[c->count++];
        item->from = (char *)(old->elf.bias + was->address);
        item->to = (char *)(new->elf.bias + is->address);
        item->size = was->size;
        item->is_left = false;
    }
}

/* Both lists are in the order of names. Variables of several functions may
 * share a name; then they are told apart by their order, as long as there are
 * as many as before. */
static void
pair_all(struct carry *c, const struct image *old, const struct image *new,
         const struct statics *was, const struct statics *is)
{
    size_t i = 0;
    size_t j = 0;
    while (i < was->count && j < is->count) {
        int order = statics_compare(&was->items[i], &is->items[j]);
        size_t were = group_len(was, i);
        size_t are = group_len(is, j);
        for (size_t k = 0; order == 0 && were == are && k < are; k++) {
            pair(c, old, new, &was->items[i + k], &is->items[j + k]);
        }
        i += order <= 0 ? were : 0;
        j += order >= 0 ? are : 0;
    }
}

int
carry_plan(struct carry *c, const struct image *old, const struct image *new,
           struct err *e)
{
    struct statics was;
    struct statics is = {0};
    memset(c, 0, sizeof(*c));
    c->old = old;
    int done = statics_read(&was, old->path, &old->elf, e);
    if (done == 0) {
        done = statics_read(&is, new->path, &new->elf, e);
    }
    if (done == 0) {
        c->items = calloc(was.count + 1, sizeof(*c->items));
        if (c->items == NULL) {
            done = err_set(e, ERR_SYSTEM,
                           "out of memory for static variables");
        }
        else {
            pair_all(c, old, new, &was, &is);
        }
    }
    statics_dispose(&was);
    statics_dispose(&is);
    return done;
}

/* The carried variable of the old image that `at` points into. */
static const struct carry_item *
target_of(const struct carry *c, const char *at)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct carry_item *item = &c->items[i];
        if (!item->is_left && at >= item->from && at < item->from + item->size)
        {
            return item;
        }
    }
    return NULL;
}

static char *
word_at(const char *place)
{
    char *word = NULL;
    memcpy(&word, place, sizeof(word));
    return word;
}

/* The first word of the variable, at its natural alignment. */
static size_t
first_word(const struct carry_item *item)
{
    return (size_t)(-(uintptr_t)item->from & (sizeof(void *) - 1));
}

/* Points into the old image, but not into what goes along: its code, its
 * texts, its tables. The new init's own value is better. */
static bool
must_stay(const struct carry *c, const struct carry_item *item)
{
    for (size_t at = first_word(item); at + sizeof(void *) <= item->size;
         at += sizeof(void *))
    {
        char *word = word_at(item->from + at);
        if (elf_holds(&c->old->elf, word) && target_of(c, word) == NULL) {
            return true;
        }
    }
    return false;
}

static void
copy(const struct carry *c, const struct carry_item *item)
{
    memcpy(item->to, item->from, item->size);
    for (size_t at = first_word(item); at + sizeof(void *) <= item->size;
         at += sizeof(void *))
    {
        char *word = word_at(item->from + at);
        const struct carry_item *target = NULL;
        if (elf_holds(&c->old->elf, word)) {
            target = target_of(c, word);
        }
        if (target != NULL) {
            char *moved = target->to + (word - target->from);
            memcpy(item->to + at, &moved, sizeof(moved));
        }
    }
}

void
carry_store(struct carry *c)
{
    bool is_settled = false;
    while (!is_settled) {
        is_settled = true;
        for (size_t i = 0; i < c->count; i++) {
            struct carry_item *item = &c->items[i];
            if (!item->is_left && must_stay(c, item)) {
                item->is_left = true;
                is_settled = false;
            }
        }
    }
    for (size_t i = 0; i < c->count; i++) {
        if (!c->items[i].is_left) {
            copy(c, &c->items[i]);
        }
    }
}

bool
carry_moved(const struct carry *c)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!c->items[i].is_left) {
            return true;
        }
    }
    return false;
}

void
carry_dispose(struct carry *c)
{
    wipe_free(c->items, c->count * sizeof(*c->items));
    memset(c, 0, sizeof(*c));
}
