/* Python's own objects among plain parameters. */
#include <Python.h>
#include <cowbird.h>

CB_FREE_THREADING;
CB_SUBINTERPRETERS;

PyObject *same(PyObject *o) { Py_INCREF(o); return o; }

PyObject *
pair(PyObject *a, int times, CB_DEFAULT(NULL) PyObject *b)
{
    return Py_BuildValue("(OiO)", a, times, b == NULL ? Py_None : b);
}

long length(PyObject *o) { return (long)PyObject_Size(o); }
PyObject *nothing(void) { return NULL; }
int get(PyObject *map, CB_OUT PyObject **value)
{
    *value = PyObject_GetItem(map, Py_None);
    return 1;
}
