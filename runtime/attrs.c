/* attrs: see attrs.h. */
#include "attrs.h"

#include "journal.h"

#include "guard.h"

/* A value that nothing can have changed in place, or that is code: whatever
 * can be called (functions of binding generators, types) follows. */
static bool
is_constant(PyObject *value)
{
    return value == Py_None || PyBool_Check(value) || PyLong_CheckExact(value)
           || PyFloat_CheckExact(value) || PyComplex_CheckExact(value)
           || PyUnicode_CheckExact(value) || PyBytes_CheckExact(value)
           || PyTuple_CheckExact(value) || PyFrozenSet_CheckExact(value)
           || PyCallable_Check(value) || PyCapsule_CheckExact(value)
           || PyModule_Check(value);
}

/* State that the app may have filled: the object that is there stays, if the
 * new init has made one of its kind again. */
static bool
is_kept(PyObject *old, PyObject *new)
{
    return Py_TYPE(old) == Py_TYPE(new) && !is_constant(old);
}

/* One name that the new init has made. */
static int
follow(const struct attrs *a, PyObject *name, PyObject *value,
       struct journal *j)
{
    PyObject *now = PyDict_GetItemWithError(a->live, name);
    PyObject *was = PyDict_GetItemWithError(a->before, name);
    if (PyErr_Occurred()) {
        return -1;
    }
    if (now != was || now == value) {
        return 0;
    }
    if (now != NULL && is_kept(now, value)) {
        return journal_item(j, a->after, name, now);
    }
    return journal_item(j, a->live, name, value);
}

/* One name that the last init made: gone if the new one has not. */
static int
let_go(const struct attrs *a, PyObject *name, PyObject *was,
       struct journal *j)
{
    PyObject *now = PyDict_GetItemWithError(a->live, name);
    if (now == NULL || now != was) {
        return PyErr_Occurred() ? -1 : 0;
    }
    int stays = PyDict_Contains(a->after, name);
    if (stays != 0) {
        return stays < 0 ? -1 : 0;
    }
    return journal_item(j, a->live, name, NULL);
}

int
attrs_commit(const struct attrs *a, struct journal *j)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(a->after, &at, &name, &value)) {
        if (follow(a, name, value, j) < 0) {
            return -1;
        }
    }
    at = 0;
    while (PyDict_Next(a->before, &at, &name, &value)) {
        if (let_go(a, name, value, j) < 0) {
            return -1;
        }
    }
    return 0;
}
