/* cowbird_binding.h: what every generated binding stands on: arguments sorted,
 * numbers, text and buffers converted, exceptions that name function,
 * parameter and value.
 *
 * Included once, by the binding that bindgen writes; users include cowbird.h.
 * Runs in the app, with the GIL, inside the call. Holds no Python object
 * between calls.
 */
#ifndef COWBIRD_BINDING_H
#define COWBIRD_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cowbird.h>

#if defined(__GNUC__)
#define CB_COLD __attribute__((cold, noinline, unused))
#define CB_APART __attribute__((noinline, unused))
#define CB_INLINE static inline __attribute__((unused))
#define CB_MAYBE __attribute__((unused))
#define CB_LIKELY(claim) __builtin_expect(!!(claim), 1)
#else
/* tcc leaves out what nobody calls only where it is inline */
#define CB_COLD inline
#define CB_APART inline
#define CB_INLINE static inline
#define CB_MAYBE
#define CB_LIKELY(claim) (claim)
#endif

/* Declares the user's function under a name of the binding's own. */
#if defined(__GNUC__) && !defined(__TINYC__)
#define CB_SYMBOL(name) __asm__(name) __attribute__((visibility("hidden")))
#else
#define CB_SYMBOL(name) __asm__(name)
#endif

/* Declares a function that frees; it may be a library's. */
#define CB_FOREIGN(name) __asm__(name)

/* What a call is checked against. */
struct cb_signature {
    const char *name;
    int count;       /* of Python parameters */
    int needed;      /* those behind the first so many have a default */
    int first_named; /* those before it have no name in C: by place only */
    const char *const *names;
};

#include <cowbird_raising.h>

/* -- refusing ------------------------------------------------------------- */

/* The value as a short text, never an exception: only of types whose repr()
 * is nobody's code and whose size is bounded here. */
CB_COLD static PyObject *
cb_shown(PyObject *value)
{
    PyObject *text = NULL;
    if (PyUnicode_CheckExact(value)) {
        PyObject *start = PyUnicode_Substring(value, 0, 60);
        text = start == NULL ? NULL : PyObject_Repr(start);
        Py_XDECREF(start);
        if (text != NULL && PyUnicode_GET_LENGTH(value) > 60) {
            PyObject *cut = PyUnicode_FromFormat("%U...", text);
            Py_DECREF(text);
            text = cut;
        }
    }
    else if (PyLong_CheckExact(value)) {
        PyObject *bits = PyObject_CallMethod(value, "bit_length", NULL);
        long count = bits == NULL ? LONG_MAX : PyLong_AsLong(bits);
        Py_XDECREF(bits);
        text = count <= 256 ? PyObject_Repr(value)
                            : PyUnicode_FromFormat("an int of %ld bits",
                                                   count);
    }
    else if (value == Py_None || PyFloat_CheckExact(value)
             || PyBool_Check(value) || PyComplex_CheckExact(value))
    {
        text = PyObject_Repr(value);
    }
    if (text == NULL) {
        PyErr_Clear();
        text = PyUnicode_FromFormat("<%s object>", Py_TYPE(value)->tp_name);
    }
    return text;
}

CB_COLD static int
cb_refuse_type(PyObject *value, const struct cb_signature *s, int at,
               const char *wanted)
{
    PyObject *shown = cb_shown(value);
    if (shown != NULL) {
        PyErr_Format(PyExc_TypeError,
                     "%s() argument '%s' must be %s, not %s: %U", s->name,
                     s->names[at], wanted, Py_TYPE(value)->tp_name, shown);
        Py_DECREF(shown);
    }
    return -1;
}

CB_COLD static int
cb_refuse_range(PyObject *value, const struct cb_signature *s, int at,
                const char *type, long long low, unsigned long long high)
{
    PyObject *shown = cb_shown(value);
    if (shown != NULL) {
        PyErr_Format(PyExc_OverflowError,
                     "%s() argument '%s' is %U, and '%s' holds %lld to %llu",
                     s->name, s->names[at], shown, type, low, high);
        Py_DECREF(shown);
    }
    return -1;
}

CB_COLD static int
cb_refuse_value(PyObject *kind, PyObject *value,
                const struct cb_signature *s, int at, const char *why)
{
    PyObject *shown = cb_shown(value);
    if (shown != NULL) {
        PyErr_Format(kind, "%s() argument '%s' %s: %U", s->name,
                     s->names[at], why, shown);
        Py_DECREF(shown);
    }
    return -1;
}

/* The OSError of `error`, of the class that Python has for it. */
CB_COLD static void
cb_refuse_errno(int error, const struct cb_signature *s)
{
    if (error == 0) {
        PyErr_Format(PyExc_OSError, "%s() failed, and errno is 0", s->name);
        return;
    }
    errno = error;
    PyErr_SetFromErrno(PyExc_OSError);
}

CB_COLD static int
cb_refuse_text(PyObject *o, const struct cb_signature *s, int at)
{
    if (!PyUnicode_Check(o)) {
        return cb_refuse_type(o, s, at, "a str");
    }
    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        return cb_refuse_value(PyExc_ValueError, o, s, at,
                               "has a lone surrogate, which UTF-8 cannot "
                               "express");
    }
    return -1;
}

/* -- arguments ------------------------------------------------------------ */

CB_COLD static int
cb_refuse_count(const struct cb_signature *s, Py_ssize_t given)
{
    char least[20] = "";
    if (s->needed < s->count) {
        PyOS_snprintf(least, sizeof(least), "%d to ", s->needed);
    }
    PyErr_Format(PyExc_TypeError, "%s() takes %s%d argument%s, not %zd",
                 s->name, least, s->count, s->count == 1 ? "" : "s", given);
    return -1;
}

static int
cb_place_of(const struct cb_signature *s, PyObject *key)
{
    Py_ssize_t len = 0;
    const char *text = PyUnicode_AsUTF8AndSize(key, &len);
    if (text == NULL) {
        PyErr_Clear(); /* a surrogate: no name in C */
        return -1;
    }
    for (int i = s->first_named; i < s->count; i++) {
        if (strlen(s->names[i]) == (size_t)len
            && memcmp(text, s->names[i], (size_t)len) == 0)
        {
            return i;
        }
    }
    return -1;
}

/* None stands for what is left out where the default is NULL. */
CB_INLINE bool
cb_is_given(PyObject *o)
{
    return o != NULL && o != Py_None;
}

/* Any call that is not all its arguments by place. `sorted` gets one borrowed
 * reference a parameter, NULL where it has a default and is not given. */
CB_APART static int
cb_sort(const struct cb_signature *s, PyObject *const *args,
        Py_ssize_t count, PyObject *keywords, PyObject **sorted)
{
    Py_ssize_t named = keywords == NULL ? 0 : PyTuple_GET_SIZE(keywords);
    if (count > s->count) {
        return cb_refuse_count(s, count + named);
    }
    for (int i = 0; i < s->count; i++) {
        sorted[i] = i < count ? args[i] : NULL;
    }
    for (Py_ssize_t i = 0; i < named; i++) {
        PyObject *key = PyTuple_GET_ITEM(keywords, i);
        int at = cb_place_of(s, key);
        if (at < 0) {
            PyErr_Format(PyExc_TypeError, "%s() has no parameter named %R",
                         s->name, key);
            return -1;
        }
        if (sorted[at] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         "%s() was given its argument '%s' twice", s->name,
                         s->names[at]);
            return -1;
        }
        sorted[at] = args[count + i];
    }
    for (int i = 0; i < s->needed; i++) {
        if (sorted[i] == NULL) {
            PyErr_Format(PyExc_TypeError, "%s() lacks its argument '%s'",
                         s->name, s->names[i]);
            return -1;
        }
    }
    return 0;
}

#include <cowbird_numbers.h>
#include <cowbird_buffers.h>
#ifdef CB_USES_ENUMS
#include <cowbird_enums.h>
#endif

/* -- text and results ----------------------------------------------------- */

CB_INLINE int
cb_take_text(PyObject *o, const struct cb_signature *s, int at,
             const char **out)
{
    Py_ssize_t len;
    *out = PyUnicode_Check(o) ? PyUnicode_AsUTF8AndSize(o, &len) : NULL;
    if (*out == NULL) {
        return cb_refuse_text(o, s, at);
    }
    if (strlen(*out) != (size_t)len) {
        return cb_refuse_value(PyExc_ValueError, o, s, at,
                               "has a NUL character");
    }
    return 0;
}

CB_COLD static PyObject *
cb_refuse_result(const char *text, size_t len, const struct cb_signature *s)
{
    if (PyErr_ExceptionMatches(PyExc_UnicodeError)) {
        PyErr_Clear();
        PyObject *bytes = PyBytes_FromStringAndSize(
            text, (Py_ssize_t)(len < 60 ? len : 60));
        if (bytes != NULL) {
            PyErr_Format(PyExc_ValueError,
                         "%s() returned text that is not UTF-8: %R", s->name,
                         bytes);
            Py_DECREF(bytes);
        }
    }
    return NULL;
}

CB_INLINE PyObject *
cb_give_text(const char *text, const struct cb_signature *s)
{
    if (text == NULL) {
        Py_RETURN_NONE;
    }
    PyObject *o = PyUnicode_FromString(text);
    return CB_LIKELY(o != NULL) ? o : cb_refuse_result(text, strlen(text), s);
}

#ifdef CB_SEES_PYTHON
CB_INLINE PyObject *
cb_give_object(PyObject *o, const struct cb_signature *s)
{
    if (!CB_LIKELY(o != NULL) && !PyErr_Occurred()) {
        PyErr_Format(PyExc_SystemError,
                     "%s() returned NULL and set no exception", s->name);
    }
    return o;
}
#endif

/* Puts `value`, which it takes, into a new tuple (NULL: an exception is
 * set). */
CB_INLINE int
cb_put(PyObject *tuple, Py_ssize_t at, PyObject *value)
{
    if (value == NULL) {
        return -1;
    }
    PyTuple_SET_ITEM(tuple, at, value);
    return 0;
}

CB_APART static PyObject *
cb_give_bytes(const void *data, long long len, const struct cb_signature *s)
{
    if (len < 0 || len > (long long)PY_SSIZE_T_MAX) {
        PyErr_Format(PyExc_ValueError,
                     "%s() gave back %lld bytes, which cannot be", s->name,
                     len);
        return NULL;
    }
    if (data == NULL && len > 0) {
        return PyErr_NoMemory();
    }
    return PyBytes_FromStringAndSize(data, (Py_ssize_t)len);
}

CB_INLINE PyObject *
cb_give_view(cb_bytes bytes, const struct cb_signature *s)
{
    if (bytes.data == NULL) {
        Py_RETURN_NONE;
    }
    return cb_give_bytes(bytes.data,
                         bytes.len > (size_t)PY_SSIZE_T_MAX
                             ? -1
                             : (long long)bytes.len,
                         s);
}

CB_INLINE PyObject *
cb_give_str(cb_str text, const struct cb_signature *s)
{
    if (text.data == NULL) {
        Py_RETURN_NONE;
    }
    if (text.len > (size_t)PY_SSIZE_T_MAX) {
        return cb_give_bytes(text.data, -1, s); /* says no */
    }
    PyObject *o = PyUnicode_DecodeUTF8(text.data, (Py_ssize_t)text.len, NULL);
    return CB_LIKELY(o != NULL) ? o
                                : cb_refuse_result(text.data, text.len, s);
}

/* Adds `value`, which it takes (NULL: an exception is set). */
CB_INLINE int
cb_add(PyObject *module, const char *name, PyObject *value)
{
    int status = value == NULL
                     ? -1
                     : PyObject_SetAttrString(module, name, value);
    Py_XDECREF(value);
    return status;
}

#ifdef CB_USES_EXCEPTIONS
/* The reference in `keep` is the image's, for as long as its code is there. */
static int
cb_add_exception(PyObject *module, const char *full_name, const char *name,
                 PyObject *base, PyObject **keep)
{
    PyObject *made = PyErr_NewException(full_name, base, NULL);
    Py_XINCREF(made);
    *keep = made;
    return cb_add(module, name, made);
}
#endif
#ifdef CB_USES_STRUCTS
#include <cowbird_structs.h>
#endif
#ifdef CB_USES_COMPLEX
#include <cowbird_complex.h>
#endif
#ifdef CB_USES_FAULTS
#include <cowbird_faults.h>
#endif
#ifdef CB_USES_ASYNC
#include <cowbird_async.h>
#endif
#ifdef CB_USES_CALLBACKS
#include <cowbird_callbacks.h>
#endif
#ifdef CB_USES_HANDLES
#include <cowbird_handles.h>
#endif
#ifdef CB_USES_MEMORY
#include <cowbird_memory.h>
#endif

#endif
