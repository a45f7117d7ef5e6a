/* bindgen_plan: how each parameter and result of a plain function reads: the
 * ways claim them, by the rules of cowbird.h's manual.
 *
 * Private to bindgen and to what writes stubs. A plan borrows from the
 * surface.
 */
#ifndef COWBIRD_BINDGEN_PLAN_H
#define COWBIRD_BINDGEN_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "scan.h"

struct way;
struct giving;

/* One parameter of the C function. */
struct argument {
    const struct way *way;
    const struct parameter *parameter;
    char *name;       /* in Python and in the binding's variables */
    int at;           /* place among Python's parameters; -1: hidden */
    size_t buffer;    /* of a length: the argument it measures; of a buffer:
                         the first that shares its length */
    bool is_matrix;   /* of a buffer: rows and columns */
    char *initial;    /* C that sets its variables when it is left out; NULL:
                         it has to be given */
    char *shown;      /* that value, as Python spells it */
    bool takes_none;  /* None leaves it out as well */
    char *value;      /* of an out parameter: the variable it points to */
    bool is_measure;  /* of an out parameter: the length of a result */
};

/* How a function tells that it failed, beside cb_raise. */
enum failure {
    FAILS_NEVER,
    FAILS_ERRNO,  /* less than 0 or NULL: errno says why */
    FAILS_STATUS, /* not 0: it is the error's number; below 0: errno is */
};

/* One value that Python gets back. */
struct result {
    const struct giving *giving;
    const struct ctype *type;
    const struct place *place;
    const struct list *notes; /* what CB_ words say of it */
    const char *value;        /* the C expression that holds it */
    const struct argument *out; /* the parameter it comes by; NULL: it is
                                   what the function returns */
    bool is_released; /* the giving's `release` has something to do */
    const struct argument *lengths[2]; /* of a buffer: how many items; of two
                                          dimensions: rows and columns */
};

struct plan {
    const struct surface *s;
    const struct function *f;
    struct argument *arguments; /* one a C parameter */
    size_t count;
    struct result *results; /* none: None; several: a tuple */
    size_t result_count;
    int python_count;
    int needed; /* Python parameters without a default; they come first */
    int first_named; /* Python parameters before it have no name in C */
    enum failure fails;
    bool uses_callbacks;
    bool uses_memory; /* a result is cowbird_memory.h's */
    bool has_release; /* something is to be given back on the way out */
};

/* -1 when the function cannot be bound; `diags` then says why. */
int plan_make(struct plan *p, const struct surface *s,
              const struct function *f, struct diag_list *diags);
void plan_dispose(struct plan *p);

/* Whether Python calls it without the GIL, and whether it is awaited. */
bool plan_is_nogil(const struct function *f);
bool plan_is_async(const struct function *f);
/* Whether its faults are to be exceptions, and whether they can be. */
bool plan_has_faults(const struct function *f);
int plan_check_faults(const struct plan *p, struct diag_list *diags);
/* "'f' returns 'char *'" or "'x' of 'f' gives 'char *'", on the heap. */
char *plan_result_words(const struct plan *p, const struct result *r);
/* Whether the CB_ words of the function and its parameters stand where they
 * mean something; reads CB_ERRNO and CB_STATUS. -1: refused. */
int plan_read_words(struct plan *p, struct diag_list *diags);
/* Reads what CB_DEFAULT says of each parameter. -1: refused. */
int plan_read_defaults(struct plan *p, struct diag_list *diags);
/* An error at `at`, for claims. Takes `message` and `help`; returns -1. */
int plan_refuse(const struct place *at, char *message, char *help,
                struct diag_list *diags);

#endif
