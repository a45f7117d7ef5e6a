/* table: see table.h. Open addressing, linear probing; a removal closes its
 * gap, so there are no tombstones to clean up.
 */
#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "wire/fnv.h"

/* An emptied table larger than this gives its memory back. */
#define KEEP_CAP 1024

uint64_t
table_hash(const char *key)
{
    return fnv_add(FNV_START, key, strlen(key));
}

static size_t
home_of(const struct table *t, const char *key)
{
    uint64_t hash = table_hash(key);
    return (size_t)(hash ^ (hash >> 32)) & (t->cap - 1);
}

/* The slot that holds `key`, or the free one where it would go. */
static struct table_slot *
find(const struct table *t, const char *key)
{
    size_t i = home_of(t, key);
    while (t->slots[i].key != NULL && strcmp(t->slots[i].key, key) != 0) {
        i = (i + 1) & (t->cap - 1);
    }
    return &t->slots[i];
}

static void
grow(struct table *t)
{
    struct table old = *t;
    t->cap = old.cap == 0 ? 16 : old.cap * 2;
    t->slots = mem_new(t->cap * sizeof(*t->slots));
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].key != NULL) {
            *find(t, old.slots[i].key) = old.slots[i];
        }
    }
    free(old.slots);
}

void *
table_get(const struct table *t, const char *key)
{
    return t->count == 0 ? NULL : find(t, key)->value;
}

void
table_set(struct table *t, const char *key, void *value)
{
    if (t->count * 4 >= t->cap * 3) {
        grow(t);
    }
    struct table_slot *slot = find(t, key);
    if (slot->key == NULL) {
        slot->key = mem_copy_str(key);
        t->count++;
    }
    slot->value = value;
}

void *
table_remove(struct table *t, const char *key)
{
    struct table_slot *slot = t->count == 0 ? NULL : find(t, key);
    if (slot == NULL || slot->key == NULL) {
        return NULL;
    }
    void *value = slot->value;
    free(slot->key);
    t->count--;
    size_t mask = t->cap - 1;
    size_t gap = (size_t)(slot - t->slots);
    /* Whoever probed past the gap on the way from its home moves into it. */
    for (size_t i = (gap + 1) & mask; t->slots[i].key != NULL;
         i = (i + 1) & mask)
    {
        size_t home = home_of(t, t->slots[i].key);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            t->slots[gap] = t->slots[i];
            gap = i;
        }
    }
    t->slots[gap] = (struct table_slot){NULL, NULL};
    return value;
}

const struct table_slot *
table_next(const struct table *t, size_t *at)
{
    while (*at < t->cap) {
        const struct table_slot *slot = &t->slots[(*at)++];
        if (slot->key != NULL) {
            return slot;
        }
    }
    return NULL;
}

void
table_clear(struct table *t)
{
    if (t->cap > KEEP_CAP) {
        table_dispose(t);
        return;
    }
    for (size_t i = 0; i < t->cap; i++) {
        free(t->slots[i].key);
        t->slots[i] = (struct table_slot){NULL, NULL};
    }
    t->count = 0;
}

void
table_dispose(struct table *t)
{
    for (size_t i = 0; i < t->cap; i++) {
        free(t->slots[i].key);
    }
    free(t->slots);
    *t = (struct table)TABLE_INIT;
}
