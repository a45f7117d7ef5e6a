/* scoring: one function, called from Python like any other.
 *
 *     from scoring import score
 *     score(2.0)             # 20.0
 */
#include <Python.h>

static PyObject *
score(PyObject *module, PyObject *points)
{
    (void)module;
    double value = PyFloat_AsDouble(points);
    if (value == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    return PyFloat_FromDouble(value * 10); /* change me while it runs */
}

static PyMethodDef functions[] = {
    {"score", score, METH_O, "score(points) -> float"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "scoring",
    .m_doc = "scores",
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_scoring(void)
{
    return PyModuleDef_Init(&definition);
}
