/* tables: the structs of functions that the old and the new code have, of one
 * type and with nothing in them but functions of their own, constants and
 * numbers. Arrays are none, nor is what the interpreter reads, nor what may
 * change and has a word that begins empty. Any thread.
 */
#ifndef COWBIRD_TABLES_H
#define COWBIRD_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct statics;

struct table {
    uintptr_t was, is; /* where, in either file, before the loader's bias */
    size_t size;       /* bytes, whole words */
    bool is_const;
    const uintptr_t *first; /* the words that the old one began with;
                               borrowed for the call */
};

/* One may be told twice. */
typedef void (*tables_take)(void *data, const struct table *table);

/* False: the code of that file has none, whatever newer code has. */
bool tables_may_be(const struct statics *s);
void tables_find(const struct statics *was, const struct statics *is,
                 tables_take take, void *data);

#endif
