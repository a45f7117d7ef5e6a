/* handle: records that Python knows by a pointer alone, and the class that
 * each of them is there: which they are, and the C of the classes.
 *
 * A record is one when its fields are not known to the source, or when a
 * CB_CLOSES function ends it. Private to bindgen and to what writes stubs.
 */
#ifndef COWBIRD_HANDLE_H
#define COWBIRD_HANDLE_H

#include <stddef.h>

#include "bindgen_plan.h"
#include "scan.h"
#include "wire/buf.h"

/* Fills `handles` of the surfaces of one module. */
void handle_find(struct surface *surfaces, size_t count);
/* What the pointer `t` leads to, or NULL. */
const struct handle *handle_of(const struct surface *s,
                               const struct ctype *t);
bool handle_is_closer(const struct function *f);
/* Whether a CB_CLOSES function can be one, and each class has its name for
 * itself. -1: refused. */
int handle_check(const struct plan *p, struct diag_list *diags);

/* The C of the classes of the module `name`, behind its functions; of their
 * declarations, before them; of the statements that make them. */
void handle_write_declarations(struct buf *out, const struct surface *s);
void handle_write_classes(struct buf *out, const struct surface *s,
                          const char *name);
void handle_write_exec(struct buf *out, const struct surface *s);

#endif
