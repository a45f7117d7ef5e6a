/* @MODULE@: a class written in C.
 *
 *     from @MODULE@ import Average
 *     a = Average("latency")
 *     a.add(3)               # 3.0, the mean so far
 *     a.mean, a.count, a.label
 */
#include <Python.h>
#include <structmember.h>

/* One instance. It begins with PyObject_HEAD, which holds the reference count
 * and the type. */
typedef struct {
    PyObject_HEAD
    PyObject *label;
    double sum;
    Py_ssize_t count;
} Average;

/* Average(label): makes the instance and fills it in one go, so that no
 * method ever meets a half-made one. */
static PyObject *
average_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"label", NULL};
    PyObject *label = NULL; /* borrowed */
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Average", names,
                                     &label))
    {
        return NULL;
    }
    Average *self = (Average *)type->tp_alloc(type, 0);
    if (self == NULL) {
        return NULL;
    }
    Py_INCREF(label);
    self->label = label;
    return (PyObject *)self;
}

static PyObject *
average_mean(PyObject *object, void *closure)
{
    Average *self = (Average *)object;
    (void)closure;
    if (self->count == 0) {
        PyErr_SetString(PyExc_ValueError, "mean of an Average without values");
        return NULL;
    }
    return PyFloat_FromDouble(self->sum / (double)self->count);
}

static PyObject *
average_add(PyObject *object, PyObject *value)
{
    Average *self = (Average *)object;
    double number = PyFloat_AsDouble(value);
    if (number == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    self->sum += number;
    self->count++;
    return average_mean(object, NULL);
}

static PyObject *
average_reset(PyObject *object, PyObject *unused)
{
    Average *self = (Average *)object;
    (void)unused;
    self->sum = 0.0;
    self->count = 0;
    Py_RETURN_NONE;
}

static PyObject *
average_repr(PyObject *object)
{
    Average *self = (Average *)object;
    return PyUnicode_FromFormat("Average(%R, count=%zd)", self->label,
                                self->count);
}

/* The next three let the garbage collector see, and end, what an instance
 * owns; the type is among it. */
static int
average_traverse(PyObject *object, visitproc visit, void *arg)
{
    Average *self = (Average *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->label);
    return 0;
}

static int
average_clear(PyObject *object)
{
    Average *self = (Average *)object;
    Py_CLEAR(self->label);
    return 0;
}

static void
average_dealloc(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    average_clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef average_methods[] = {
    {"add", average_add, METH_O, "add(value) -> float: the mean so far"},
    {"reset", average_reset, METH_NOARGS, "reset(): forgets all values"},
    {NULL, NULL, 0, NULL},
};

/* Fields that Python reads straight from the struct. */
static PyMemberDef average_members[] = {
    {"label", T_OBJECT_EX, offsetof(Average, label), READONLY, "its name"},
    {"count", T_PYSSIZET, offsetof(Average, count), READONLY,
     "how many values were added"},
    {NULL, 0, 0, 0, NULL},
};

/* Attributes that are computed; the third column would be a setter. */
static PyGetSetDef average_properties[] = {
    {"mean", average_mean, NULL, "the mean of all values", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot average_slots[] = {
    {Py_tp_doc, "Average(label): a running mean"},
    {Py_tp_new, (void *)average_new},
    {Py_tp_repr, (void *)average_repr},
    {Py_tp_methods, average_methods},
    {Py_tp_members, average_members},
    {Py_tp_getset, average_properties},
    {Py_tp_traverse, (void *)average_traverse},
    {Py_tp_clear, (void *)average_clear},
    {Py_tp_dealloc, (void *)average_dealloc},
    {0, NULL},
};

static PyType_Spec average_spec = {
    .name = "@MODULE@.Average",
    .basicsize = sizeof(Average),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = average_slots,
};

/* Runs once per import: makes the type and puts it into the module. */
static int
start(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &average_spec, NULL);
    if (type == NULL) {
        return -1;
    }
    if (PyModule_AddObject(module, "Average", type) < 0) {
        Py_DECREF(type);
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)start},
#ifdef Py_mod_multiple_interpreters /* Python 3.12 */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil /* Python 3.13: add() changes two fields; the GIL keeps
                     other threads out in between */
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "@MODULE@",
    .m_doc = "one type: Average(label)",
    .m_slots = slots,
};

/* Called by `import @MODULE@`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_@NAME@(void)
{
    return PyModuleDef_Init(&definition);
}
