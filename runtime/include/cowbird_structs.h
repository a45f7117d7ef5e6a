/* cowbird_structs.h: structs as Python classes, whose objects hold the C
 * struct itself or look into one that another object holds.
 *
 * Part of cowbird_binding.h, for modules that have structs. An object keeps no
 * address of this code, so that it lives on when a swap replaces the code: an
 * object's struct cb_struct is found by its type.
 */
#ifndef COWBIRD_STRUCTS_H
#define COWBIRD_STRUCTS_H

#ifndef CB_USES_STRUCTS /* read without a module */
#define CB_USES_STRUCTS
#define CB_USES_ENUMS
#define CB_STRUCTS 0
#define CB_MOST_FIELDS 1
#endif
#include <cowbird_binding.h>
#include <structmember.h>

/* A C type that a field can have. */
struct cb_scalar {
    const struct cb_items *items;
    int (*take)(PyObject *o, const struct cb_signature *s, int at, void *to);
    PyObject *(*give)(const void *from);
    bool (*is_same)(const void *a, const void *b);
};

struct cb_struct;

struct cb_field {
    const struct cb_scalar *scalar; /* NULL: a struct … */
    struct cb_struct *inner;        /* … of this class */
    struct cb_enum *members;        /* of an enum, else NULL */
    size_t offset;
    size_t size;  /* of one item, in bytes */
    size_t count; /* of an array's items; 0: it is none */
    bool is_text; /* char name[count] */
    struct cb_struct *in;
    int at; /* its place there */
};

/* It holds addresses from the start, so that no swap carries it over. */
struct cb_struct {
    struct cb_signature signature; /* its name and those of its fields */
    const struct cb_field *fields;
    size_t size, align;
    size_t data_at; /* where an object holds its struct */
    const struct cb_items *items;
    PyTypeObject *type; /* owned for as long as the code is there */
};

struct cb_object {
    PyObject_HEAD
    char *data;      /* the struct … */
    PyObject *owner; /* … and who holds it; owned; NULL: this object */
};

/* Where an object holds a struct of the type. */
#define CB_DATA_AT(type)                                                      \
    offsetof(struct { struct cb_object head; type data; }, data)

/* What the compiler makes of our words for the user's struct is what it makes
 * of the user's. */
#define CB_IS_LAYOUT(claim) extern char cb_layout_is_the_same[(claim) ? 1 : -1]

/* Of the binding: all classes of the module, NULL at the end. */
static struct cb_struct *const cb_structs[CB_STRUCTS + 1];
static PyTypeObject *cb_array_type;

static PyObject *cb_new_array(PyObject *owner, char *data, size_t count,
                              const struct cb_items *items,
                              PyTypeObject *type);

/* A function for a type's slot. */
#define CB_SLOT(function) ((void *)(uintptr_t)(function))

/* -- scalars -------------------------------------------------------------- */

#define CB_SCALAR(id, type, make)                                             \
    static int cb_store_##id(PyObject *o, const struct cb_signature *s,       \
                             int at, void *to)                                \
    {                                                                         \
        type value;                                                           \
        if (cb_take_##id(o, s, at, &value) < 0) {                             \
            return -1;                                                        \
        }                                                                     \
        memcpy(to, &value, sizeof(value));                                    \
        return 0;                                                             \
    }                                                                         \
    static PyObject *cb_load_##id(const void *from)                           \
    {                                                                         \
        type value;                                                           \
        memcpy(&value, from, sizeof(value));                                  \
        return make(value);                                                   \
    }                                                                         \
    static bool cb_same_##id(const void *a, const void *b)                    \
    {                                                                         \
        type x, y;                                                            \
        memcpy(&x, a, sizeof(x));                                             \
        memcpy(&y, b, sizeof(y));                                             \
        return x == y;                                                        \
    }                                                                         \
    CB_MAYBE static const struct cb_scalar cb_scalar_##id                     \
        = {&cb_items_##id, cb_store_##id, cb_load_##id, cb_same_##id};

CB_SCALAR(char, char, PyLong_FromLong)
CB_SCALAR(schar, signed char, PyLong_FromLong)
CB_SCALAR(uchar, unsigned char, PyLong_FromLong)
CB_SCALAR(short, short, PyLong_FromLong)
CB_SCALAR(ushort, unsigned short, PyLong_FromLong)
CB_SCALAR(int, int, PyLong_FromLong)
CB_SCALAR(uint, unsigned int, PyLong_FromUnsignedLong)
CB_SCALAR(long, long, PyLong_FromLong)
CB_SCALAR(ulong, unsigned long, PyLong_FromUnsignedLong)
CB_SCALAR(llong, long long, PyLong_FromLongLong)
CB_SCALAR(ullong, unsigned long long, PyLong_FromUnsignedLongLong)
CB_SCALAR(float, float, PyFloat_FromDouble)
CB_SCALAR(double, double, PyFloat_FromDouble)
CB_SCALAR(ldouble, long double, PyFloat_FromDouble)
#undef CB_SCALAR

/* A bool that others have written may be any byte. */
static int
cb_store_bool(PyObject *o, const struct cb_signature *s, int at, void *to)
{
    bool value;
    if (cb_take_bool(o, s, at, &value) < 0) {
        return -1;
    }
    *(unsigned char *)to = value;
    return 0;
}

static PyObject *
cb_load_bool(const void *from)
{
    return PyBool_FromLong(*(const unsigned char *)from != 0);
}

static bool
cb_same_bool(const void *a, const void *b)
{
    const unsigned char *x = a, *y = b;
    return (*x != 0) == (*y != 0);
}

CB_MAYBE static const struct cb_scalar cb_scalar_bool
    = {&cb_items_bool, cb_store_bool, cb_load_bool, cb_same_bool};

/* -- objects -------------------------------------------------------------- */

/* The class of ours that the type is, or descends from. */
static struct cb_struct *
cb_struct_of(PyTypeObject *type)
{
    for (; type != NULL; type = type->tp_base) {
        for (int i = 0; cb_structs[i] != NULL; i++) {
            if (cb_structs[i]->type == type) {
                return cb_structs[i];
            }
        }
    }
    return NULL;
}

static const char *
cb_short_name(const PyTypeObject *type)
{
    const char *dot = strrchr(type->tp_name, '.');
    return dot == NULL ? type->tp_name : dot + 1;
}

/* One without data yet. */
static struct cb_object *
cb_new_object(struct cb_struct *c)
{
    PyTypeObject *type = c->type;
    struct cb_object *o = PyObject_Malloc((size_t)type->tp_basicsize);
    if (o == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    PyObject_Init((PyObject *)o, type);
    o->data = (char *)o + c->data_at;
    o->owner = NULL;
    return o;
}

CB_INLINE PyObject *
cb_give_struct(struct cb_struct *c, const void *from, size_t size)
{
    struct cb_object *o = cb_new_object(c);
    if (o != NULL) {
        memcpy(o->data, from, size);
    }
    return (PyObject *)o;
}

/* `const struct point *`: a copy of what stays the user's. */
CB_APART static PyObject *
cb_give_struct_at(struct cb_struct *c, const void *from)
{
    if (from == NULL) {
        Py_RETURN_NONE;
    }
    return cb_give_struct(c, from, c->size);
}

/* One that looks into the memory of another object. */
static PyObject *
cb_new_inside(struct cb_struct *c, char *data, PyObject *owner)
{
    struct cb_object *o = cb_new_object(c);
    if (o != NULL) {
        o->data = data;
        Py_INCREF(owner);
        o->owner = owner;
    }
    return (PyObject *)o;
}

/* Who holds the memory that `o` shows. */
static PyObject *
cb_owner_of(PyObject *o)
{
    PyObject *owner = ((struct cb_object *)o)->owner;
    return owner == NULL ? o : owner;
}

/* -- arguments ------------------------------------------------------------ */

CB_COLD static int
cb_copy_struct(PyObject *o, const struct cb_signature *s, int at,
               const struct cb_struct *c, void *room)
{
    Py_buffer view = {.obj = NULL};
    if (room == NULL || !PyObject_CheckBuffer(o)) {
        return cb_refuse_type(o, s, at, c->signature.name);
    }
    if (cb_take_buffer(o, s, at, c->items, CB_READS, &view) < 0) {
        return -1;
    }
    bool is_one = view.len == (Py_ssize_t)c->size;
    if (is_one) {
        memcpy(room, view.buf, c->size);
    }
    PyBuffer_Release(&view);
    return is_one ? 0
                  : cb_refuse_value(PyExc_ValueError, o, s, at,
                                    "must hold one item");
}

/* With `room`, which is for reading, a buffer of one such struct is as good:
 * numpy's, or the class of another module for the same struct. */
CB_INLINE int
cb_take_struct(PyObject *o, const struct cb_signature *s, int at,
               const struct cb_struct *c, void *room, void **out)
{
    if (CB_LIKELY(Py_TYPE(o) == c->type
                  || PyType_IsSubtype(Py_TYPE(o), c->type)))
    {
        *out = ((struct cb_object *)o)->data;
        return 0;
    }
    *out = room;
    return cb_copy_struct(o, s, at, c, room);
}

/* -- fields --------------------------------------------------------------- */

static PyObject *
cb_give_item(const struct cb_field *f, char *at, PyObject *owner)
{
    if (f->inner != NULL) {
        return cb_new_inside(f->inner, at, owner);
    }
    PyObject *value = f->scalar->give(at);
    if (f->members != NULL && value != NULL) {
        long long number
            = f->members->is_unsigned
                  ? (long long)PyLong_AsUnsignedLongLong(value)
                  : PyLong_AsLongLong(value);
        Py_DECREF(value);
        value = cb_give_enum(f->members, number);
    }
    return value;
}

/* `errors` as Python's codecs know them; NULL: an exception. */
static PyObject *
cb_give_chars(const struct cb_field *f, const char *at, const char *errors)
{
    const char *end = memchr(at, '\0', f->count);
    size_t len = end == NULL ? f->count : (size_t)(end - at);
    PyObject *text = PyUnicode_DecodeUTF8(at, (Py_ssize_t)len, errors);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        PyErr_Format(PyExc_ValueError, "%s.%s holds text that is not UTF-8",
                     f->in->signature.name, f->in->signature.names[f->at]);
    }
    return text;
}

/* All items of an array, in a list. */
static PyObject *
cb_list_items(const struct cb_field *f, char *at, PyObject *owner)
{
    PyObject *list = Py_BuildValue("[]");
    for (size_t i = 0; list != NULL && i < f->count; i++) {
        PyObject *item = cb_give_item(f, at + i * f->size, owner);
        if (item == NULL || PyList_Append(list, item) < 0) {
            Py_CLEAR(list);
        }
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *
cb_get_field(PyObject *self, void *closure)
{
    const struct cb_field *f = closure;
    char *at = ((struct cb_object *)self)->data + f->offset;
    if (f->is_text) {
        return cb_give_chars(f, at, NULL);
    }
    if (f->count == 0) {
        return cb_give_item(f, at, cb_owner_of(self));
    }
    PyObject *array = cb_new_array(
        cb_owner_of(self), at, f->count,
        f->inner == NULL ? f->scalar->items : f->inner->items,
        f->inner == NULL ? NULL : f->inner->type);
    if (array == NULL || f->inner != NULL) {
        return array;
    }
    PyObject *view = PyMemoryView_FromObject(array);
    Py_DECREF(array);
    return view;
}

static int
cb_take_item(const struct cb_field *f, PyObject *value, char *to)
{
    const struct cb_signature *s = &f->in->signature;
    void *from = NULL;
    if (f->inner == NULL) {
        return f->scalar->take(value, s, f->at, to);
    }
    if (cb_take_struct(value, s, f->at, f->inner, NULL, &from) < 0) {
        return -1;
    }
    memmove(to, from, f->size);
    return 0;
}

static int
cb_take_chars(const struct cb_field *f, PyObject *value, char *to)
{
    const struct cb_signature *s = &f->in->signature;
    const char *text;
    if (cb_take_text(value, s, f->at, &text) < 0) {
        return -1;
    }
    if (strlen(text) >= f->count) {
        char why[80];
        PyOS_snprintf(why, sizeof(why),
                      "is longer than the %zu bytes of UTF-8 that it holds",
                      f->count - 1);
        return cb_refuse_value(PyExc_ValueError, value, s, f->at, why);
    }
    strncpy(to, text, f->count); /* the rest becomes zero */
    return 0;
}

/* A sequence of as many items; all of them are good, or none is taken. */
static int
cb_take_items(const struct cb_field *f, PyObject *value, char *to)
{
    const struct cb_signature *s = &f->in->signature;
    PyObject *items = PyUnicode_Check(value)
                          ? NULL
                          : PySequence_Tuple(value);
    char *room = PyMem_Calloc(f->count, f->size);
    int status = items == NULL || room == NULL ? -1 : 0;
    if (items == NULL) {
        PyErr_Clear();
        cb_refuse_type(value, s, f->at, "a sequence");
    }
    else if (room == NULL) {
        PyErr_NoMemory();
    }
    else if (PyTuple_GET_SIZE(items) != (Py_ssize_t)f->count) {
        PyErr_Format(PyExc_ValueError,
                     "%s() argument '%s' must have %zu items, not %zd",
                     s->name, s->names[f->at], f->count,
                     PyTuple_GET_SIZE(items));
        status = -1;
    }
    for (size_t i = 0; status == 0 && i < f->count; i++) {
        status = cb_take_item(f, PyTuple_GET_ITEM(items, i),
                              room + i * f->size);
    }
    if (status == 0) {
        memcpy(to, room, f->count * f->size);
    }
    PyMem_Free(room);
    Py_XDECREF(items);
    return status;
}

static int
cb_fill_field(const struct cb_field *f, PyObject *value, char *data)
{
    char *to = data + f->offset;
    return f->is_text     ? cb_take_chars(f, value, to)
           : f->count > 0 ? cb_take_items(f, value, to)
                          : cb_take_item(f, value, to);
}

static int
cb_set_field(PyObject *self, PyObject *value, void *closure)
{
    const struct cb_field *f = closure;
    if (value == NULL) {
        PyErr_Format(PyExc_AttributeError, "%s.%s cannot be deleted",
                     f->in->signature.name, f->in->signature.names[f->at]);
        return -1;
    }
    return cb_fill_field(f, value, ((struct cb_object *)self)->data);
}

#include <cowbird_classes.h>
#include <cowbird_arrays.h>
#include <cowbird_formats.h>

#endif
