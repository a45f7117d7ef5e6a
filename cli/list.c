/* list: see list.h. */
#include "list.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "wire/buf.h"

void
list_add_taken(struct list *l, char *text)
{
    if (l->count + 1 >= l->cap) {
        l->cap = l->cap == 0 ? 8 : l->cap * 2;
        l->items = mem_resize(l->items, l->cap, sizeof(*l->items));
    }
    l->items[l->count++] = text;
    l->items[l->count] = NULL;
}

void
list_add(struct list *l, const char *text)
{
    list_add_taken(l, mem_copy_str(text));
}

void
list_add_fmt(struct list *l, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = NULL;
    int len = vasprintf(&text, format, args);
    va_end(args);
    list_add_taken(l, len < 0 ? mem_copy_str("") : text);
}

void
list_add_all(struct list *l, const struct list *other)
{
    for (size_t i = 0; i < other->count; i++) {
        list_add(l, other->items[i]);
    }
}

bool
list_has(const struct list *l, const char *text)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->items[i], text) == 0) {
            return true;
        }
    }
    return false;
}

void
list_add_new(struct list *l, const char *text)
{
    if (!list_has(l, text)) {
        list_add(l, text);
    }
}

void
list_remove_at(struct list *l, size_t index)
{
    free(l->items[index]);
    memmove(&l->items[index], &l->items[index + 1],
            (l->count - index) * sizeof(*l->items));
    l->count--;
}

static int
compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void
list_sort(struct list *l)
{
    if (l->count > 1) {
        qsort(l->items, l->count, sizeof(*l->items), compare);
    }
}

char **
list_argv(struct list *l)
{
    static char *empty[] = {NULL};
    return l->items == NULL ? empty : l->items;
}

char *
list_join(const struct list *l, const char *between)
{
    struct buf b = BUF_INIT;
    for (size_t i = 0; i < l->count; i++) {
        if (i > 0) {
            buf_add_str(&b, between);
        }
        buf_add_str(&b, l->items[i]);
    }
    return buf_take(&b);
}

int
list_split(struct list *l, const char *text)
{
    struct buf word = BUF_INIT;
    bool in_word = false;
    char quote = '\0';
    for (const char *c = text; *c != '\0'; c++) {
        if (quote == '\0' && strchr(" \t\r\n", *c) != NULL) {
            if (in_word) {
                list_add_taken(l, buf_take(&word));
            }
            in_word = false;
            continue;
        }
        in_word = true;
        if (quote == '\0' && (*c == '\'' || *c == '"')) {
            quote = *c;
        }
        else if (quote != '\0' && *c == quote) {
            quote = '\0';
        }
        else if (*c == '\\' && quote != '\'' && c[1] != '\0') {
            c++;
            buf_add(&word, c, 1);
        }
        else {
            buf_add(&word, c, 1);
        }
    }
    if (in_word) {
        list_add_taken(l, buf_take(&word));
    }
    buf_dispose(&word);
    return quote == '\0' ? 0 : -1;
}

void
list_clear(struct list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->items[i]);
    }
    l->count = 0;
    if (l->items != NULL) {
        l->items[0] = NULL;
    }
}

void
list_dispose(struct list *l)
{
    list_clear(l);
    free(l->items);
    *l = (struct list)LIST_INIT;
}
