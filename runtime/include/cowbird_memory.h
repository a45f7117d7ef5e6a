/* cowbird_memory.h: memory that a function gave away, where Python looks at
 * it, without a copy: a memoryview over an object that frees it at its end.
 *
 * Part of cowbird_binding.h, for bindings that have such results. The object
 * points at nothing of the image that made it, since it may live longer: the
 * function that frees is known by its name.
 */
#ifndef COWBIRD_MEMORY_H
#define COWBIRD_MEMORY_H

#include <cowbird_binding.h>

#define CB_ONE_DIMENSION (-1LL)
#define CB_MEMORY_NAME "_Memory" /* the module's attribute */

struct cb_memory {
    PyObject_HEAD
    void *data;
    char *freer; /* on PyMem's heap; NULL: free() */
    Py_ssize_t item_size;
    Py_ssize_t shape[2];
    Py_ssize_t strides[2];
    int dimensions;
    char format[4];
};

/* Written by bindgen: calls the function of that name. */
CB_HIDDEN_ void cb_free_named(const char *name, void *data);

static void
cb_free(const char *freer, void *data)
{
    if (freer == NULL) {
        free(data);
    }
    else if (data != NULL) {
        cb_free_named(freer, data);
    }
}

static void
cb_memory_dealloc(PyObject *self)
{
    struct cb_memory *m = (struct cb_memory *)self;
    PyTypeObject *type = Py_TYPE(self);
    cb_free(m->freer, m->data);
    PyMem_Free(m->freer);
    type->tp_free(self);
    Py_DECREF(type);
}

static int
cb_memory_get(PyObject *self, Py_buffer *view, int flags)
{
    struct cb_memory *m = (struct cb_memory *)self;
    bool wants_columns_first = (flags & PyBUF_F_CONTIGUOUS)
                                   == PyBUF_F_CONTIGUOUS
                               && (flags & PyBUF_ANY_CONTIGUOUS)
                                      != PyBUF_ANY_CONTIGUOUS;
    view->obj = NULL;
    if (wants_columns_first && m->dimensions == 2 && m->shape[0] > 1
        && m->shape[1] > 1)
    {
        PyErr_SetString(PyExc_BufferError, "the items lie row by row");
        return -1;
    }
    Py_ssize_t count = m->shape[0] * (m->dimensions == 2 ? m->shape[1] : 1);
    view->buf = m->data == NULL ? (void *)m->shape : m->data;
    view->len = count * m->item_size;
    view->itemsize = m->item_size;
    view->readonly = 0;
    view->ndim = m->dimensions;
    view->format = flags & PyBUF_FORMAT ? m->format : NULL;
    view->shape = flags & PyBUF_ND ? m->shape : NULL;
    view->strides = (flags & PyBUF_STRIDES) == PyBUF_STRIDES ? m->strides
                                                             : NULL;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = self;
    Py_INCREF(self);
    return 0;
}

static PyType_Slot cb_memory_slots[] = {
    {Py_tp_dealloc, (void *)(uintptr_t)cb_memory_dealloc},
    {Py_bf_getbuffer, (void *)(uintptr_t)cb_memory_get},
    {0, NULL},
};

static PyType_Spec cb_memory_spec = {
    .name = "cowbird.memory",
    .basicsize = sizeof(struct cb_memory),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = cb_memory_slots,
};

/* Gives the module the type, once. */
static int
cb_memory_ready(PyObject *module)
{
    return cb_add(module, CB_MEMORY_NAME,
                  PyType_FromModuleAndSpec(module, &cb_memory_spec, NULL));
}

static PyObject *
cb_memory_new(PyObject *module)
{
    PyObject *found = PyObject_GetAttrString(module, CB_MEMORY_NAME);
    if (found == NULL) {
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)found;
    PyObject *self = NULL;
    if (!PyType_Check(found)
        || type->tp_basicsize != (Py_ssize_t)sizeof(struct cb_memory))
    {
        PyErr_SetString(PyExc_TypeError,
                        "the module's " CB_MEMORY_NAME " was replaced");
    }
    else {
        self = type->tp_alloc(type, 0);
    }
    Py_DECREF(found);
    return self;
}

/* Notes what the items are; -1: no such buffer can be. */
static int
cb_memory_measure(struct cb_memory *m, long long rows, long long columns,
                  const struct cb_items *items, bool is_null,
                  const struct cb_signature *s)
{
    bool is_flat = columns == CB_ONE_DIMENSION;
    long long high = (long long)(PY_SSIZE_T_MAX / (Py_ssize_t)items->size);
    long long across = is_flat ? 1 : columns;
    if (rows < 0 || across < 0 || (across > 0 && rows > high / across)) {
        PyErr_Format(PyExc_ValueError,
                     "%s() gave back a buffer of %lld by %lld items, which "
                     "cannot be",
                     s->name, rows, across);
        return -1;
    }
    if (is_null && rows * across > 0) {
        PyErr_NoMemory();
        return -1;
    }
    m->item_size = (Py_ssize_t)items->size;
    m->dimensions = is_flat ? 1 : 2;
    m->shape[0] = (Py_ssize_t)rows;
    m->shape[1] = (Py_ssize_t)across;
    m->strides[0] = (Py_ssize_t)across * m->item_size;
    m->strides[1] = m->item_size;
    m->format[0] = items->formats[0];
    m->format[1] = items->formats[0] == 'Z' ? items->formats[1] : '\0';
    return 0;
}

/* A memoryview over `self`, which it takes. */
static PyObject *
cb_memory_view(PyObject *self)
{
    PyObject *view = self == NULL ? NULL : PyMemoryView_FromObject(self);
    Py_XDECREF(self);
    return view;
}

/* Takes what the pointer at `holder` points to, and clears it, when all goes
 * well. */
CB_APART static PyObject *
cb_give_memory(PyObject *module, void *holder, long long rows,
               long long columns, const struct cb_items *items,
               const char *freer, const struct cb_signature *s)
{
    void *data;
    memcpy(&data, holder, sizeof(data));
    PyObject *self = cb_memory_new(module);
    struct cb_memory *m = (struct cb_memory *)self;
    if (self == NULL
        || cb_memory_measure(m, rows, columns, items, data == NULL, s) < 0)
    {
        Py_XDECREF(self);
        return NULL;
    }
    if (freer != NULL) {
        size_t size = strlen(freer) + 1;
        m->freer = PyMem_Malloc(size);
        if (m->freer == NULL) {
            Py_DECREF(self);
            return PyErr_NoMemory();
        }
        memcpy(m->freer, freer, size);
    }
    m->data = data;
    memset(holder, 0, sizeof(data));
    return cb_memory_view(self);
}

/* Of memory that stays the function's. */
CB_APART static PyObject *
cb_copy_memory(PyObject *module, const void *data, long long rows,
               long long columns, const struct cb_items *items,
               const struct cb_signature *s)
{
    PyObject *self = cb_memory_new(module);
    struct cb_memory *m = (struct cb_memory *)self;
    if (self == NULL
        || cb_memory_measure(m, rows, columns, items, data == NULL, s) < 0)
    {
        Py_XDECREF(self);
        return NULL;
    }
    size_t size = (size_t)(m->shape[0] * m->shape[1] * m->item_size);
    m->data = malloc(size > 0 ? size : 1);
    if (m->data == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (size > 0) {
        memcpy(m->data, data, size);
    }
    return cb_memory_view(self);
}

#endif
