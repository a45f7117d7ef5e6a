/* bind: a native module's first import. With the GIL. */
#ifndef COWBIRD_BIND_H
#define COWBIRD_BIND_H

#include "pyabi.h"

/* Where the manifest says that the module is; texts are borrowed. */
struct bind_order {
    const char *name, *stem, *path, *source, *tier;
    uint64_t generation, shown;
};

/* The module object for importlib's create step: the live one, where it was
 * imported before. NULL with the exception set. */
PyObject *bind_create(PyObject *spec, const struct bind_order *o);
/* importlib's exec step: 1, 0 when the module is not of bind_create's making,
 * or -1 with the exception set. */
int bind_exec(PyObject *module);
#endif
