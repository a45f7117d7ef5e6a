"""Sources of modules that have an export hook in the place of an init (PEP
793) and types that are made of slots (PEP 820); CPython 3.15 knows both."""

SOURCE = r"""
#include <Python.h>
PyABIInfo_VAR(abi);
typedef struct { long calls; } State;
typedef struct { PyObject_HEAD long kept; } Thing;
static char address;
static PySlot slots[];
static void *token(void) { return %(token)s; }

static PyObject *answer(PyObject *m, PyObject *u)
{
    State *s = PyModule_GetState(m);
    return Py_BuildValue("il", %(value)d, ++s->calls);
}
/* Whether the module is known by its token, and has no definition; whether a
 * type of it is. */
static PyObject *known(PyObject *m, PyObject *type)
{
    void *own = NULL;
    PyObject *found = PyType_GetModuleByToken((PyTypeObject *)type, token());
    PyErr_Clear();
    int is_its = found == m;
    Py_XDECREF(found);
    if (PyModule_GetToken(m, &own) < 0)
        return NULL;
    (void)address;
    return Py_BuildValue("iii", own == token(), PyModule_GetDef(m) == NULL,
                         is_its);
}
static PyMethodDef methods[] = {
    {"answer", answer, METH_NOARGS, NULL},
    {"known", known, METH_O, NULL},
    {NULL, NULL, 0, NULL}};

static PyObject *thing_value(PyObject *o, PyObject *u)
{
    return Py_BuildValue("il", %(value)d, ++((Thing *)o)->kept);
}
static PyObject *thing_repr(PyObject *o)
{
    return PyUnicode_FromFormat("<thing of %%d>", %(value)d);
}
static Py_ssize_t thing_len(PyObject *o) { return %(value)d; }
static PyMethodDef thing_methods[] = {
    {"value", thing_value, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static PyType_Slot thing_old_slots[] = {
    {Py_tp_repr, thing_repr}, {Py_mp_length, thing_len}, {0, NULL}};
static const PySlot thing_slots[] = {
    PySlot_STATIC_DATA(Py_tp_name, "hot.Thing"),
    PySlot_SIZE(Py_tp_basicsize, sizeof(Thing)),
    PySlot_UINT64(Py_tp_flags, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE),
    PySlot_STATIC_DATA(Py_tp_methods, thing_methods),
    PySlot_DATA(Py_tp_slots, thing_old_slots),
    PySlot_END};

static int fill(PyObject *m)
{
    PySlot all[] = {
        PySlot_STATIC_DATA(Py_slot_subslots, (void *)thing_slots),
        PySlot_DATA(Py_tp_module, m),
        PySlot_END};
    State *s = PyModule_GetState(m);
    s->calls = 100;
    PyObject *type = PyType_FromSlots(all);
    int done = type == NULL ? -1
                            : PyModule_AddObjectRef(m, "Thing", type);
    Py_XDECREF(type);
    %(exec)s
    return done;
}
static PyModuleDef_Slot old_slots[] = {
    {Py_mod_exec, fill}, {Py_mod_multiple_interpreters,
    Py_MOD_PER_INTERPRETER_GIL_SUPPORTED}, {0, NULL}};
static PySlot slots[] = {
    PySlot_DATA(Py_mod_abi, &abi),
    PySlot_STATIC_DATA(Py_mod_doc, "%(doc)s"),
    PySlot_STATIC_DATA(Py_mod_methods, methods),
    PySlot_SIZE(Py_mod_state_size, sizeof(State)),
    PySlot_DATA(Py_mod_slots, old_slots),
    {.sl_id = 0xfbad, .sl_flags = PySlot_OPTIONAL},
    %(more)s
    PySlot_END};
PyMODEXPORT_FUNC PyModExport_hot(void)
{
    %(hook)s
    return slots;
}
"""


def exported(value, **parts):
    """A module with functions, state and a type, of slots alone."""
    words = {"token": "slots", "exec": "", "doc": "A module.", "more": "",
             "hook": ""}
    words.update(parts, value=value)
    return SOURCE % words


TOKENS = {"its slots": {},
          "a token": {"token": "&address",
                      "more": "PySlot_DATA(Py_mod_token, &address),"}}
