/* pyerr: see pyerr.h. */
#include "pyerr.h"

#include <string.h>

#include "guard.h"

static void
add_object(struct buf *text, PyObject *object)
{
    PyObject *str = object == NULL ? NULL : PyObject_Str(object);
    const char *words = str == NULL ? NULL : PyUnicode_AsUTF8(str);
    buf_add_str(text, words == NULL ? "(no words)" : words);
    PyErr_Clear();
    Py_XDECREF(str);
}

/* What the traceback module writes, without its last lines twice. */
static void
add_traceback(struct buf *text, PyObject *type, PyObject *value,
              PyObject *trace)
{
    PyObject *lines = NULL;
    PyObject *whole = NULL;
    PyObject *empty = PyUnicode_FromString("");
    PyObject *module = PyImport_ImportModule("traceback");
    if (module != NULL && empty != NULL) {
        lines = PyObject_CallMethod(module, "format_exception", "OOO", type,
                                    value == NULL ? Py_None : value,
                                    trace == NULL ? Py_None : trace);
    }
    if (lines != NULL) {
        whole = PyUnicode_Join(empty, lines);
    }
    if (whole != NULL) {
        buf_add_str(text, "\n");
        add_object(text, whole);
    }
    PyErr_Clear();
    Py_XDECREF(whole);
    Py_XDECREF(lines);
    Py_XDECREF(module);
    Py_XDECREF(empty);
}

/* Keeps the first line one sentence: what follows is the traceback. */
static void
flatten(struct buf *text, size_t from)
{
    for (size_t i = from; i < text->len; i++) {
        if (text->data[i] == '\n') {
            text->data[i] = ' ';
        }
    }
}

void
pyerr_tell(const char *source, struct buf *text)
{
    PyObject *type = NULL;
    PyObject *value = NULL;
    PyObject *trace = NULL;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (type == NULL) {
        buf_add_fmt(text, "init of %s failed without an exception", source);
        return;
    }
    const char *name = PyType_Check(type) ? ((PyTypeObject *)type)->tp_name
                                          : "an exception";
    const char *dot = strrchr(name, '.');
    size_t from = text->len;
    buf_add_fmt(text, "init of %s raised %s: ", source,
                dot == NULL ? name : dot + 1);
    add_object(text, value);
    flatten(text, from);
    if (value != NULL && trace != NULL) {
        PyException_SetTraceback(value, trace);
    }
    add_traceback(text, type, value, trace);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

PyObject *
pyerr_import(const struct err *e, const char *name, const char *path)
{
    if (PyErr_Occurred()) {
        return NULL;
    }
    PyObject *words = PyUnicode_DecodeUTF8(
        e->text, (Py_ssize_t)strlen(e->text), "replace");
    PyObject *py_name = PyUnicode_FromString(name);
    PyObject *py_path = path == NULL ? NULL : PyUnicode_DecodeFSDefault(path);
    if (words != NULL && py_name != NULL
        && (path == NULL || py_path != NULL))
    {
        PyErr_SetImportError(words, py_name, py_path);
    }
    Py_XDECREF(words);
    Py_XDECREF(py_name);
    Py_XDECREF(py_path);
    return NULL;
}
