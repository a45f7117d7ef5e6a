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
    PyThreadState *state; /* NULL while a callback has the GIL */
    pthread_t thread;
    volatile int is_cancelled;
};

/* The calls of this image: the address that it begins with keeps a swap from
 * taking them along. */
static struct cb_away cb_no_away;
static struct {
    struct cb_away *first; /* ends with cb_no_away */
    pthread_mutex_t lock;
} cb_aways = {&cb_no_away, PTHREAD_MUTEX_INITIALIZER};

static void
cb_leave(struct cb_away *away)
{
    away->thread = pthread_self();
    away->is_cancelled = 0;
    away->state = PyEval_SaveThread();
    pthread_mutex_lock(&cb_aways.lock);
    away->next = cb_aways.first;
    cb_aways.first = away;
    pthread_mutex_unlock(&cb_aways.lock);
}

static void
cb_return(struct cb_away *away)
{
    struct cb_away **at = &cb_aways.first;
    pthread_mutex_lock(&cb_aways.lock);
    while (*at != away) {
        at = &(*at)->next;
    }
    *at = away->next;
    pthread_mutex_unlock(&cb_aways.lock);
    PyEval_RestoreThread(away->state);
}

/* This thread's last call, when it runs without the GIL just now; else
 * NULL. */
static struct cb_away *
cb_away_here(void)
{
    pthread_mutex_lock(&cb_aways.lock);
    struct cb_away *at = cb_aways.first;
    while (at != &cb_no_away && !pthread_equal(at->thread, pthread_self())) {
        at = at->next;
    }
    pthread_mutex_unlock(&cb_aways.lock);
    return at == &cb_no_away || at->state == NULL ? NULL : at;
}

/* Takes the GIL back for a while; NULL: this thread has it. */
static struct cb_away *
cb_back(void)
{
    struct cb_away *away = cb_away_here();
    if (away != NULL) {
        PyThreadState *state = away->state;
        away->state = NULL;
        PyEval_RestoreThread(state);
    }
    return away;
}

static void
cb_away_again(struct cb_away *away)
{
    if (away != NULL) {
        away->state = PyEval_SaveThread();
    }
}
#endif

#ifdef CB_USES_EXCEPTIONS
#define CB_OWN_KINDS 1000

/* Written by bindgen: the class of a kind of the module's own, or NULL. */
CB_HIDDEN_ PyObject *cb_own_exception(enum cb_exception kind);
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
#ifdef CB_USES_EXCEPTIONS
    PyObject *own = cb_own_exception(kind);
    if (own != NULL) {
        return own;
    }
#endif
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
    struct cb_away *away = cb_back();
#endif
    cb_has_raised = 1;
    PyObject *words = PyUnicode_DecodeUTF8(text, len, "replace");
    if (words != NULL) {
        PyErr_SetObject(cb_exception_of(kind), words);
        Py_DECREF(words);
    }
#ifdef CB_USES_NOGIL
    cb_away_again(away);
#endif
    return 0;
}

int
cb_raise_errno(const char *path)
{
    int error = errno;
#ifdef CB_USES_NOGIL
    struct cb_away *away = cb_back();
#endif
    cb_has_raised = 1;
    PyObject *name = path == NULL ? NULL : PyUnicode_DecodeFSDefault(path);
    if (path == NULL || name != NULL) {
        errno = error;
        PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name);
    }
    Py_XDECREF(name);
#ifdef CB_USES_NOGIL
    cb_away_again(away);
#endif
    return 0;
}

int
cb_cancelled(void)
{
#ifdef CB_USES_NOGIL
    struct cb_away *away = cb_away_here();
    return away != NULL && away->is_cancelled;
#else
    return 0;
#endif
}

#endif
