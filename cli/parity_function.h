/* parity_function: the text of a C function that is to replace a Python
 * function: its docstring as a comment, its prototype, and in its body the
 * Python and a cb_raise that says what is missing.
 *
 * No disk; any thread.
 */
#ifndef COWBIRD_PARITY_FUNCTION_H
#define COWBIRD_PARITY_FUNCTION_H

#include "list.h"
#include "pyfunc.h"

/* `result` and `parameters` as C declares them ("double",
 * "const double *x, size_t n"). On the heap. */
char *parity_function_write(const struct pyfunc *f, const char *result,
                            const struct list *parameters);

#endif
