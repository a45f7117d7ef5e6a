/* hot: the same three functions by CPython's own API. */
#include "shift.h"
#include <Python.h>

/* The line that an edit changes. */
enum { VALUE = 1000 };

static PyObject *
value(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(VALUE + SHIFT);
}

static PyObject *
add(PyObject *module, PyObject *words)
{
    long a, b;
    (void)module;
    if (!PyArg_ParseTuple(words, "ll", &a, &b)) {
        return NULL;
    }
    return PyLong_FromLong(a + b);
}

static PyObject *
total(PyObject *module, PyObject *numbers)
{
    double sum = 0;
    (void)module;
    for (Py_ssize_t i = 0, n = PySequence_Size(numbers); i < n; i++) {
        PyObject *item = PySequence_GetItem(numbers, i);
        if (item == NULL) {
            return NULL;
        }
        sum += PyFloat_AsDouble(item);
        Py_DECREF(item);
    }
    return PyErr_Occurred() ? NULL : PyFloat_FromDouble(sum);
}

static PyMethodDef functions[] = {
    {"value", value, METH_NOARGS, NULL},
    {"add", add, METH_VARARGS, NULL},
    {"total", total, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hot",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_hot(void)
{
    return PyModuleDef_Init(&definition);
}
