/* cowbird_buffers.h: Python buffers to pointer and length, without a copy.
 *
 * Part of cowbird_binding.h, for no other use. A view that was taken is
 * released when the call ends, whatever happened in between.
 */
#ifndef COWBIRD_BUFFERS_H
#define COWBIRD_BUFFERS_H

#include <cowbird_binding.h>

/* What the items of a buffer have to be. */
struct cb_items {
    const char *type;
    size_t size;
    size_t align;
    const char *formats; /* any of these, the usual one first, as in Python's
                            struct, of the size above; of a struct: its
                            format; NULL: whatever */
    const struct cb_struct *of; /* of a struct, else NULL */
};

#define CB_ITEMS(id, type, formats)                                           \
    static const struct cb_items cb_items_##id                                \
        = {#type, sizeof(type), _Alignof(type), formats, NULL};
CB_ITEMS(bool, bool, "?")
CB_ITEMS(char, char, "bBc")
CB_ITEMS(schar, signed char, "b")
CB_ITEMS(uchar, unsigned char, "Bc")
CB_ITEMS(short, short, "hilqn")
CB_ITEMS(ushort, unsigned short, "HILQN")
CB_ITEMS(int, int, "ihlqn")
CB_ITEMS(uint, unsigned int, "IHLQN")
CB_ITEMS(long, long, "lhiqn")
CB_ITEMS(ulong, unsigned long, "LHIQN")
CB_ITEMS(llong, long long, "qhiln")
CB_ITEMS(ullong, unsigned long long, "QHILN")
CB_ITEMS(float, float, "f")
CB_ITEMS(double, double, "d")
CB_ITEMS(ldouble, long double, "g")
static const struct cb_items cb_items_void
    = {"bytes", 1, 1, NULL, NULL};

/* Of a matrix that is left out. */
#if defined(__GNUC__)
__attribute__((unused))
#endif
static Py_ssize_t cb_no_shape[2];

#ifdef CB_USES_STRUCTS
static bool cb_is_struct_format(const char *format, const struct cb_struct *c);
#endif

enum {
    CB_READS = 0,
    CB_WRITES = 1,
    CB_TEXT_TOO = 2, /* a str gives its UTF-8 */
};

CB_COLD static int
cb_refuse_buffer(PyObject *o, const struct cb_signature *s, int at,
                 const struct cb_items *items, int how)
{
    char wanted[120];
    if (how & CB_TEXT_TOO) {
        return cb_refuse_type(o, s, at, "a str or a bytes-like object");
    }
    PyOS_snprintf(wanted, sizeof(wanted),
                  items->formats == NULL
                      ? "a buffer (bytes, array, memoryview)"
                      : "a buffer of %s (array, numpy array, memoryview)",
                  items->type);
    return cb_refuse_type(o, s, at, wanted);
}

CB_COLD static int
cb_refuse_view(PyObject *kind, const struct cb_signature *s, int at,
               const char *why)
{
    PyErr_Format(kind, "%s() argument '%s' %s", s->name, s->names[at], why);
    return -1;
}

/* The exporter said no. Is it that we would write? */
CB_COLD static int
cb_refuse_export(PyObject *o, const struct cb_signature *s, int at, int how)
{
    PyObject *type, *value, *trace;
    Py_buffer view;
    PyErr_Fetch(&type, &value, &trace);
    if ((how & CB_WRITES) && PyObject_GetBuffer(o, &view, PyBUF_FULL_RO) == 0)
    {
        PyBuffer_Release(&view);
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
        return cb_refuse_view(PyExc_BufferError, s, at,
                              "is read-only, and the function writes to it");
    }
    PyErr_Clear();
    PyErr_NormalizeException(&type, &value, &trace);
    if (type != NULL && value != NULL
        && PyErr_GivenExceptionMatches(type, PyExc_ValueError))
    {
        /* as numpy for dates: there is no format for the items */
        PyErr_Format(PyExc_TypeError, "%s() argument '%s': %S", s->name,
                     s->names[at], value);
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
        return -1;
    }
    PyErr_Restore(type, value, trace);
    return -1;
}

CB_INLINE bool
cb_is_format(const char *format, const struct cb_items *items)
{
    if (items->formats == NULL) {
        return true;
    }
    if (format == NULL) {
        format = "B";
    }
#ifdef CB_USES_STRUCTS
    if (items->of != NULL) {
        return cb_is_struct_format(format, items->of);
    }
#endif
    const int one = 1;
    char own = *(const char *)&one ? '<' : '>';
    if (*format == '@' || *format == '=' || *format == own
        || (*format != '\0' && items->size == 1 && strchr("<>!", *format)))
    {
        format++;
    }
    if (items->formats[0] == 'Z') {
        return strcmp(format, items->formats) == 0;
    }
    return *format != '\0' && format[1] == '\0'
           && strchr(items->formats, *format) != NULL;
}

CB_COLD static int
cb_check_view(const Py_buffer *view, const struct cb_signature *s, int at,
              const struct cb_items *items)
{
    if (!cb_is_format(view->format, items)
        || (items->formats != NULL
            && view->itemsize != (Py_ssize_t)items->size))
    {
        PyErr_Format(PyExc_TypeError,
                     "%s() argument '%s' has items of format '%.40s' (%zd "
                     "bytes), not of type %s",
                     s->name, s->names[at],
                     view->format == NULL ? "B" : view->format,
                     view->itemsize, items->type);
        return -1;
    }
    if (!PyBuffer_IsContiguous(view, 'C')) {
        return cb_refuse_view(PyExc_BufferError, s, at,
                              "is not C-contiguous");
    }
    if ((uintptr_t)view->buf % items->align != 0 && view->len > 0) {
        return cb_refuse_view(PyExc_BufferError, s, at,
                              "does not lie aligned in memory");
    }
    return 0;
}

CB_INLINE int
cb_take_str_view(PyObject *o, const struct cb_signature *s, int at,
                 Py_buffer *view)
{
    Py_ssize_t len;
    const char *text = PyUnicode_AsUTF8AndSize(o, &len);
    if (text == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
            PyErr_Clear();
            return cb_refuse_value(PyExc_ValueError, o, s, at,
                                   "has a lone surrogate, which UTF-8 "
                                   "cannot express");
        }
        return -1;
    }
    return PyBuffer_FillInfo(view, o, (void *)text, len, 1, PyBUF_SIMPLE);
}

/* Fills `view`, whose obj is NULL before and after a failure. */
CB_INLINE int
cb_take_buffer(PyObject *o, const struct cb_signature *s, int at,
               const struct cb_items *items, int how, Py_buffer *view)
{
    if ((how & CB_TEXT_TOO) && PyUnicode_Check(o)) {
        return cb_take_str_view(o, s, at, view);
    }
    if (!PyObject_CheckBuffer(o)) {
        return cb_refuse_buffer(o, s, at, items, how);
    }
    if (PyObject_GetBuffer(o, view, (how & CB_WRITES) ? PyBUF_FULL
                                                      : PyBUF_FULL_RO) < 0)
    {
        view->obj = NULL;
        return cb_refuse_export(o, s, at, how);
    }
    const char *format = view->format;
    bool is_plain = format != NULL && items->formats != NULL
                    && format[0] == items->formats[0] && format[1] == '\0'
                    && view->ndim == 1
                    && view->itemsize == (Py_ssize_t)items->size
                    && (view->strides == NULL
                        || view->strides[0] == view->itemsize)
                    && view->suboffsets == NULL
                    && (uintptr_t)view->buf % items->align == 0;
    if (CB_LIKELY(is_plain) || cb_check_view(view, s, at, items) == 0) {
        return 0;
    }
    PyBuffer_Release(view);
    view->obj = NULL;
    return -1;
}

/* cb_str and cb_bytes. */
CB_INLINE int
cb_take_str(PyObject *o, const struct cb_signature *s, int at, cb_str *out)
{
    Py_ssize_t len = 0;
    out->data = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, &len) : NULL;
    out->len = (size_t)len;
    return CB_LIKELY(out->data != NULL) ? 0 : cb_refuse_text(o, s, at);
}

CB_INLINE int
cb_take_bytes(PyObject *o, const struct cb_signature *s, int at,
              Py_buffer *view, cb_bytes *out)
{
    if (CB_LIKELY(PyBytes_CheckExact(o))) {
        out->data = PyBytes_AS_STRING(o);
        out->len = (size_t)PyBytes_GET_SIZE(o);
        return 0;
    }
    if (cb_take_buffer(o, s, at, &cb_items_void, CB_READS, view) < 0) {
        return -1;
    }
    out->data = view->buf;
    out->len = (size_t)view->len;
    return 0;
}

/* Whether `count` items fit the C type of the length named `name`. */
CB_INLINE int
cb_fits(Py_ssize_t count, const struct cb_signature *s, int at,
        const char *name, const char *type, unsigned long long high)
{
    if (CB_LIKELY((unsigned long long)count <= high)) {
        return 0;
    }
    PyErr_Format(PyExc_OverflowError,
                 "%s() argument '%s' has %zd items, and '%s' (%s) holds at "
                 "most %llu",
                 s->name, s->names[at], count, name, type, high);
    return -1;
}

CB_INLINE int
cb_same_length(const Py_buffer *first, const Py_buffer *other,
               const struct cb_signature *s, int at_first, int at_other)
{
    Py_ssize_t one = first->len / first->itemsize;
    Py_ssize_t two = other->len / other->itemsize;
    if (CB_LIKELY(one == two)) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError,
                 "%s() arguments '%s' and '%s' must have as many items: %zd "
                 "and %zd",
                 s->name, s->names[at_first], s->names[at_other], one, two);
    return -1;
}

/* For matrices: rows and columns alike. */
CB_INLINE int
cb_same_shape(const Py_buffer *first, const Py_buffer *other,
              const struct cb_signature *s, int at_first, int at_other)
{
    if (CB_LIKELY(first->shape[0] == other->shape[0]
                  && first->shape[1] == other->shape[1]))
    {
        return 0;
    }
    PyErr_Format(PyExc_ValueError,
                 "%s() arguments '%s' and '%s' must have one shape: (%zd, "
                 "%zd) and (%zd, %zd)",
                 s->name, s->names[at_first], s->names[at_other],
                 first->shape[0], first->shape[1], other->shape[0],
                 other->shape[1]);
    return -1;
}

CB_INLINE int
cb_is_matrix(const Py_buffer *view, const struct cb_signature *s, int at)
{
    if (CB_LIKELY(view->ndim == 2)) {
        return 0;
    }
    PyErr_Format(PyExc_ValueError,
                 "%s() argument '%s' has %d dimension%s and must have 2 "
                 "(rows and columns)",
                 s->name, s->names[at], view->ndim,
                 view->ndim == 1 ? "" : "s");
    return -1;
}

#endif
