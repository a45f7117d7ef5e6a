/* cowbird_numbers.h: Python numbers to C numbers, each with its range.
 *
 * Part of cowbird_binding.h, for no other use. A value that is an int takes
 * the short way; what offers __index__ or __float__ the long one.
 */
#ifndef COWBIRD_NUMBERS_H
#define COWBIRD_NUMBERS_H

#include <cowbird_binding.h>
#if PY_VERSION_HEX < 0x030B0000
#include <longintrepr.h> /* from 3.11 on Python.h has it */
#endif

/* -- integers ------------------------------------------------------------- */

/* The int that `o` stands for, owned; NULL and TypeError. A float stands for
 * none. */
CB_COLD static PyObject *
cb_index(PyObject *o, const struct cb_signature *s, int at)
{
    if (!PyIndex_Check(o)) {
        cb_refuse_type(o, s, at, "an int");
        return NULL;
    }
    return PyNumber_Index(o);
}

CB_COLD static int
cb_signed_slow(PyObject *o, const struct cb_signature *s, int at,
               long long *out)
{
    PyObject *index = cb_index(o, s, at);
    if (index == NULL) {
        return -1;
    }
    int overflow = 0;
    *out = PyLong_AsLongLongAndOverflow(index, &overflow);
    Py_DECREF(index);
    return overflow != 0;
}

/* Whether an int has at most one digit, and then its value: most have, and
 * this asks nobody. Before 3.12 Py_SIZE counts the digits and has the sign
 * (Include/longintrepr.h), from then on CPython offers it itself
 * (Include/cpython/longintrepr.h). */
CB_INLINE int
cb_is_small(PyObject *o, long long *out)
{
    const PyLongObject *number = (const PyLongObject *)o;
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact(number)) {
        return 0;
    }
    *out = PyUnstable_Long_CompactValue(number);
#else
    Py_ssize_t size = Py_SIZE(o);
    if (size < -1 || size > 1) {
        return 0;
    }
    /* of zero no digit may be looked at: before 3.12 it need not have one */
    *out = size == 0 ? 0 : (long long)size * number->ob_digit[0];
#endif
    return 1;
}

/* 0; -1 with an exception; 1 when it is no long long. */
CB_INLINE int
cb_signed(PyObject *o, const struct cb_signature *s, int at, long long *out)
{
    int overflow = 0;
    if (CB_LIKELY(PyLong_Check(o))) {
        if (CB_LIKELY(cb_is_small(o, out))) {
            return 0;
        }
        *out = PyLong_AsLongLongAndOverflow(o, &overflow);
        return overflow != 0;
    }
    return cb_signed_slow(o, s, at, out);
}

#define CB_TAKE_INTEGER(id, type, low, high)                                  \
    CB_INLINE int cb_take_##id(PyObject *o, const struct cb_signature *s,     \
                               int at, type *out)                             \
    {                                                                         \
        long long value = 0;                                                  \
        int how = cb_signed(o, s, at, &value);                                \
        if (CB_LIKELY(how == 0 && value >= (low) && value <= (high))) {       \
            *out = (type)value;                                               \
            return 0;                                                         \
        }                                                                     \
        if (how >= 0) {                                                       \
            cb_refuse_range(o, s, at, #type, (low),                           \
                            (unsigned long long)(high));                      \
        }                                                                     \
        return -1;                                                            \
    }

CB_TAKE_INTEGER(char, char, CHAR_MIN, CHAR_MAX)
CB_TAKE_INTEGER(schar, signed char, SCHAR_MIN, SCHAR_MAX)
CB_TAKE_INTEGER(uchar, unsigned char, 0, UCHAR_MAX)
CB_TAKE_INTEGER(short, short, SHRT_MIN, SHRT_MAX)
CB_TAKE_INTEGER(ushort, unsigned short, 0, USHRT_MAX)
CB_TAKE_INTEGER(int, int, INT_MIN, INT_MAX)
CB_TAKE_INTEGER(uint, unsigned int, 0, (long long)UINT_MAX)
CB_TAKE_INTEGER(long, long, LONG_MIN, LONG_MAX)
CB_TAKE_INTEGER(llong, long long, LLONG_MIN, LLONG_MAX)
#undef CB_TAKE_INTEGER

/* Above what a long long holds. 1: out of range, no exception. */
CB_COLD static int
cb_unsigned_slow(PyObject *o, const struct cb_signature *s, int at,
                 unsigned long long *out)
{
    PyObject *index = cb_index(o, s, at);
    if (index == NULL) {
        return -1;
    }
    *out = PyLong_AsUnsignedLongLong(index);
    Py_DECREF(index);
    if (*out == (unsigned long long)-1 && PyErr_Occurred()) {
        PyErr_Clear(); /* an int gives nothing but OverflowError here */
        return 1;
    }
    return 0;
}

#define CB_TAKE_UNSIGNED(id, type, high)                                      \
    CB_INLINE int cb_take_##id(PyObject *o, const struct cb_signature *s,     \
                               int at, type *out)                             \
    {                                                                         \
        int overflow = 0;                                                     \
        if (CB_LIKELY(PyLong_Check(o))) {                                     \
            long long value = 0;                                              \
            if (!CB_LIKELY(cb_is_small(o, &value))) {                         \
                value = PyLong_AsLongLongAndOverflow(o, &overflow);           \
            }                                                                 \
            if (CB_LIKELY(!overflow && value >= 0                             \
                          && (unsigned long long)value <= (high)))            \
            {                                                                 \
                *out = (type)value;                                           \
                return 0;                                                     \
            }                                                                 \
        }                                                                     \
        unsigned long long big = 0;                                           \
        int how = cb_unsigned_slow(o, s, at, &big);                           \
        if (how == 0 && big <= (high)) {                                      \
            *out = (type)big;                                                 \
            return 0;                                                         \
        }                                                                     \
        if (how >= 0) {                                                       \
            cb_refuse_range(o, s, at, #type, 0, (high));                      \
        }                                                                     \
        return -1;                                                            \
    }

CB_TAKE_UNSIGNED(ulong, unsigned long, ULONG_MAX)
CB_TAKE_UNSIGNED(ullong, unsigned long long, ULLONG_MAX)
#undef CB_TAKE_UNSIGNED

CB_INLINE int
cb_take_bool(PyObject *o, const struct cb_signature *s, int at, bool *out)
{
    (void)s;
    (void)at;
    int truth = o == Py_True ? 1 : o == Py_False ? 0 : PyObject_IsTrue(o);
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}

/* -- floating point ------------------------------------------------------- */

CB_COLD static int
cb_double_slow(PyObject *o, const struct cb_signature *s, int at,
               double *out)
{
    *out = PyFloat_AsDouble(o);
    if (*out != -1.0 || !PyErr_Occurred()) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
        PyErr_Clear();
        return cb_refuse_type(o, s, at, "a float");
    }
    if (PyErr_ExceptionMatches(PyExc_OverflowError) && PyLong_Check(o)) {
        PyErr_Clear();
        return cb_refuse_value(PyExc_OverflowError, o, s, at,
                               "is more than 'double' holds");
    }
    return -1;
}

CB_INLINE int
cb_take_double(PyObject *o, const struct cb_signature *s, int at,
               double *out)
{
    if (CB_LIKELY(PyFloat_CheckExact(o))) {
        *out = PyFloat_AS_DOUBLE(o);
        return 0;
    }
    return cb_double_slow(o, s, at, out);
}

CB_INLINE int
cb_take_float(PyObject *o, const struct cb_signature *s, int at, float *out)
{
    double value;
    if (cb_take_double(o, s, at, &value) < 0) {
        return -1;
    }
    *out = (float)value;
    /* Finite before and infinite now: NaN and infinities pass. */
    if (*out - *out != 0.0f && value - value == 0.0) {
        return cb_refuse_value(PyExc_OverflowError, o, s, at,
                               "is more than 'float' holds");
    }
    return 0;
}

CB_INLINE int
cb_take_ldouble(PyObject *o, const struct cb_signature *s, int at,
                long double *out)
{
    double value;
    if (cb_take_double(o, s, at, &value) < 0) {
        return -1;
    }
    *out = value;
    return 0;
}

/* The other way: Python has no float beyond double. */
CB_INLINE int
cb_narrow(long double value, const struct cb_signature *s, double *out)
{
    *out = (double)value;
    if (*out - *out != 0.0 && value - value == 0.0L) {
        PyErr_Format(PyExc_OverflowError,
                     "%s() returned a long double that is more than a float "
                     "of Python holds",
                     s->name);
        return -1;
    }
    return 0;
}

CB_INLINE PyObject *
cb_give_ldouble(long double value, const struct cb_signature *s)
{
    double narrow;
    return cb_narrow(value, s, &narrow) < 0 ? NULL
                                            : PyFloat_FromDouble(narrow);
}

#endif
