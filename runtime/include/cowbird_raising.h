/* cowbird_raising.h: cb_raise and its like, with the GIL or, in a call that
 * gave it up, without: they find the thread's own call and take it back.
 *
 * Part of cowbird_binding.h, for no other use.
 */
#ifndef COWBIRD_RAISING_H
#define COWBIRD_RAISING_H

#include <cowbird_binding.h>
#ifdef CB_USES_NOGIL
#include <pthread.h>
#endif

/* Becomes true with the first cb_raise, so that a module that never raises
 * pays one load a call for it. */
static volatile int cb_has_raised;

#ifdef CB_SEES_PYTHON
#define CB_FAILED() (PyErr_Occurred() != NULL)
#else
#define CB_FAILED() (cb_has_raised && PyErr_Occurred() != NULL)
#endif

#ifdef CB_USES_NOGIL
/* A call that runs without the GIL. cb_raise finds its own by the thread. */
struct cb_away {
    struct cb_away *next;
    PyThreadState *state;
    pthread_t thread;
};

static struct cb_away *cb_aways;
static pthread_mutex_t cb_aways_lock = PTHREAD_MUTEX_INITIALIZER;

static void
cb_leave(struct cb_away *away)
{
    away->thread = pthread_self();
    away->state = PyEval_SaveThread();
    pthread_mutex_lock(&cb_aways_lock);
    away->next = cb_aways;
    cb_aways = away;
    pthread_mutex_unlock(&cb_aways_lock);
}

static void
cb_return(struct cb_away *away)
{
    struct cb_away **at = &cb_aways;
    pthread_mutex_lock(&cb_aways_lock);
    while (*at != away) {
        at = &(*at)->next;
    }
    *at = away->next;
    pthread_mutex_unlock(&cb_aways_lock);
    PyEval_RestoreThread(away->state);
}

static PyThreadState *
cb_away_state(void)
{
    PyThreadState *state = NULL;
    pthread_mutex_lock(&cb_aways_lock);
    for (struct cb_away *at = cb_aways; at != NULL; at = at->next) {
        if (pthread_equal(at->thread, pthread_self())) {
            state = at->state;
            break;
        }
    }
    pthread_mutex_unlock(&cb_aways_lock);
    return state;
}
#endif

static PyObject *
cb_exception_of(enum cb_exception kind)
{
#define CB_CASE(name)                                                         \
    case CB_##name:                                                           \
        return PyExc_##name;
    switch (kind) {
        CB_CASE(Exception)
        CB_CASE(ArithmeticError)
        CB_CASE(BufferError)
        CB_CASE(EOFError)
        CB_CASE(FileNotFoundError)
        CB_CASE(IndexError)
        CB_CASE(KeyError)
        CB_CASE(LookupError)
        CB_CASE(MemoryError)
        CB_CASE(NotImplementedError)
        CB_CASE(OSError)
        CB_CASE(OverflowError)
        CB_CASE(PermissionError)
        CB_CASE(RuntimeError)
        CB_CASE(TimeoutError)
        CB_CASE(TypeError)
        CB_CASE(ValueError)
        CB_CASE(ZeroDivisionError)
    }
#undef CB_CASE
    return PyExc_SystemError;
}

int
cb_raise(enum cb_exception kind, const char *format, ...)
{
    char text[1024]; /* longer ones are cut */
    va_list rest;
    va_start(rest, format);
    int len = vsnprintf(text, sizeof(text), format, rest);
    va_end(rest);
    if (len < 0) {
        len = 0;
    }
    if (len >= (int)sizeof(text)) {
        len = (int)sizeof(text) - 1;
    }
#ifdef CB_USES_NOGIL
    PyThreadState *away = cb_away_state();
    if (away != NULL) {
        PyEval_RestoreThread(away);
    }
#endif
    cb_has_raised = 1;
    PyObject *words = PyUnicode_DecodeUTF8(text, len, "replace");
    if (words != NULL) {
        PyErr_SetObject(cb_exception_of(kind), words);
        Py_DECREF(words);
    }
#ifdef CB_USES_NOGIL
    if (away != NULL) {
        PyEval_SaveThread();
    }
#endif
    return 0;
}

int
cb_raise_errno(const char *path)
{
    int error = errno;
#ifdef CB_USES_NOGIL
    PyThreadState *away = cb_away_state();
    if (away != NULL) {
        PyEval_RestoreThread(away);
    }
#endif
    cb_has_raised = 1;
    PyObject *name = path == NULL ? NULL : PyUnicode_DecodeFSDefault(path);
    if (path == NULL || name != NULL) {
        errno = error;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name);
    }
    Py_XDECREF(name);
#ifdef CB_USES_NOGIL
    if (away != NULL) {
        PyEval_SaveThread();
    }
#endif
    return 0;
}

#endif
