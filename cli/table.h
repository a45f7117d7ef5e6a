/* table: strings to pointers, found in constant time.
 *
 * Owns copies of its keys, never its values; keeps no order. One thread owns
 * a table.
 */
#ifndef COWBIRD_TABLE_H
#define COWBIRD_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct table_slot {
    char *key; /* NULL: free */
    void *value;
};

struct table {
    struct table_slot *slots; /* `cap` of them, a power of two, or NULL */
    size_t cap;
    size_t count;
};

#define TABLE_INIT {NULL, 0, 0}

/* Of a key: FNV-1a. */
uint64_t table_hash(const char *key);
/* NULL when absent. */
void *table_get(const struct table *t, const char *key);
/* Adds or replaces. `value` is borrowed and not NULL. */
void table_set(struct table *t, const char *key, void *value);
/* What stood there, or NULL. */
void *table_remove(struct table *t, const char *key);
/* Walks all: `*at` starts at 0, NULL is the end. Nothing may be set or
 * removed between two steps. */
const struct table_slot *table_next(const struct table *t, size_t *at);
void table_clear(struct table *t);
void table_dispose(struct table *t);

#endif
