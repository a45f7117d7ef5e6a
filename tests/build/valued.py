"""A raw module whose value() returns what its source says."""
MODULE = """\
#include <Python.h>
%(top)s
static PyObject *
value(PyObject *module, PyObject *none)
{
    return PyLong_FromLong((long)(%(value)s));
}

static PyMethodDef methods[] = {
    {"value", value, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "%(name)s", NULL, 0, methods,
};

PyMODINIT_FUNC
PyInit_%(name)s(void)
{
    return PyModuleDef_Init(&definition);
}
"""
