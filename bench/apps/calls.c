/* calls: a function of each calling convention, as cheap as one can be. */
#include <Python.h>

/* The line that an edit changes. */
enum { VALUE = 1000 };

static PyObject *
value(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(VALUE);
}

static PyObject *
noargs(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(7);
}

static PyObject *
one(PyObject *module, PyObject *number)
{
    (void)module;
    long n = PyLong_AsLong(number);
    return n == -1 && PyErr_Occurred() ? NULL : PyLong_FromLong(n + 1);
}

static PyObject *
fast(PyObject *module, PyObject *const *numbers, Py_ssize_t count)
{
    (void)module;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "fast() takes two numbers");
        return NULL;
    }
    long n = PyLong_AsLong(numbers[0]) + PyLong_AsLong(numbers[1]);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(n);
}

static PyObject *
varargs(PyObject *module, PyObject *numbers)
{
    (void)module;
    if (PyTuple_GET_SIZE(numbers) != 2) {
        PyErr_SetString(PyExc_TypeError, "varargs() takes two numbers");
        return NULL;
    }
    long n = PyLong_AsLong(PyTuple_GET_ITEM(numbers, 0))
             + PyLong_AsLong(PyTuple_GET_ITEM(numbers, 1));
    return PyErr_Occurred() ? NULL : PyLong_FromLong(n);
}

static PyMethodDef functions[] = {
    {"value", value, METH_NOARGS, NULL},
    {"noargs", noargs, METH_NOARGS, NULL},
    {"one", one, METH_O, NULL},
    {"fast", (PyCFunction)(void (*)(void))fast, METH_FASTCALL, NULL},
    {"varargs", varargs, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "calls",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_calls(void)
{
    return PyModuleDef_Init(&definition);
}
