"""Sources of modules that are tried."""


def stretch(**parts):
    """A module's source from its methods, constants and so on."""
    slots = {"methods": "", "before": "", "exec": "", "doc": "A module.",
             "size": "0", "name": "hot", "free": "", "slots": ""}
    slots.update(parts)
    return SOURCE % slots


SOURCE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
%(before)s
static PyMethodDef methods[] = {
    %(methods)s
    {NULL, NULL, 0, NULL}
};
static int fill(PyObject *m)
{
    (void)m;
    %(exec)s
    return 0;
}
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, fill},
    %(slots)s
    {0, NULL}
};
static struct PyModuleDef def = {
    PyModuleDef_HEAD_INIT, .m_name = "%(name)s", .m_doc = "%(doc)s",
    .m_size = %(size)s, .m_methods = methods, .m_slots = slots, %(free)s
};
PyMODINIT_FUNC PyInit_%(name)s(void) { return PyModuleDef_Init(&def); }
"""


def returning(value, name="answer", doc="NULL", **parts):
    """A module with one function without arguments."""
    return stretch(
        before=parts.pop("before", "") + "static PyObject *c_%s(PyObject *m, "
        "PyObject *u) { return PyLong_FromLong(%d); }" % (name, value),
        methods='{"%s", c_%s, METH_NOARGS, %s},' % (name, name, doc), **parts)
