/* parity_kind: THE table of Python annotations: which C stands for each, and
 * how a parity test makes, hands over and compares its values.
 *
 * Constant data; any thread.
 */
#ifndef COWBIRD_PARITY_KIND_H
#define COWBIRD_PARITY_KIND_H

#include <stdbool.h>

struct parity_kind {
    const char *annotation; /* without blanks and module names */
    const char *c;          /* the C type; of a buffer's items: const too */
    bool is_buffer;         /* a pointer and its length */
    const char *result;     /* as a result; NULL: none */
    const char *strategy;   /* hypothesis draws it */
    const char *to_python;  /* drawn → for the Python function; "" as it is */
    const char *to_c;       /* drawn → for the C function */
};

/* NULL: an annotation without a row. Blanks and the names of the modules
 * that annotations come from do not count. */
const struct parity_kind *parity_kind_find(const char *annotation);
/* "X" of "X | None" and "Optional[X]", and the annotation itself of others;
 * on the heap. */
char *parity_kind_without_none(const char *annotation, bool *had_none);
/* The parts of "tuple[A, B]" as a count; 0 when it is none. `parts` gets them
 * on the heap. */
struct list;
void parity_kind_split(const char *annotation, struct list *parts);
/* All annotations that have a row, for people. */
extern const char parity_kinds_shown[];

#endif
