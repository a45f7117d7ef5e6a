/* fast_book: an order book as JSON bytes, made in one pass.
 *
 *     from fast_book import dump_book
 *     dump_book("BTC-EUR", [(100.5, 2)], [(101, 0.5)])
 *     # b'{"symbol":"BTC-EUR","bids":[[100.5,2.0]],"asks":[[101.0,0.5]]}'
 */
#include <Python.h>
#include <string.h>

/* Bytes that grow. */
typedef struct {
    char *data;
    Py_ssize_t len;
    Py_ssize_t cap;
} Out;

static int
out_add(Out *out, const char *bytes, Py_ssize_t len)
{
    if (len > out->cap - out->len) {
        if (len > PY_SSIZE_T_MAX / 2 - out->len) {
            PyErr_NoMemory();
            return -1;
        }
        Py_ssize_t cap = (out->len + len) * 2;
        char *data = PyMem_Realloc(out->data, (size_t)cap);
        if (data == NULL) {
            PyErr_NoMemory();
            return -1;
        }
        out->data = data;
        out->cap = cap;
    }
    memcpy(out->data + out->len, bytes, (size_t)len);
    out->len += len;
    return 0;
}

static int
out_add_text(Out *out, const char *text)
{
    return out_add(out, text, (Py_ssize_t)strlen(text));
}

/* A float as repr() writes it. JSON has no NaN and no infinity. */
static int
add_number(Out *out, PyObject *object)
{
    double number = PyFloat_AsDouble(object);
    if (number == -1.0 && PyErr_Occurred()) {
        return -1;
    }
    if (number - number != 0.0) {
        PyErr_Format(PyExc_ValueError, "%R is no number for JSON", object);
        return -1;
    }
    char *text = PyOS_double_to_string(number, 'r', 0, Py_DTSF_ADD_DOT_0,
                                       NULL);
    if (text == NULL) {
        return -1;
    }
    int status = out_add_text(out, text);
    PyMem_Free(text);
    return status;
}

/* A str in quotes; bytes below 32, quotes and backslashes are escaped. */
static int
add_string(Out *out, PyObject *object)
{
    static const char hex[] = "0123456789abcdef";
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError,
                     "dump_book() takes a str as symbol, not %.100s",
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    Py_ssize_t len;
    const char *text = PyUnicode_AsUTF8AndSize(object, &len);
    if (text == NULL || out_add(out, "\"", 1) < 0) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        const char *found = c < 32 ? strchr("b\bf\fn\nr\rt\t", c) : NULL;
        int status;
        if (c == '"' || c == '\\' || (c != 0 && found != NULL)) {
            escape[1] = found == NULL ? (char)c : found[-1];
            status = out_add(out, escape, 2);
        }
        else if (c < 32) {
            status = out_add(out, escape, 6);
        }
        else {
            status = out_add(out, text + i, 1);
        }
        if (status < 0) {
            return -1;
        }
    }
    return out_add(out, "\"", 1);
}

static int
add_level(Out *out, PyObject *level)
{
    PyObject *pair = PySequence_Tuple(level);
    if (pair == NULL) {
        return -1;
    }
    int status = -1;
    if (PyTuple_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_ValueError,
                     "a level is (price, size), not %zd items",
                     PyTuple_GET_SIZE(pair));
    }
    else if (out_add(out, "[", 1) == 0
             && add_number(out, PyTuple_GET_ITEM(pair, 0)) == 0
             && out_add(out, ",", 1) == 0
             && add_number(out, PyTuple_GET_ITEM(pair, 1)) == 0)
    {
        status = out_add(out, "]", 1);
    }
    Py_DECREF(pair);
    return status;
}

/* A tuple of our own: whatever other code does to the caller's list while we
 * run, these items stay. */
static int
add_levels(Out *out, PyObject *object)
{
    PyObject *levels = PySequence_Tuple(object);
    if (levels == NULL) {
        return -1;
    }
    int status = out_add(out, "[", 1);
    Py_ssize_t count = PyTuple_GET_SIZE(levels);
    for (Py_ssize_t i = 0; status == 0 && i < count; i++) {
        if (i > 0) {
            status = out_add(out, ",", 1);
        }
        if (status == 0) {
            status = add_level(out, PyTuple_GET_ITEM(levels, i));
        }
    }
    Py_DECREF(levels);
    return status < 0 ? -1 : out_add(out, "]", 1);
}

/* METH_FASTCALL: the arguments come as a C array of borrowed objects. */
static PyObject *
dump_book(PyObject *module, PyObject *const *args, Py_ssize_t arg_count)
{
    (void)module;
    if (arg_count != 3) {
        PyErr_Format(PyExc_TypeError,
                     "dump_book() takes 3 arguments (symbol, bids, asks), "
                     "not %zd",
                     arg_count);
        return NULL;
    }
    Out out = {NULL, 0, 0};
    PyObject *result = NULL;
    if (out_add_text(&out, "{\"symbol\":") == 0
        && add_string(&out, args[0]) == 0
        && out_add_text(&out, ",\"bids\":") == 0
        && add_levels(&out, args[1]) == 0
        && out_add_text(&out, ",\"asks\":") == 0
        && add_levels(&out, args[2]) == 0
        && out_add_text(&out, "}") == 0)
    {
        result = PyBytes_FromStringAndSize(out.data, out.len);
    }
    PyMem_Free(out.data);
    return result;
}

static PyMethodDef functions[] = {
    {"dump_book", (PyCFunction)(void (*)(void))dump_book, METH_FASTCALL,
     "dump_book(symbol, bids, asks) -> bytes: an order book as JSON"},
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
    .m_name = "fast_book",
    .m_doc = "one function: dump_book(symbol, bids, asks) -> bytes",
    .m_methods = functions,
    .m_slots = slots,
};

/* Called by `import fast_book`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_fast_book(void)
{
    return PyModuleDef_Init(&definition);
}
