"""A module in C with a static type, for any init and any step."""
# A counter whose functions meet the type in every way that C code does.
COUNTER = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>
typedef struct { PyObject_HEAD long value; %(field)s } Counter;
static PyTypeObject Counter_Type;
static PyTypeObject *table[] = {&Counter_Type, NULL};
static PyObject *keep;
%(before)s
static PyObject *Counter_new(PyTypeObject *t, PyObject *a, PyObject *k)
{
    Counter *c = (Counter *)t->tp_alloc(t, 0);
    (void)k;
    if (c != NULL && !PyArg_ParseTuple(a, "|l", &c->value)) {
        Py_DECREF(c); return NULL;
    }
    return (PyObject *)c;
}
static void Counter_dealloc(PyObject *o) { Py_TYPE(o)->tp_free(o); }
static PyObject *Counter_add(PyObject *a, PyObject *b)
{
    if (!PyObject_TypeCheck(a, &Counter_Type)
        || Py_TYPE(b) != &Counter_Type) {
        Py_RETURN_NOTIMPLEMENTED;
    }
    Counter *c = PyObject_New(Counter, &Counter_Type);
    if (c != NULL) {
        c->value = ((Counter *)a)->value + ((Counter *)b)->value + %(step)d;
    }
    return (PyObject *)c;
}
static Py_ssize_t Counter_len(PyObject *o)
{ return (Py_ssize_t)((Counter *)o)->value + %(step)d; }
static PyObject *Counter_get(PyObject *o, void *u)
{ (void)u; return PyLong_FromLong(((Counter *)o)->value * %(step)d); }
static PyObject *Counter_bump(PyObject *o, PyObject *u)
{
    (void)u; ((Counter *)o)->value += %(step)d;
    return PyLong_FromLong(((Counter *)o)->value);
}
static PyMethodDef Counter_methods[] = {
    {"bump", Counter_bump, METH_NOARGS, "Bump it by %(step)d."},
    %(methods)s {NULL, NULL, 0, NULL}};
static PyGetSetDef Counter_getset[] = {
    {"scaled", Counter_get, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};
static PyMemberDef Counter_members[] = {
    {"value", T_LONG, offsetof(Counter, value), 0, NULL}, {NULL, 0, 0, 0, NULL}};
static PyNumberMethods Counter_number = {.nb_add = Counter_add};
static PySequenceMethods Counter_sequence = {.sq_length = Counter_len};
static PyTypeObject Counter_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "hot.Counter", .tp_basicsize = sizeof(Counter),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_dealloc = Counter_dealloc, .tp_as_number = &Counter_number,
    .tp_as_sequence = &Counter_sequence, .tp_methods = Counter_methods,
    .tp_getset = Counter_getset, .tp_members = Counter_members,
    .tp_doc = "Counts by %(step)d.", %(slots)s
};
static PyObject *is_one(PyObject *m, PyObject *o)
{
    (void)m;
    return PyBool_FromLong(Py_TYPE(o) == &Counter_Type
                           && Py_TYPE(o) == table[0]);
}
static PyObject *make_one(PyObject *m, PyObject *o)
{
    (void)m;
    return PyObject_CallFunction((PyObject *)&Counter_Type, "O", o);
}
static PyObject *count_them(PyObject *m, PyObject *u)
{
    (void)m; (void)u;
    Py_INCREF(&Counter_Type);
    Py_DECREF(&Counter_Type);
    return PyUnicode_FromString(Counter_Type.tp_name);
}
static PyMethodDef methods[] = {
    {"is_one", is_one, METH_O, NULL}, {"make_one", make_one, METH_O, NULL},
    {"name", count_them, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static int fill(PyObject *m)
{
    (void)m;
    Counter_Type.tp_new = Counter_new;
    if (PyType_Ready(&Counter_Type) < 0) return -1;
    keep = (PyObject *)&Counter_Type;
    %(init)s
    Py_INCREF(&Counter_Type);
    return PyModule_AddObject(m, "Counter", (PyObject *)&Counter_Type);
}
%(way)s
"""
SINGLE = r"""
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "hot",
    .m_size = -1, .m_methods = methods};
PyMODINIT_FUNC PyInit_hot(void)
{
    PyObject *m = PyModule_Create(&def);
    if (m != NULL && fill(m) < 0) { Py_DECREF(m); return NULL; }
    return m;
}
"""
MULTI = r"""
static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill}, {0, NULL}};
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, .m_name = "hot",
    .m_methods = methods, .m_slots = slots};
PyMODINIT_FUNC PyInit_hot(void) { return PyModuleDef_Init(&def); }
"""


def counter(step, **parts):
    whole = {"field": "", "before": "", "methods": "", "slots": "",
             "init": "", "way": SINGLE}
    whole.update(parts, step=step)
    return COUNTER % whole
