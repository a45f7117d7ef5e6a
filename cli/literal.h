/* literal: what a constant of C is worth: the text of a CB_DEFAULT, macros
 * expanded, as a value that a binding and a stub can show.
 *
 * Literals, the arithmetic of integers, signs, parentheses, constants of the
 * surface, NULL and the infinities; no casts, no sizeof. Any thread.
 */
#ifndef COWBIRD_LITERAL_H
#define COWBIRD_LITERAL_H

#include <stdbool.h>
#include <stddef.h>

#include "scan.h"
#include "wire/buf.h"

/* Holds every integer of C, signed or not. */
__extension__ typedef __int128 literal_int;

enum literal_kind { LITERAL_INT, LITERAL_FLOAT, LITERAL_TEXT, LITERAL_NULL };

struct literal {
    enum literal_kind kind;
    literal_int integer;
    double number;
    struct buf text; /* may hold NULs */
};

#define LITERAL_INIT {LITERAL_NULL, 0, 0, BUF_INIT}

/* Names are looked up among the constants of `s` (may be NULL). -1: it is
 * none of what we know. */
int literal_read(struct literal *v, const char *text,
                 const struct surface *s);
void literal_dispose(struct literal *v);

void literal_add_int(struct buf *out, literal_int value);
/* As an expression of C and of Python. Text that is no UTF-8 gives Python
 * nothing: false. */
void literal_add_c(struct buf *out, const struct literal *v);
bool literal_add_python(struct buf *out, const struct literal *v);

#endif
