/* @MODULE@: waits for the disk without holding up other threads.
 *
 *     from @MODULE@ import checksum
 *     checksum("/etc/hosts")     # the same as zlib.adler32 of its bytes
 */
#include <Python.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

/* One sum of Adler-32. */
typedef struct {
    uint32_t low;
    uint32_t high;
} Sum;

/* Knows nothing of Python, so it may run without the GIL. */
static ssize_t
read_block(int fd, Sum *sum)
{
    unsigned char bytes[16384];
    ssize_t count = read(fd, bytes, sizeof(bytes));
    for (ssize_t i = 0; i < count; i++) {
        sum->low = (sum->low + bytes[i]) % 65521;
        sum->high = (sum->high + sum->low) % 65521;
    }
    return count;
}

static int
open_file(const char *path)
{
    int fd;
    do {
        /* Between these two lines other threads run: no Python object may
         * be touched here. */
        Py_BEGIN_ALLOW_THREADS
        fd = open(path, O_RDONLY | O_CLOEXEC);
        Py_END_ALLOW_THREADS
        /* A signal cut it short: Python's handler runs now, and may raise
         * (KeyboardInterrupt does). */
    } while (fd < 0 && errno == EINTR && PyErr_CheckSignals() == 0);
    return fd;
}

static int
read_all(int fd, Sum *sum)
{
    for (;;) {
        ssize_t count;
        Py_BEGIN_ALLOW_THREADS
        count = read_block(fd, sum);
        Py_END_ALLOW_THREADS
        if (count == 0) {
            return 0;
        }
        if (count < 0 && errno != EINTR) {
            return -1;
        }
        if (PyErr_CheckSignals() < 0) {
            return -1;
        }
    }
}

static PyObject *
checksum(PyObject *module, PyObject *path)
{
    (void)module;
    PyObject *name = NULL; /* bytes, made of a str or a pathlib.Path */
    if (!PyUnicode_FSConverter(path, &name)) {
        return NULL;
    }
    Sum sum = {1, 0};
    int fd = open_file(PyBytes_AS_STRING(name));
    int status = fd < 0 ? -1 : read_all(fd, &sum);
    if (status < 0 && !PyErr_Occurred()) {
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
    }
    if (fd >= 0) {
        close(fd);
    }
    Py_DECREF(name);
    if (status < 0) {
        return NULL;
    }
    return PyLong_FromUnsignedLong((unsigned long)sum.high << 16 | sum.low);
}

static PyMethodDef functions[] = {
    {"checksum", checksum, METH_O,
     "checksum(path) -> int: Adler-32 of a file's bytes"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {
#ifdef Py_mod_multiple_interpreters /* Python 3.12 */
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_mod_gil /* Python 3.13: fine without the GIL, nothing is shared */
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "@MODULE@",
    .m_doc = "one function: checksum(path) -> int",
    .m_methods = functions,
    .m_slots = slots,
};

/* Called by `import @MODULE@`; its name must end in the file's name. */
PyMODINIT_FUNC
PyInit_@NAME@(void)
{
    return PyModuleDef_Init(&definition);
}
