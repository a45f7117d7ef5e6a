/* staticspec: a static type as a spec, so that one way of planning serves
 * both kinds. With the GIL.
 */
#ifndef COWBIRD_STATICSPEC_H
#define COWBIRD_STATICSPEC_H

#include "pyabi.h"

#include "wire/err.h"

#define STATICSPEC_SLOTS 96

struct staticspec {
    PyType_Spec spec; /* its name and its slots are borrowed from the type
                         and from here */
    PyType_Slot slots[STATICSPEC_SLOTS];
};

/* What the type's source says; before PyType_Ready has filled in the rest. */
void staticspec_read(const PyTypeObject *type, struct staticspec *s);
/* Writes the slots of `copy` (typespec_copy) over the type's; the tables of
 * numbers, sequences and so on become copies that live for ever. */
int staticspec_write(PyTypeObject *type, const PyType_Spec *copy,
                     struct err *e);

#endif
