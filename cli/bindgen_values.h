/* bindgen_values: the enums and structs of a module that are classes in
 * Python, each once however many of its sources know it.
 *
 * Private to bindgen and to what writes stubs. Borrows from the surfaces.
 */
#ifndef COWBIRD_BINDGEN_VALUES_H
#define COWBIRD_BINDGEN_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "diag.h"
#include "scan.h"
#include "wire/buf.h"

struct values {
    const struct enumeration **enumerations;
    size_t enumeration_count;
    const struct structure **structures; /* one stands behind those in it */
    size_t structure_count;
};

/* Once all functions are planned. -1: two things have one name; `v` is to be
 * disposed of all the same. */
int values_find(struct values *v, const struct surface *surfaces,
                size_t count, struct diag_list *diags);
void values_dispose(struct values *v);
/* Whether the constant is a member of a class, which brings it along. */
bool values_have(const struct constant *k);

void values_write_head(struct buf *out, const struct values *v);
/* Before the functions. `module` is its dotted name. */
void values_write(struct buf *out, const struct values *v,
                  const char *module);
void values_write_exec(struct buf *out, const struct values *v);

#endif
