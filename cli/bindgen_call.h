/* bindgen_call: writes what lies between Python and one plain function: its
 * declaration, its signature, and the C function that CPython calls.
 *
 * Private to bindgen. No disk; any thread.
 */
#ifndef COWBIRD_BINDGEN_CALL_H
#define COWBIRD_BINDGEN_CALL_H

#include "bindgen_plan.h"
#include "wire/buf.h"

/* The type as the binding spells it: "const char **". */
void call_add_ctype(struct buf *out, const struct ctype *t);
void call_write(struct buf *out, const struct plan *p);
/* The docstring: the comment above, else the prototype. On the heap. */
char *call_doc(const struct function *f);
/* `text` as the inside of a C literal that goes on behind each newline. */
void call_add_literal(struct buf *out, const char *text);

#endif
