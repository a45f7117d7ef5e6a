/* types: THE table of C types: what each is in Python, which converter of
 * cowbird_binding.h serves it, what is refused. The generated code, the stubs
 * and the documentation read the same rows.
 *
 * Constant data; any thread.
 */
#ifndef COWBIRD_TYPES_H
#define COWBIRD_TYPES_H

#include <stdbool.h>
#include <stddef.h>

enum type_family {
    FAMILY_VOID,
    FAMILY_BOOL,
    FAMILY_SIGNED,
    FAMILY_UNSIGNED,
    FAMILY_FLOATING,
    FAMILY_COMPLEX,
    FAMILY_VIEW, /* cb_str, cb_bytes: no number */
};

struct type {
    int clang_kind; /* of the canonical type */
    enum type_family family;
    const char *c;      /* as generated code spells it */
    const char *id;     /* cb_take_<id>, cb_items_<id> */
    const char *give;   /* CPython's function from the C value, or one of
                           ours: cb_give_… also gets the signature */
    const char *cast;   /* what the value is cast to for it, or "" */
    const char *python; /* in a signature's annotation */
    const char *high;   /* the greatest value as a C constant, or NULL */
    const char *item;   /* the usual format of a buffer's items, or NULL */
    const char *refused; /* for people: what raises which exception */
};

/* Ends with a row whose `c` is NULL. */
extern const struct type types[];

/* NULL: a kind that has no row. */
const struct type *type_of_clang(int kind);
bool type_is_integer(const struct type *t);
/* A number whose array can be a buffer: everything but void and views. */
bool type_is_number(const struct type *t);
/* Of C's own by which a field of a struct may be. */
bool type_is_plain(const struct type *t);
/* Its bytes here, where the binding will run. */
size_t type_size(const struct type *t);
bool type_is_char(const struct type *t);

#endif
