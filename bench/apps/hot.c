/* hot: what the benchmarks edit: three functions and a module state. */
#include <Python.h>

/* The line that an edit changes. */
enum { VALUE = 1000 };

typedef struct {
    unsigned long calls; /* of count(); must outlive every swap */
} State;

static PyObject *
value(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    return PyLong_FromLong(VALUE);
}

static PyObject *
count(PyObject *module, PyObject *none)
{
    State *state = PyModule_GetState(module);
    (void)none;
    return PyLong_FromUnsignedLong(++state->calls);
}

static PyObject *
total(PyObject *module, PyObject *numbers)
{
    (void)module;
    PyObject *list = PySequence_Fast(numbers, "total() needs a sequence");
    if (list == NULL) {
        return NULL;
    }
    double sum = 0;
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); i++) {
        double item = PyFloat_AsDouble(PySequence_Fast_GET_ITEM(list, i));
        if (item == -1 && PyErr_Occurred()) {
            Py_DECREF(list);
            return NULL;
        }
        sum += item;
    }
    Py_DECREF(list);
    return PyFloat_FromDouble(sum);
}

static PyMethodDef functions[] = {
    {"value", value, METH_NOARGS, "value() -> int: what the source says"},
    {"count", count, METH_NOARGS, "count() -> int: calls of it so far"},
    {"total", total, METH_O, "total(numbers) -> float"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "hot",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit_hot(void)
{
    return PyModuleDef_Init(&definition);
}
