/* structure: a struct whose fields the source shows, as the Python class that
 * it is: the C that says it again, that makes the class, its words in a stub.
 *
 * What the class does is in runtime/include/cowbird_structs.h. Private to
 * bindgen and to what writes stubs.
 */
#ifndef COWBIRD_STRUCTURE_H
#define COWBIRD_STRUCTURE_H

#include <stdbool.h>

#include "bindgen_plan.h"
#include "pyi_text.h"
#include "scan.h"
#include "wire/buf.h"

bool structure_is_same(const struct structure *a, const struct structure *b);
/* Notes that a function of the plan takes or gives it. -1: it cannot be a
 * class, and `diags` says why. */
int structure_use(struct structure *s, const struct place *where,
                  struct diag_list *diags);

/* Behind those that are in it. */
void structure_write(struct buf *out, const struct structure *s,
                     const char *module);
/* A statement of the module's init. */
void structure_write_exec(struct buf *out, const struct structure *s);
/* The class in a stub. */
void structure_annotate(struct pyi_text *t, const struct structure *s);

#endif
