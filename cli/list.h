/* list: an ordered list of strings that owns them. One thread owns a list. */
#ifndef COWBIRD_LIST_H
#define COWBIRD_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    char **items; /* `count` strings and a NULL after them (an argv); NULL
                     while nothing was ever added */
    size_t count;
    size_t cap;
};

#define LIST_INIT {NULL, 0, 0}

void list_add(struct list *l, const char *text);
/* `text` belongs to the list from now on. */
void list_add_taken(struct list *l, char *text);
void list_add_fmt(struct list *l, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Copies of all of `other`, at the end. */
void list_add_all(struct list *l, const struct list *other);
/* Only if it is not there yet. */
void list_add_new(struct list *l, const char *text);
bool list_has(const struct list *l, const char *text);
void list_remove_at(struct list *l, size_t index);
void list_sort(struct list *l);
/* An argv that is never NULL, borrowed until the next change. */
char **list_argv(struct list *l);
/* The items with `between` between them, to be freed. */
char *list_join(const struct list *l, const char *between);
/* Splits as a shell does for words, quotes and backslashes, without any
 * expansion: for CFLAGS and the like. Adds to `l`; -1 on an open quote. */
int list_split(struct list *l, const char *text);
void list_clear(struct list *l);
void list_dispose(struct list *l);

#endif
