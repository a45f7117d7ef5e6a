/* typegate: whether a type's new spec can serve the objects that are there.
 *
 * Says no with the field and the figures that differ. With the GIL.
 */
#ifndef COWBIRD_TYPEGATE_H
#define COWBIRD_TYPEGATE_H

#include "pyabi.h"

#include "wire/err.h"

struct type;

/* `bases` as they were given. */
int typegate_check(const struct type *t, const PyType_Spec *spec,
                   PyObject *bases, struct err *e);
/* Whether two bases, tuples of bases or NULLs are the same. */
bool typegate_is_same(PyObject *a, PyObject *b);

#endif
