/* cowbird_complex.h: Python's complex to C's and back.
 *
 * Part of cowbird_binding.h, for bindings that have such numbers: tcc knows
 * none. The parts are reached as an array of two, as C lays them out, since
 * `_Complex_I` brings a NaN where one part is infinite.
 */
#ifndef COWBIRD_COMPLEX_H
#define COWBIRD_COMPLEX_H

#include <cowbird_binding.h>

CB_ITEMS(cfloat, float _Complex, "Zf")
CB_ITEMS(cdouble, double _Complex, "Zd")
CB_ITEMS(cldouble, long double _Complex, "Zg")

CB_COLD static int
cb_complex_slow(PyObject *o, const struct cb_signature *s, int at,
                Py_complex *out)
{
    *out = PyComplex_AsCComplex(o);
    if (out->real != -1.0 || !PyErr_Occurred()) {
        return 0;
    }
    if (PyErr_ExceptionMatches(PyExc_TypeError)
        && (PyUnicode_Check(o)
            || (!PyIndex_Check(o) && !PyNumber_Check(o))))
    {
        PyErr_Clear();
        return cb_refuse_type(o, s, at, "a complex");
    }
    if (PyErr_ExceptionMatches(PyExc_OverflowError) && PyLong_Check(o)) {
        PyErr_Clear();
        return cb_refuse_value(PyExc_OverflowError, o, s, at,
                               "is more than 'double' holds");
    }
    return -1;
}

CB_INLINE int
cb_complex(PyObject *o, const struct cb_signature *s, int at,
           Py_complex *out)
{
    if (CB_LIKELY(PyComplex_CheckExact(o))) {
        *out = ((PyComplexObject *)o)->cval;
        return 0;
    }
    return cb_complex_slow(o, s, at, out);
}

#define CB_TAKE_COMPLEX(id, part)                                             \
    CB_INLINE int cb_take_##id(PyObject *o, const struct cb_signature *s,     \
                               int at, part _Complex *out)                    \
    {                                                                         \
        Py_complex value;                                                     \
        if (cb_complex(o, s, at, &value) < 0) {                               \
            return -1;                                                        \
        }                                                                     \
        part *parts = (part *)out;                                            \
        parts[0] = (part)value.real;                                          \
        parts[1] = (part)value.imag;                                          \
        bool is_over = (parts[0] - parts[0] != 0                              \
                        && value.real - value.real == 0)                      \
                       || (parts[1] - parts[1] != 0                           \
                           && value.imag - value.imag == 0);                  \
        return is_over ? cb_refuse_value(PyExc_OverflowError, o, s, at,       \
                                         "is more than '" #part               \
                                         " _Complex' holds")                  \
                       : 0;                                                   \
    }

CB_TAKE_COMPLEX(cfloat, float)
CB_TAKE_COMPLEX(cdouble, double)
CB_TAKE_COMPLEX(cldouble, long double)
#undef CB_TAKE_COMPLEX

CB_INLINE PyObject *
cb_give_cdouble(double _Complex value, const struct cb_signature *s)
{
    const double *parts = (const double *)&value;
    (void)s;
    return PyComplex_FromDoubles(parts[0], parts[1]);
}

CB_INLINE PyObject *
cb_give_cldouble(long double _Complex value, const struct cb_signature *s)
{
    const long double *parts = (const long double *)&value;
    double real, imag;
    if (cb_narrow(parts[0], s, &real) < 0
        || cb_narrow(parts[1], s, &imag) < 0)
    {
        return NULL;
    }
    return PyComplex_FromDoubles(real, imag);
}

#endif
