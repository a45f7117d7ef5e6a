/* pricing: one function, called from Python like any other.
 *
 *     from pricing import gross
 *     gross(100.0)           # 119.0
 */
#include <Python.h>

static const double vat = 0.19; /* change me while the app runs */

static PyObject *
gross(PyObject *module, PyObject *net)
{
    (void)module;
    double amount = PyFloat_AsDouble(net);
    if (amount == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(amount + amount * vat);
}

static PyMethodDef functions[] = {
    {"gross", gross, METH_O, "gross(net) -> float: the price with tax"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "pricing",
    .m_doc = "prices",
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_pricing(void)
{
    return PyModuleDef_Init(&definition);
}
