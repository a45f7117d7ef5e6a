/* typedonor: a throw-away type, made to see what CPython makes of a list of
 * slots. With the GIL.
 */
#ifndef COWBIRD_TYPEDONOR_H
#define COWBIRD_TYPEDONOR_H

#include "pyabi.h"

#include "type.h"

/* The type that CPython makes of these slots and members (or NULL), with the
 * bases of `t`; NULL with the exception set. */
PyTypeObject *donor_make(const struct type *t, const PyType_Spec *like,
                         const struct slot *slots, size_t count,
                         PyMemberDef *members);
/* Accepts NULL. */
void donor_drop(PyTypeObject *donor);

/* Whether CPython put `value` into a type's namespace because of a slot. */
bool donor_is_of_slot(PyObject *name, PyObject *value);
/* Whether both stand for the same function; their types may differ. */
bool donor_is_alike(PyObject *a, PyObject *b);
/* A new reference to what the live type gets in place of the donor's. */
PyObject *donor_copy_for(PyObject *value, PyObject *type);

#endif
