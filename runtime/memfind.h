/* memfind: objects of some types, found in this process's memory by what every
 * object begins with: a plausible count of references and its type.
 *
 * May see an object where there is none, never the reverse: memory that was
 * ever written is read, but for that of the artefacts and of stacks, where no
 * object of a heap type lives. With the GIL.
 */
#ifndef COWBIRD_MEMFIND_H
#define COWBIRD_MEMFIND_H

#include "pyabi.h"

#include "wire/err.h"

#define MEMFIND_TYPES 64

struct memfind {
    PyObject *const *objects; /* known already; sorted by address; borrowed */
    size_t object_count;
    uintptr_t types[MEMFIND_TYPES]; /* inverted: not to be found itself */
    size_t type_count;
    size_t found; /* others */
};

int memfind_add(struct memfind *f, PyObject *type, struct err *e);
int memfind_run(struct memfind *f, struct err *e);

#endif
