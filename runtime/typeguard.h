/* typeguard: a type whose layout is about to change, while the new init runs.
 *
 * Its code fills fields that objects of the live type have no room for: the
 * thread that runs it makes none, others do as before. What is made past the
 * type's own allocator has room at least. With the GIL.
 */
#ifndef COWBIRD_TYPEGUARD_H
#define COWBIRD_TYPEGUARD_H

#include "pyabi.h"

#include "wire/err.h"

/* ERR_REFUSED when a save would do that to too many types. */
int typeguard_begin(PyTypeObject *type, Py_ssize_t basicsize, struct err *e);
/* For one that is not guarded, nothing. */
void typeguard_end(PyTypeObject *type);

#endif
