/* @MODULE@: counts hits by name; the counts live in the module.
 *
 *     from @MODULE@ import hit, hits, UnknownName
 *     hit("/index")          # 1
 *     hits("/other")         # raises UnknownName, a LookupError
 */
#include <Python.h>

/* The module's own variables. They are not `static`: each interpreter that
 * imports the module gets its own. */
typedef struct {
    PyObject *counts;       /* dict: name -> int */
    PyObject *unknown_name; /* the exception type */
} State;

static State *
state_of(PyObject *module)
{
    return (State *)PyModule_GetState(module);
}

static int
check_name(const char *function, PyObject *name)
{
    if (PyUnicode_Check(name)) {
        return 0;
    }
    PyErr_Format(PyExc_TypeError, "%s() takes a str as name, not %.100s",
                 function, Py_TYPE(name)->tp_name);
    return -1;
}

static PyObject *
hit(PyObject *module, PyObject *name)
{
    State *state = state_of(module);
    if (check_name("hit", name) < 0) {
        return NULL;
    }
    /* borrowed: the dict owns it, so there is no Py_DECREF */
    PyObject *old = PyDict_GetItemWithError(state->counts, name);
    if (old == NULL && PyErr_Occurred()) {
        return NULL;
    }
    long long count = old == NULL ? 0 : PyLong_AsLongLong(old);
    if (count == -1 && PyErr_Occurred()) {
        return NULL;
    }
    PyObject *fresh = PyLong_FromLongLong(count + 1);
    if (fresh == NULL) {
        return NULL;
    }
    if (PyDict_SetItem(state->counts, name, fresh) < 0) {
        Py_DECREF(fresh);
        return NULL;
    }
    return fresh;
}

static PyObject *
hits(PyObject *module, PyObject *name)
{
    State *state = state_of(module);
    if (check_name("hits", name) < 0) {
        return NULL;
    }
    PyObject *count = PyDict_GetItemWithError(state->counts, name);
    if (count == NULL) {
        if (!PyErr_Occurred()) {
            PyErr_Format(state->unknown_name, "no hits for %R yet", name);
        }
        return NULL;
    }
    Py_INCREF(count); /* was borrowed, and the caller must own it */
    return count;
}

static PyMethodDef functions[] = {
    {"hit", hit, METH_O, "hit(name) -> int: counts one more"},
    {"hits", hits, METH_O, "hits(name) -> int: how many so far"},
    {NULL, NULL, 0, NULL},
};

/* Runs once per import: fills the state. Adding an object to a module gives
 * your reference away only on success. */
static int
start(PyObject *module)
{
    State *state = state_of(module);
    state->counts = PyDict_New();
    if (state->counts == NULL) {
        return -1;
    }
    state->unknown_name = PyErr_NewExceptionWithDoc(
        "@MODULE@.UnknownName", "Nothing was counted under this name.",
        PyExc_LookupError, NULL);
    if (state->unknown_name == NULL) {
        return -1;
    }
    Py_INCREF(state->unknown_name);
    if (PyModule_AddObject(module, "UnknownName", state->unknown_name) < 0) {
        Py_DECREF(state->unknown_name);
        return -1;
    }
    return 0;
}

/* The next three let the garbage collector see, and end, what we own. */
static int
traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = state_of(module);
    Py_VISIT(state->counts);
    Py_VISIT(state->unknown_name);
    return 0;
}

static int
clear(PyObject *module)
{
    State *state = state_of(module);
    Py_CLEAR(state->counts);
    Py_CLEAR(state->unknown_name);
    return 0;
}

static void
end(void *module)
{
    clear((PyObject *)module);
}

/* ISO C has no function pointer in a `void *`; Python's slots ask for it. */
static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)start},
#ifdef Py_mod_multiple_interpreters /* Python 3.12 */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil /* Python 3.13: hit() reads, then writes; the GIL keeps
                     other threads out in between */
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "@MODULE@",
    .m_doc = "hits by name",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = end,
};

/* Called by `import @MODULE@`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_@NAME@(void)
{
    return PyModuleDef_Init(&definition);
}
