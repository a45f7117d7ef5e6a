/* parity: the C function that is to replace a Python function, still without
 * a body, and the test that holds the two against each other.
 *
 * Decides by parity_kind and by cowbird.h's manual. No disk; any thread.
 */
#ifndef COWBIRD_PARITY_H
#define COWBIRD_PARITY_H

#include "list.h"
#include "pyfunc.h"
#include "wire/buf.h"
#include "wire/err.h"

/* The pieces of text that the templates' marks stand for. */
struct parity {
    char *function;   /* the C function: comment, prototype, empty body */
    char *imports;    /* lines of the test: of the standard library */
    char *packages;   /* and of others */
    char *strategies; /* "    \"x\": st.floats(),\n" */
    char *names;      /* "x, by" */
    char *places;     /* "x," what the Python function gets by place */
    char *keywords;   /* "\"by\": by" */
    char *converted;  /* "array(\"d\", x), by," */
    struct list passed; /* what the app has to pass in another form, as
                           "array(\"d\", x) for x" */
};

#define PARITY_INIT {.function = NULL, .passed = LIST_INIT}

/* -1 with ERR_USAGE when something of `f` has no counterpart in C; `help`
 * says what would work. */
int parity_make(struct parity *p, const struct pyfunc *f, struct buf *help,
                struct err *e);
void parity_dispose(struct parity *p);

#endif
