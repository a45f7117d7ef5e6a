/* cowbird_classes.h: what the class of a struct does: making, showing,
 * comparing, copying.
 *
 * Part of cowbird_structs.h, for no other use.
 */
#ifndef COWBIRD_CLASSES_H
#define COWBIRD_CLASSES_H

#include <cowbird_structs.h>

/* -- making --------------------------------------------------------------- */

/* Fields that are not given are zero, as in a C initialiser. */
static int
cb_fill(const struct cb_struct *c, PyObject *const *sorted, char *data)
{
    memset(data, 0, c->size);
    for (int i = 0; i < c->signature.count; i++) {
        if (sorted[i] != NULL
            && cb_fill_field(&c->fields[i], sorted[i], data) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* Point(1, y=2) where no engine stands between CPython and the type. */
static PyObject *
cb_make_struct(PyObject *type, PyObject *const *args, size_t count,
               PyObject *keywords)
{
    PyObject *sorted[CB_MOST_FIELDS];
    struct cb_struct *c = cb_struct_of((PyTypeObject *)type);
    if (cb_sort(&c->signature, args, PyVectorcall_NARGS(count), keywords,
                sorted) < 0)
    {
        return NULL;
    }
    struct cb_object *o = cb_new_object(c);
    if (o != NULL && cb_fill(c, sorted, o->data) < 0) {
        Py_CLEAR(o);
    }
    return (PyObject *)o;
}

/* For subclasses, and where an engine does: zeros, then __init__. */
static PyObject *
cb_struct_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    struct cb_struct *c = cb_struct_of(type);
    struct cb_object *o = (struct cb_object *)type->tp_alloc(type, 0);
    (void)args;
    (void)named;
    if (o != NULL) {
        o->data = (char *)o + c->data_at;
    }
    return (PyObject *)o;
}

static int
cb_struct_init(PyObject *self, PyObject *args, PyObject *named)
{
    struct cb_struct *c = cb_struct_of(Py_TYPE(self));
    const struct cb_signature *s = &c->signature;
    PyObject *given[2 * CB_MOST_FIELDS], *sorted[CB_MOST_FIELDS];
    Py_ssize_t count = PyTuple_GET_SIZE(args), at = 0, names = 0;
    Py_ssize_t all = count + (named == NULL ? 0 : PyDict_GET_SIZE(named));
    PyObject *key, *value;
    if (count > s->count || all > 2 * s->count) {
        return cb_refuse_count(s, all);
    }
    PyObject *keys = PyTuple_New(all - count);
    if (keys == NULL) {
        return -1;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        given[i] = PyTuple_GET_ITEM(args, i);
    }
    while (named != NULL && PyDict_Next(named, &at, &key, &value)) {
        given[count + names] = value;
        Py_INCREF(key);
        PyTuple_SET_ITEM(keys, names++, key);
    }
    int status = cb_sort(s, given, count, keys, sorted);
    if (status == 0) {
        status = cb_fill(c, sorted, ((struct cb_object *)self)->data);
    }
    Py_DECREF(keys);
    return status;
}

static void
cb_struct_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((struct cb_object *)self)->owner);
    type->tp_free(self);
    Py_DECREF(type);
}

/* -- what is in it -------------------------------------------------------- */

static PyObject *
cb_value_of(PyObject *self, const struct cb_field *f, bool is_shown)
{
    char *at = ((struct cb_object *)self)->data + f->offset;
    if (f->is_text) {
        return cb_give_chars(f, at, is_shown ? "backslashreplace" : NULL);
    }
    return f->count > 0 ? cb_list_items(f, at, cb_owner_of(self))
                        : cb_give_item(f, at, cb_owner_of(self));
}

/* The values of all fields, arrays as lists: what makes it anew, or only
 * shows it, which never fails for what is in it. */
static PyObject *
cb_values_of(PyObject *self, bool is_shown)
{
    struct cb_struct *c = cb_struct_of(Py_TYPE(self));
    PyObject *values = PyTuple_New(c->signature.count);
    for (int i = 0; values != NULL && i < c->signature.count; i++) {
        PyObject *value = cb_value_of(self, &c->fields[i], is_shown);
        if (value == NULL) {
            Py_CLEAR(values);
        }
        else {
            PyTuple_SET_ITEM(values, i, value);
        }
    }
    return values;
}

/* copy and pickle. A subclass's own attributes go along. */
static PyObject *
cb_struct_reduce(PyObject *self, PyObject *none)
{
    PyObject *values = cb_values_of(self, false);
    (void)none;
    if (values == NULL) {
        return NULL;
    }
    PyObject *more = PyObject_GetAttrString(self, "__dict__");
    if (more == NULL) {
        PyErr_Clear();
        return Py_BuildValue("(ON)", (PyObject *)Py_TYPE(self), values);
    }
    return Py_BuildValue("(ONN)", (PyObject *)Py_TYPE(self), values, more);
}

static PyObject *
cb_struct_repr(PyObject *self)
{
    struct cb_struct *c = cb_struct_of(Py_TYPE(self));
    PyObject *values = cb_values_of(self, true);
    PyObject *text = values == NULL ? NULL
                                    : PyUnicode_FromFormat(
                                          "%s(", cb_short_name(Py_TYPE(self)));
    for (int i = 0; text != NULL && i < c->signature.count; i++) {
        PyObject *longer = PyUnicode_FromFormat(
            "%U%s%s=%R%s", text, i > 0 ? ", " : "", c->signature.names[i],
            PyTuple_GET_ITEM(values, i),
            i + 1 == c->signature.count ? ")" : "");
        Py_DECREF(text);
        text = longer;
    }
    Py_XDECREF(values);
    return text;
}

/* -- comparing ------------------------------------------------------------ */

static bool
cb_is_same(const struct cb_struct *c, const char *a, const char *b)
{
    bool is_same = true;
    for (int i = 0; is_same && i < c->signature.count; i++) {
        const struct cb_field *f = &c->fields[i];
        const char *x = a + f->offset, *y = b + f->offset;
        size_t count = f->count > 0 ? f->count : 1;
        if (f->is_text) {
            is_same = strncmp(x, y, f->count) == 0;
            continue;
        }
        for (size_t k = 0; is_same && k < count; k++) {
            is_same = f->inner != NULL ? cb_is_same(f->inner, x, y)
                                       : f->scalar->is_same(x, y);
            x += f->size;
            y += f->size;
        }
    }
    return is_same;
}

static PyObject *
cb_struct_compare(PyObject *self, PyObject *other, int how)
{
    struct cb_struct *c = cb_struct_of(Py_TYPE(self));
    if ((how != Py_EQ && how != Py_NE)
        || cb_struct_of(Py_TYPE(other)) != c)
    {
        Py_RETURN_NOTIMPLEMENTED;
    }
    bool is_same = cb_is_same(c, ((struct cb_object *)self)->data,
                              ((struct cb_object *)other)->data);
    return PyBool_FromLong(is_same == (how == Py_EQ));
}

/* -- the class ------------------------------------------------------------ */

static int cb_struct_export(PyObject *self, Py_buffer *view, int flags);
static void cb_release_export(PyObject *self, Py_buffer *view);
static PyObject *cb_struct_array(PyObject *type, PyObject *what);

static PyMethodDef cb_struct_methods[] = {
    {"__reduce__", cb_struct_reduce, METH_NOARGS, NULL},
    {"array", cb_struct_array, METH_O | METH_CLASS,
     "array($type, what, /)\n--\n\n"
     "An array: of so many zeros, or of copies of the items."},
    {NULL, NULL, 0, NULL},
};

#define CB_STRUCT_SLOTS                                                       \
    {Py_tp_new, CB_SLOT(cb_struct_new)},                                      \
        {Py_tp_init, CB_SLOT(cb_struct_init)},                                \
        {Py_tp_dealloc, CB_SLOT(cb_struct_dealloc)},                          \
        {Py_tp_repr, CB_SLOT(cb_struct_repr)},                                \
        {Py_tp_richcompare, CB_SLOT(cb_struct_compare)},                      \
        {Py_tp_hash, CB_SLOT(PyObject_HashNotImplemented)},                   \
        {Py_tp_methods, cb_struct_methods},                                   \
        {Py_bf_getbuffer, CB_SLOT(cb_struct_export)},                         \
    {                                                                         \
        Py_bf_releasebuffer, CB_SLOT(cb_release_export)                       \
    }

/* For `match`. Only when it is new: an older generation's has the same. */
static int
cb_set_match_args(PyObject *type, const struct cb_signature *s)
{
    if (PyObject_HasAttrString(type, "__match_args__")) {
        return 0;
    }
    PyObject *names = PyTuple_New(s->count);
    for (int i = 0; names != NULL && i < s->count; i++) {
        PyObject *name = PyUnicode_FromString(s->names[i]);
        if (name == NULL) {
            Py_CLEAR(names);
        }
        else {
            PyTuple_SET_ITEM(names, i, name);
        }
    }
    int status = names == NULL
                     ? -1
                     : PyObject_SetAttrString(type, "__match_args__", names);
    Py_XDECREF(names);
    return status;
}

static int
cb_add_struct(PyObject *module, struct cb_struct *c, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    if (type == NULL || cb_set_match_args(type, &c->signature) < 0) {
        Py_XDECREF(type);
        return -1;
    }
    c->type = (PyTypeObject *)type;
    /* In a session the slots are the engine's, and stay when code goes; this
     * one would be ours for ever. */
    if (c->type->tp_new == cb_struct_new) {
        c->type->tp_vectorcall = cb_make_struct;
    }
    if (c->signature.name[0] == '_') {
        return 0;
    }
    return PyObject_SetAttrString(module, c->signature.name, type);
}

#endif
