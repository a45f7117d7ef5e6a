/* layoutdiff: the half of layout.h that compares two structs. */
#include "wire/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pairs of structs that pointers lead to; more are taken as the same. */
#define PAIRS_MAX 64

struct comparison {
    const struct layouts *a, *b;
    struct {
        uint64_t a, b;
    } pairs[PAIRS_MAX]; /* compared already, or just now */
    size_t pair_count;
    struct layout_change *change;
    struct err *e;
};

static const struct layout_field *
find_path(const struct layout *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->fields[i].path, path) == 0) {
            return &l->fields[i];
        }
    }
    return NULL;
}

static bool
is_alike(const struct layout_field *x, const struct layout_field *y)
{
    return x->bit_at == y->bit_at && x->bits == y->bits
           && strcmp(x->type, y->type) == 0;
}

/* Whether `x` of one struct has only another name in the other: what lies
 * there is read as before. */
static bool
is_renamed(const struct layout_field *x, const struct layout *in,
           const struct layout *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct layout_field *y = &other->fields[i];
        if (is_alike(x, y) && find_path(in, y->path) == NULL) {
            return true;
        }
    }
    return false;
}

/* The earliest kind stays: a field that came or went explains those that had
 * to move. */
static void
tell(struct comparison *c, enum layout_kind kind, const char *prefix,
     const struct layout_field *was, const struct layout_field *is)
{
    struct layout_change *t = c->change;
    if (t->kind != LAYOUT_SAME && t->kind <= kind) {
        return;
    }
    t->kind = kind;
    const char *path = was != NULL ? was->path : is != NULL ? is->path : "";
    size_t used = strlen(prefix);
    bool ends = path[0] == '\0' && used > 1; /* "cache->": the struct alone */
    snprintf(t->path, sizeof(t->path), "%.*s%s", (int)(used - (ends ? 2 : 0)),
             prefix, path);
    t->was_at = was != NULL ? was->bit_at / 8 : 0;
    t->was_size = was != NULL ? (was->bits + 7) / 8 : 0;
    t->is_at = is != NULL ? is->bit_at / 8 : 0;
    t->is_size = is != NULL ? (is->bits + 7) / 8 : 0;
}

static int compare(struct comparison *c, uint64_t i, uint64_t j,
                   const char *prefix);

static const struct layout_name *
target_of(const struct layouts *l, const struct layout_field *f, size_t *index)
{
    for (size_t i = 0; f->target != 0 && i < l->name_count; i++) {
        if (l->names[i].at == f->target) {
            *index = i;
            return &l->names[i];
        }
    }
    return NULL;
}

/* CPython's and libc's own do not change during a session. */
static bool
is_foreign(const struct layout_name *n)
{
    return n->name[0] == '_' || strncmp(n->name, "Py", 2) == 0;
}

/* What both point at, where both are of one name. */
static int
follow(struct comparison *c, const struct layout_field *x,
       const struct layout_field *y, const char *prefix)
{
    size_t i = 0, j = 0;
    const struct layout_name *p = target_of(c->a, x, &i);
    const struct layout_name *q = target_of(c->b, y, &j);
    if (p == NULL || q == NULL || strcmp(p->name, q->name) != 0
        || is_foreign(p))
    {
        return 0;
    }
    char inside[128];
    snprintf(inside, sizeof(inside), "%.60s%.60s->", prefix, x->path);
    return compare(c, i, j, inside);
}

static int
compare_fields(struct comparison *c, const struct layout *was,
               const struct layout *is, const char *prefix)
{
    for (size_t i = 0; i < was->count; i++) {
        const struct layout_field *x = &was->fields[i];
        const struct layout_field *y = find_path(is, x->path);
        if (y == NULL) {
            if (!is_renamed(x, was, is)) {
                tell(c, LAYOUT_REMOVED, prefix, x, NULL);
            }
        }
        else if (x->bit_at != y->bit_at || x->bits != y->bits) {
            tell(c, LAYOUT_MOVED, prefix, x, y);
        }
        else if (strcmp(x->type, y->type) != 0) {
            tell(c, LAYOUT_RETYPED, prefix, x, y);
        }
        else if (follow(c, x, y, prefix) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < is->count; i++) {
        const struct layout_field *y = &is->fields[i];
        if (find_path(was, y->path) == NULL && !is_renamed(y, is, was)) {
            tell(c, LAYOUT_ADDED, prefix, NULL, y);
        }
    }
    return 0;
}

static bool
is_known(struct comparison *c, uint64_t i, uint64_t j)
{
    for (size_t k = 0; k < c->pair_count; k++) {
        if (c->pairs[k].a == i && c->pairs[k].b == j) {
            return true;
        }
    }
    if (c->pair_count == PAIRS_MAX) {
        return true;
    }
    c->pairs[c->pair_count].a = i;
    c->pairs[c->pair_count++].b = j;
    return false;
}

static int
compare(struct comparison *c, uint64_t i, uint64_t j, const char *prefix)
{
    struct layout was, is;
    enum layout_kind before = c->change->kind;
    if (is_known(c, i, j)) {
        return 0;
    }
    if (layout_read(c->a, i, &was, c->e) < 0) {
        return -1;
    }
    int done = layout_read(c->b, j, &is, c->e);
    if (done == 0) {
        done = compare_fields(c, &was, &is, prefix);
        if (was.size != is.size) {
            tell(c, LAYOUT_RESIZED, prefix, NULL, NULL);
        }
        if (before == LAYOUT_SAME && c->change->kind != before
            && c->change->struct_was == 0)
        {
            c->change->struct_was = was.size;
            c->change->struct_is = is.size;
        }
    }
    layout_dispose(&was);
    layout_dispose(&is);
    return done;
}

int
layout_compare(const struct layouts *a, size_t i, const struct layouts *b,
               size_t j, struct layout_change *change, struct err *e)
{
    struct comparison c = {.a = a, .b = b, .change = change, .e = e};
    memset(change, 0, sizeof(*change));
    return compare(&c, i, j, "");
}

/* -- words ---------------------------------------------------------------- */

void
layout_change_words(const struct layout_change *c, const char *owner,
                    const char *path, char *text, size_t len)
{
    typedef unsigned long long bytes;
    switch (c->kind) {
    case LAYOUT_ADDED:
        snprintf(text, len, "%s.%s would be new, %llu bytes at offset %llu",
                 owner, path, (bytes)c->is_size, (bytes)c->is_at);
        break;
    case LAYOUT_REMOVED:
        snprintf(text, len, "%s.%s would go, %llu bytes at offset %llu",
                 owner, path, (bytes)c->was_size, (bytes)c->was_at);
        break;
    case LAYOUT_MOVED:
        snprintf(text, len, "%s.%s would go from offset %llu, %llu bytes, to "
                 "offset %llu, %llu bytes", owner, path, (bytes)c->was_at,
                 (bytes)c->was_size, (bytes)c->is_at, (bytes)c->is_size);
        break;
    case LAYOUT_RETYPED:
        snprintf(text, len, "%s.%s, %llu bytes at offset %llu, would be of "
                 "another type", owner, path, (bytes)c->was_size,
                 (bytes)c->was_at);
        break;
    default:
        snprintf(text, len, "the fields of %s would be padded otherwise",
                 owner);
    }
}
