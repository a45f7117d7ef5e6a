/* @MODULE@: one function, bound to Python by hand.
 *
 *     from @MODULE@ import total
 *     total([1, 2.5])        # 3.5
 */
#include <Python.h>

/* A function gets the module and its argument, and returns a new object, or
 * NULL after an exception was set. What you own you give back: Py_DECREF. */
static PyObject *
total(PyObject *module, PyObject *list)
{
    (void)module;
    PyObject *numbers = PyObject_GetIter(list);
    if (numbers == NULL) {
        return NULL;
    }
    double sum = 0.0;
    PyObject *item;
    while ((item = PyIter_Next(numbers)) != NULL) {
        double number = PyFloat_AsDouble(item);
        Py_DECREF(item);
        if (number == -1.0 && PyErr_Occurred()) {
            break;
        }
        sum += number;
    }
    Py_DECREF(numbers);
    if (PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(sum);
}

/* What Python sees: name, function, how it is called (METH_O: with one
 * argument), docstring. */
static PyMethodDef functions[] = {
    {"total", total, METH_O, "total(list) -> float: the sum of its numbers"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters /* Python 3.12 */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil /* Python 3.13: fine without the GIL, nothing is shared */
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "@MODULE@",
    .m_doc = "one function: total(list) -> float",
    .m_methods = functions,
    .m_slots = slots,
};

/* Called by `import @MODULE@`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_@NAME@(void)
{
    return PyModuleDef_Init(&definition);
}
