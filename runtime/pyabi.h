/* pyabi: what the guest knows of CPython beyond its API, in one place.
 *
 * Include it before any system header. A CPython whose structs nobody has
 * looked at is refused by `_cowbird` at import, never guessed at; the layouts
 * below are compared with the running interpreter at the same moment
 * (pyabi_check).
 */
#ifndef COWBIRD_PYABI_H
#define COWBIRD_PYABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef NDEBUG
#define NDEBUG 1 /* CPython's inline functions would abort the app */
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h> /* PyMemberDef before 3.12 */
#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

/* The versions whose module, function and descriptor objects were compared
 * with what is used here: 3.9 up to, not including, 3.14. */
#define PYABI_OLDEST 0x03090000
#define PYABI_NEWEST 0x030E0000

#if PY_VERSION_HEX >= PYABI_OLDEST && PY_VERSION_HEX < PYABI_NEWEST \
    && !defined(Py_GIL_DISABLED)
#define PYABI_IS_KNOWN 1
#else
#define PYABI_IS_KNOWN 0
#endif

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *
Py_NewRef(PyObject *o)
{
    Py_INCREF(o);
    return o;
}
#endif

/* The head of PyModuleObject, which no header shows. */
struct pyabi_module {
    PyObject_HEAD
    PyObject *md_dict;
    PyModuleDef *md_def;
    void *md_state;
};

static inline struct pyabi_module *
pyabi_module(PyObject *module)
{
    return (struct pyabi_module *)module;
}

/* ERR_SYSTEM unless this interpreter is one we know. With the GIL. */
int pyabi_check(struct err *e);

#endif
