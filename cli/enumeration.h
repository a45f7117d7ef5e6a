/* enumeration: an enum with a name as the IntEnum class that it is in Python:
 * the C that makes it, what a function gives of it, its words in a stub.
 *
 * The class is made by runtime/include/cowbird_enums.h. Private to bindgen
 * and to what writes stubs.
 */
#ifndef COWBIRD_ENUMERATION_H
#define COWBIRD_ENUMERATION_H

#include <stdbool.h>

#include "scan.h"
#include "wire/buf.h"

/* Whether the type is an enum that has a class. */
bool enumeration_is(const struct ctype *t);
/* Whether the module needs its class: it is exported, or a function gives
 * it. */
bool enumeration_is_needed(const struct enumeration *e);
bool enumeration_is_same(const struct enumeration *a,
                         const struct enumeration *b);

void enumeration_write(struct buf *out, const struct enumeration *e);
/* A statement of the module's init. */
void enumeration_write_exec(struct buf *out, const struct enumeration *e);
/* The names of its members in a stub, each a line. */
void enumeration_annotate(struct buf *out, const struct enumeration *e);

#endif
