/* The five functions as a careful expert writes them: with keywords and the
 * checks that cowbird's binding makes (range, type, format, contiguity, NUL),
 * or, with BY_PLACE, without keywords. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#ifdef BY_PLACE
#define MODULE "by_place"
#define INIT PyInit_by_place
#define NAMES
#define FLAGS METH_FASTCALL
#define SORT(count_wanted, ...)                                               \
    if (count != (count_wanted)) {                                            \
        PyErr_Format(PyExc_TypeError, "%d arguments wanted, not %zd",         \
                     (count_wanted), count);                                  \
        return NULL;                                                          \
    }
#else
#define MODULE "hand"
#define INIT PyInit_hand
#define NAMES , PyObject *keywords
#define FLAGS METH_FASTCALL | METH_KEYWORDS
#define SORT(count_wanted, ...)                                               \
    static const char *const names[] = {__VA_ARGS__};                         \
    PyObject *sorted[count_wanted];                                           \
    if (count != (count_wanted) || keywords != NULL) {                        \
        if (sort(names, count_wanted, args, count, keywords, sorted) < 0) {   \
            return NULL;                                                      \
        }                                                                     \
        args = sorted;                                                        \
    }

static int
sort(const char *const *names, int wanted, PyObject *const *args,
     Py_ssize_t count, PyObject *keywords, PyObject **sorted)
{
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (count + named != wanted) {
        PyErr_Format(PyExc_TypeError, "%d arguments wanted, not %zd", wanted,
                     count + named);
        return -1;
    }
    for (int i = 0; i < wanted; i++) {
        sorted[i] = i < count ? args[i] : NULL;
    }
    for (Py_ssize_t k = 0; k < named; k++) {
        PyObject *key = PyTuple_GET_ITEM(keywords, k);
        int at = 0;
        while (at < wanted
               && PyUnicode_CompareWithASCIIString(key, names[at]) != 0)
        {
            at++;
        }
        if (at == wanted || sorted[at] != NULL) {
            PyErr_Format(PyExc_TypeError, "unexpected argument %R", key);
            return -1;
        }
        sorted[at] = args[count + k];
    }
    return 0;
}
#endif

#define FUNCTION(name)                                                        \
    static PyObject *name(PyObject *module, PyObject *const *args,            \
                          Py_ssize_t count NAMES)

static int
refuse(PyObject *kind, const char *what, PyObject *value)
{
    PyErr_Format(kind, "%s, not %R", what, value);
    return -1;
}

static inline int
take_int(PyObject *o, int *out)
{
    int overflow = 0;
    if (!PyLong_Check(o)) {
        return refuse(PyExc_TypeError, "an int is wanted", o);
    }
    long value = PyLong_AsLongAndOverflow(o, &overflow);
    if (overflow != 0 || value < INT_MIN || value > INT_MAX) {
        return refuse(PyExc_OverflowError, "an int of C is wanted", o);
    }
    *out = (int)value;
    return 0;
}

static inline int
take_double(PyObject *o, double *out)
{
    if (PyFloat_CheckExact(o)) {
        *out = PyFloat_AS_DOUBLE(o);
        return 0;
    }
    *out = PyFloat_AsDouble(o);
    return *out == -1.0 && PyErr_Occurred() ? -1 : 0;
}

FUNCTION(next_)
{
    (void)module;
    SORT(1, "n")
    int n;
    return take_int(args[0], &n) < 0 ? NULL : PyLong_FromLong(n + 1);
}

FUNCTION(product)
{
    (void)module;
    SORT(2, "a", "b")
    double a, b;
    if (take_double(args[0], &a) < 0 || take_double(args[1], &b) < 0) {
        return NULL;
    }
    return PyFloat_FromDouble(a * b);
}

FUNCTION(tail)
{
    (void)module;
    SORT(1, "text")
    Py_ssize_t len = 0;
    const char *text = PyUnicode_Check(args[0])
                           ? PyUnicode_AsUTF8AndSize(args[0], &len)
                           : NULL;
    if (text == NULL) {
        if (!PyErr_Occurred()) {
            refuse(PyExc_TypeError, "a str is wanted", args[0]);
        }
        return NULL;
    }
    if (strlen(text) != (size_t)len) {
        refuse(PyExc_ValueError, "a str without NUL is wanted", args[0]);
        return NULL;
    }
    return PyUnicode_FromString(text[0] != '\0' ? text + 1 : text);
}

FUNCTION(mean)
{
    (void)module;
    SORT(1, "values")
    Py_buffer view;
    if (PyObject_GetBuffer(args[0], &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
        < 0)
    {
        return NULL;
    }
    if (view.ndim != 1 || view.itemsize != sizeof(double)
        || view.format == NULL || strcmp(view.format, "d") != 0)
    {
        PyBuffer_Release(&view);
        refuse(PyExc_TypeError, "a buffer of doubles is wanted", args[0]);
        return NULL;
    }
    size_t n = (size_t)view.len / sizeof(double);
    const double *values = view.buf;
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += values[i];
    }
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(n > 0 ? sum / (double)n : 0.0);
}

/* -- the struct ----------------------------------------------------------- */

struct point {
    PyObject_HEAD
    double x;
    double y;
};

static PyTypeObject *point_type;

static PyObject *
point_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"x", "y", NULL};
    struct point *p = (struct point *)type->tp_alloc(type, 0);
    if (p != NULL
        && !PyArg_ParseTupleAndKeywords(args, keywords, "dd", names, &p->x,
                                        &p->y))
    {
        Py_DECREF(p);
        return NULL;
    }
    return (PyObject *)p;
}

static void
point_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free(self);
    Py_DECREF(type);
}

#ifndef Py_T_DOUBLE
#include <structmember.h>
#define Py_T_DOUBLE T_DOUBLE
#endif

static PyMemberDef point_members[] = {
    {"x", Py_T_DOUBLE, offsetof(struct point, x), 0, NULL},
    {"y", Py_T_DOUBLE, offsetof(struct point, y), 0, NULL},
    {NULL, 0, 0, 0, NULL},
};
static PyType_Slot point_slots[] = {
    {Py_tp_new, (void *)point_new},
    {Py_tp_dealloc, (void *)point_dealloc},
    {Py_tp_members, point_members},
    {0, NULL},
};
static PyType_Spec point_spec = {
    MODULE ".point", sizeof(struct point), 0, Py_TPFLAGS_DEFAULT, point_slots,
};

FUNCTION(turned)
{
    (void)module;
    SORT(1, "p")
    if (!PyObject_TypeCheck(args[0], point_type)) {
        refuse(PyExc_TypeError, "a point is wanted", args[0]);
        return NULL;
    }
    const struct point *p = (struct point *)args[0];
    struct point *out
        = (struct point *)point_type->tp_alloc(point_type, 0);
    if (out != NULL) {
        out->x = -p->y;
        out->y = p->x;
    }
    return (PyObject *)out;
}

/* -- the module ----------------------------------------------------------- */

#define ROW(name, function)                                                   \
    {name, (PyCFunction)(void (*)(void))function, FLAGS, NULL}

static PyMethodDef methods[] = {
    ROW("next", next_),   ROW("product", product), ROW("tail", tail),
    ROW("mean", mean),    ROW("turned", turned),   {NULL, NULL, 0, NULL},
};

static int
start(PyObject *module)
{
    point_type = (PyTypeObject *)PyType_FromSpec(&point_spec);
    return point_type == NULL
               ? -1
               : PyModule_AddObject(module, "point", (PyObject *)point_type);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void *)start}, {0, NULL}};
static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = MODULE, .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
INIT(void)
{
    return PyModuleDef_Init(&definition);
}
