/* cowbird_arrays.h: arrays of structs, and the buffers that structs and arrays
 * are to numpy, memoryview and the like.
 *
 * Part of cowbird_structs.h, for no other use. An exported buffer holds no
 * address of this code: its format is a copy.
 */
#ifndef COWBIRD_ARRAYS_H
#define COWBIRD_ARRAYS_H

#include <cowbird_structs.h>

/* Point.array(10), or an array that is a field. */
struct cb_array {
    PyObject_HEAD
    char *data;         /* PyMem's when there is no owner */
    PyObject *owner;    /* who holds the data; owned, or NULL */
    PyTypeObject *type; /* of its items; owned; NULL: numbers */
    Py_ssize_t count;
    Py_ssize_t size;  /* of an item, in bytes */
    char format[4];   /* of numbers */
};

/* -- buffers -------------------------------------------------------------- */

struct cb_export {
    Py_ssize_t count, stride;
    char format[]; /* the exporter's, for as long as the view is there */
};

static int
cb_export(PyObject *self, Py_buffer *view, int flags, const char *format)
{
    size_t len = strlen(format) + 1;
    struct cb_export *e = PyMem_Malloc(sizeof(*e) + len);
    if (e == NULL) {
        view->obj = NULL;
        PyErr_NoMemory();
        return -1;
    }
    memcpy(e->format, format, len);
    e->stride = view->itemsize;
    e->count = view->itemsize > 0 ? view->len / view->itemsize : 0;
    Py_INCREF(self);
    view->obj = self;
    view->readonly = 0;
    view->format = (flags & PyBUF_FORMAT) == PyBUF_FORMAT ? e->format : NULL;
    view->shape = view->ndim > 0 && (flags & PyBUF_ND) == PyBUF_ND ? &e->count
                                                                  : NULL;
    view->strides
        = view->ndim > 0 && (flags & PyBUF_STRIDES) == PyBUF_STRIDES
              ? &e->stride
              : NULL;
    view->suboffsets = NULL;
    view->internal = e;
    return 0;
}

static void
cb_release_export(PyObject *self, Py_buffer *view)
{
    (void)self;
    PyMem_Free(view->internal);
}

static int
cb_struct_export(PyObject *self, Py_buffer *view, int flags)
{
    struct cb_struct *c = cb_struct_of(Py_TYPE(self));
    view->buf = ((struct cb_object *)self)->data;
    view->len = view->itemsize = (Py_ssize_t)c->size;
    view->ndim = 0;
    return cb_export(self, view, flags, c->items->formats);
}

static int
cb_array_export(PyObject *self, Py_buffer *view, int flags)
{
    struct cb_array *a = (struct cb_array *)self;
    struct cb_struct *c = a->type == NULL ? NULL : cb_struct_of(a->type);
    view->buf = a->data;
    view->itemsize = a->size;
    view->len = a->count * a->size;
    view->ndim = 1;
    return cb_export(self, view, flags,
                     c == NULL ? a->format : c->items->formats);
}

/* -- arrays --------------------------------------------------------------- */

static PyObject *
cb_new_array(PyObject *owner, char *data, size_t count,
             const struct cb_items *items, PyTypeObject *type)
{
    struct cb_array *a = PyObject_New(struct cb_array, cb_array_type);
    if (a == NULL) {
        return NULL;
    }
    Py_XINCREF(owner);
    Py_XINCREF((PyObject *)type);
    a->data = data;
    a->owner = owner;
    a->type = type;
    a->count = (Py_ssize_t)count;
    a->size = (Py_ssize_t)items->size;
    a->format[0] = items->formats[0];
    a->format[1] = '\0';
    return (PyObject *)a;
}

static void
cb_array_dealloc(PyObject *self)
{
    struct cb_array *a = (struct cb_array *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (a->owner == NULL) {
        PyMem_Free(a->data);
    }
    Py_XDECREF(a->owner);
    Py_XDECREF((PyObject *)a->type);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *
cb_array_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args;
    (void)named;
    PyErr_Format(PyExc_TypeError,
                 "%s objects come from the array() of a struct's class",
                 type->tp_name);
    return NULL;
}

static Py_ssize_t
cb_array_len(PyObject *self)
{
    return ((struct cb_array *)self)->count;
}

static PyObject *
cb_array_item(PyObject *self, Py_ssize_t at)
{
    struct cb_array *a = (struct cb_array *)self;
    struct cb_struct *c = a->type == NULL ? NULL : cb_struct_of(a->type);
    if (at < 0 || at >= a->count || c == NULL) {
        PyErr_SetString(PyExc_IndexError, "array index out of range");
        return NULL;
    }
    return cb_new_inside(c, a->data + at * a->size,
                         a->owner == NULL ? self : a->owner);
}

static int
cb_array_set(PyObject *self, Py_ssize_t at, PyObject *value)
{
    struct cb_array *a = (struct cb_array *)self;
    struct cb_struct *c = a->type == NULL ? NULL : cb_struct_of(a->type);
    if (at < 0 || at >= a->count || c == NULL) {
        PyErr_SetString(PyExc_IndexError, "array index out of range");
        return -1;
    }
    if (value == NULL || cb_struct_of(Py_TYPE(value)) != c) {
        PyErr_Format(PyExc_TypeError, "an item of the array must be %s, not "
                                      "%s",
                     c->signature.name,
                     value == NULL ? "deleted" : Py_TYPE(value)->tp_name);
        return -1;
    }
    memmove(a->data + at * a->size, ((struct cb_object *)value)->data,
            c->size);
    return 0;
}

static PyObject *
cb_array_repr(PyObject *self)
{
    struct cb_array *a = (struct cb_array *)self;
    return PyUnicode_FromFormat(
        "<array of %zd %s>", a->count,
        a->type == NULL ? a->format : cb_short_name(a->type));
}

/* -- Point.array(what) ---------------------------------------------------- */

static PyObject *
cb_make_array(const struct cb_struct *c, Py_ssize_t count)
{
    if (count < 0 || (size_t)count > PY_SSIZE_T_MAX / c->size) {
        PyErr_Format(PyExc_ValueError, "%s.array() cannot hold %zd items",
                     c->signature.name, count);
        return NULL;
    }
    char *data = PyMem_Calloc((size_t)count + 1, c->size);
    PyObject *array = data == NULL
                          ? PyErr_NoMemory()
                          : cb_new_array(NULL, data, (size_t)count, c->items,
                                         c->type);
    if (array == NULL) {
        PyMem_Free(data);
    }
    return array;
}

static PyObject *
cb_array_from(const struct cb_struct *c, PyObject *items)
{
    Py_ssize_t count = PyTuple_GET_SIZE(items);
    PyObject *array = cb_make_array(c, count);
    for (Py_ssize_t i = 0; array != NULL && i < count; i++) {
        if (cb_array_set(array, i, PyTuple_GET_ITEM(items, i)) < 0) {
            Py_CLEAR(array);
        }
    }
    return array;
}

static PyObject *
cb_array_of_buffer(const struct cb_struct *c, PyObject *o)
{
    static const char *const names[] = {"what"};
    static const struct cb_signature signature = {"array", 1, 1, 0, names};
    Py_buffer view = {.obj = NULL};
    if (cb_take_buffer(o, &signature, 0, c->items, CB_READS, &view) < 0) {
        return NULL;
    }
    PyObject *array = cb_make_array(c, view.len / (Py_ssize_t)c->size);
    if (array != NULL) {
        memcpy(((struct cb_array *)array)->data, view.buf, (size_t)view.len);
    }
    PyBuffer_Release(&view);
    return array;
}

/* A number of zeros, or copies of items. */
static PyObject *
cb_struct_array(PyObject *type, PyObject *what)
{
    struct cb_struct *c = cb_struct_of((PyTypeObject *)type);
    if (PyObject_CheckBuffer(what)) {
        return cb_array_of_buffer(c, what);
    }
    if (PyIndex_Check(what)) {
        Py_ssize_t count = PyNumber_AsSsize_t(what, PyExc_OverflowError);
        return count == -1 && PyErr_Occurred() ? NULL
                                               : cb_make_array(c, count);
    }
    PyObject *items = PySequence_Tuple(what);
    PyObject *array = items == NULL ? NULL : cb_array_from(c, items);
    Py_XDECREF(items);
    return array;
}

/* -- the class ------------------------------------------------------------ */

static PyType_Slot cb_array_slots[] = {
    {Py_tp_new, CB_SLOT(cb_array_new)},
    {Py_tp_dealloc, CB_SLOT(cb_array_dealloc)},
    {Py_tp_repr, CB_SLOT(cb_array_repr)},
    {Py_sq_length, CB_SLOT(cb_array_len)},
    {Py_sq_item, CB_SLOT(cb_array_item)},
    {Py_sq_ass_item, CB_SLOT(cb_array_set)},
    {Py_bf_getbuffer, CB_SLOT(cb_array_export)},
    {Py_bf_releasebuffer, CB_SLOT(cb_release_export)},
    {0, NULL},
};

static int
cb_add_array(const char *name)
{
    PyType_Spec spec = {.name = name,
                        .basicsize = sizeof(struct cb_array),
                        .flags = Py_TPFLAGS_DEFAULT,
                        .slots = cb_array_slots};
    cb_array_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cb_array_type == NULL ? -1 : 0;
}

#endif
