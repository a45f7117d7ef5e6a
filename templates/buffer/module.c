/* @MODULE@: works on the memory of an array of double, without a copy.
 *
 *     from array import array            # or numpy: float64
 *     from @MODULE@ import total, scale
 *     prices = array("d", [1, 2, 3])
 *     scale(prices, 1.5)                 # in place
 *     total(prices)                      # 9.0
 */
#include <Python.h>
#include <stdint.h>
#include <string.h>

/* "d" may come with a byte order in front; '<' is ours on a little-endian
 * machine. */
static int
is_double(const char *format)
{
    const char *order = PY_LITTLE_ENDIAN ? "@=<" : "@=>!";
    if (format == NULL) { /* plain bytes */
        return 0;
    }
    if (format[0] != '\0' && strchr(order, format[0]) != NULL) {
        format++;
    }
    return strcmp(format, "d") == 0;
}

/* Borrows the memory of `object` until PyBuffer_Release(view). Asking for
 * PyBUF_WRITABLE makes bytes and read-only arrays raise BufferError. */
static int
get_doubles(const char *function, PyObject *object, int flags,
            Py_buffer *view)
{
    if (!PyObject_CheckBuffer(object)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes an array of double, not %.100s", function,
                     Py_TYPE(object)->tp_name);
        return -1;
    }
    flags |= PyBUF_C_CONTIGUOUS | PyBUF_FORMAT;
    if (PyObject_GetBuffer(object, view, flags) < 0) {
        return -1;
    }
    if (!is_double(view->format)) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes items of format 'd' (double), not '%.20s'",
                     function, view->format == NULL ? "B" : view->format);
        PyBuffer_Release(view);
        return -1;
    }
    if (view->len > 0 && (uintptr_t)view->buf % sizeof(double) != 0) {
        PyErr_Format(PyExc_BufferError,
                     "%s() takes an array whose memory is aligned", function);
        PyBuffer_Release(view);
        return -1;
    }
    return 0;
}

static PyObject *
total(PyObject *module, PyObject *array)
{
    (void)module;
    Py_buffer view;
    if (get_doubles("total", array, PyBUF_SIMPLE, &view) < 0) {
        return NULL;
    }
    const double *values = view.buf;
    Py_ssize_t count = view.len / (Py_ssize_t)sizeof(double);
    double sum = 0.0;
    for (Py_ssize_t i = 0; i < count; i++) {
        sum += values[i];
    }
    PyBuffer_Release(&view);
    return PyFloat_FromDouble(sum);
}

/* METH_FASTCALL: the arguments come as a C array of borrowed objects. */
static PyObject *
scale(PyObject *module, PyObject *const *args, Py_ssize_t arg_count)
{
    (void)module;
    if (arg_count != 2) {
        PyErr_Format(PyExc_TypeError,
                     "scale() takes 2 arguments (array, factor), not %zd",
                     arg_count);
        return NULL;
    }
    double factor = PyFloat_AsDouble(args[1]);
    if (factor == -1.0 && PyErr_Occurred()) {
        return NULL;
    }
    Py_buffer view;
    if (get_doubles("scale", args[0], PyBUF_WRITABLE, &view) < 0) {
        return NULL;
    }
    double *values = view.buf;
    Py_ssize_t count = view.len / (Py_ssize_t)sizeof(double);
    for (Py_ssize_t i = 0; i < count; i++) {
        values[i] *= factor;
    }
    PyBuffer_Release(&view);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"total", total, METH_O, "total(array) -> float: the sum of its items"},
    {"scale", (PyCFunction)(void (*)(void))scale, METH_FASTCALL,
     "scale(array, factor): multiplies every item, in place"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters /* Python 3.12 */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil /* Python 3.13: two threads must not scale the same array
                     at once without it */
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "@MODULE@",
    .m_doc = "kernels over arrays of double",
    .m_methods = functions,
    .m_slots = slots,
};

/* Called by `import @MODULE@`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_@NAME@(void)
{
    return PyModuleDef_Init(&definition);
}
