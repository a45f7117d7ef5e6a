"""The source of a raw module `words`: join() takes names, take() and keep()
take anything."""
WORDS = """\
#include <Python.h>

static PyObject *
join(PyObject *self, PyObject *args, PyObject *named)
{
    static char *names[] = {"a", "sep", NULL};
    const char *a, *sep = "-";
    if (!PyArg_ParseTupleAndKeywords(args, named, "s|s", names, &a, &sep)) {
        return NULL;
    }
    return PyUnicode_FromFormat("%s%s%s", a, sep, a);
}

static PyObject *
take(PyObject *self, PyObject *any)
{
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"join", (PyCFunction)(void (*)(void))join,
     METH_VARARGS | METH_KEYWORDS, ""},
    {"take", take, METH_O, ""},
    {"keep", take, METH_O, ""},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "words", NULL, 0, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC
PyInit_words(void)
{
    return PyModuleDef_Init(&definition);
}
"""
