/* bindgen_plan: how each parameter of a plain function reads: the naming
 * rules of cowbird.h's manual, applied.
 *
 * Private to bindgen. A plan borrows from the surface.
 */
#ifndef COWBIRD_BINDGEN_PLAN_H
#define COWBIRD_BINDGEN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "scan.h"

enum argument_kind {
    ARGUMENT_NUMBER,
    ARGUMENT_TEXT,    /* const char * */
    ARGUMENT_BUFFER,  /* a pointer that lengths follow */
    ARGUMENT_LENGTH,  /* filled from a buffer: no parameter in Python */
    ARGUMENT_COLUMNS, /* the second length */
};

/* One parameter of the C function. */
struct argument {
    enum argument_kind kind;
    const struct parameter *parameter;
    char *name;       /* in Python and in the binding's variables */
    int at;           /* place among Python's parameters; -1: a length */
    size_t buffer;    /* of a length: the argument it measures; of a buffer:
                         the first that shares its length */
    bool is_matrix;   /* of a buffer: rows and columns */
};

struct plan {
    const struct function *f;
    struct argument *arguments; /* one a C parameter */
    size_t count;
    int python_count;
    int first_named; /* Python parameters before it have no name in C */
    bool has_buffers;
};

/* -1 when the function cannot be bound; `diags` then says why. */
int plan_make(struct plan *p, const struct function *f,
              struct diag_list *diags);
void plan_dispose(struct plan *p);

#endif
