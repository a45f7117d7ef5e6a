/* typegate: whether a type's new spec can be a change of the type that is
 * there. How its objects are laid out is typemove's. With the GIL.
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
