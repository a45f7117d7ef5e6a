/* typeslots: slots of a type that come, go or change their kind with a save.
 *
 * What a spec's slots mean (wrapper descriptors, what is inherited, hashes)
 * only CPython knows: it makes two throw-away types, one from the slots that
 * were and one from those that are, and their difference is what moves in the
 * live type and in all its subclasses. With the GIL.
 */
#ifndef COWBIRD_TYPESLOTS_H
#define COWBIRD_TYPESLOTS_H

#include "pyabi.h"

#include "typechange.h"
#include "wire/err.h"

struct image;
struct journal;
struct type_loading;

/* Whether `spec` has other slots than the type, not only other code. */
bool typeslots_differ(const struct type *t, const PyType_Spec *spec,
                      struct image *image);
/* Writes the difference into the change. */
int typeslots_plan(struct type_change *c, const PyType_Spec *spec,
                   const struct type_loading *l, struct err *e);
/* Right before the commit: the types that may have inherited a slot. Adds to
 * `words` what storing will take. */
int typeslots_reserve(struct type_change *c, size_t *words, struct err *e);
/* Within that room, and before names move: CPython's own way of updating
 * slots builds on what stands in them. */
void typeslots_move(const struct type_change *c, struct journal *j);
/* What stays in old hands says that it was removed. */
void typeslots_store(const struct type_change *c, struct journal *j);
void typeslots_settle(struct type_change *c);
void typeslots_dispose(struct type_change *c);

/* A new list: the type itself, then every type below it, once each. NULL with
 * the exception set. */
PyObject *type_family(PyObject *type);
/* "Point.__len__", for ever; NULL with `e` filled when out of memory. */
const char *type_label(struct type *t, const char *name, struct err *e);

#endif
