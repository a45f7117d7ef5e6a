/* cowbird_callbacks.h: Python callables that C calls while a call lasts.
 *
 * Part of cowbird_binding.h, for bindings that take some. C may call from the
 * thread that Python called, with the GIL or without, or from any other while
 * the call lasts (a call that waits for those gives up the GIL: CB_NOGIL).
 */
#ifndef COWBIRD_CALLBACKS_H
#define COWBIRD_CALLBACKS_H

#include <cowbird_binding.h>
#include <pthread.h>

struct cb_callback {
    PyObject *function;  /* borrowed from the call's arguments */
    PyObject *last;      /* what it returned last, whose text C may hold */
    pthread_t thread;    /* that Python called */
    volatile int failed; /* the exception is kept; Python is called no more */
    PyObject *type, *value, *trace;
};

/* How this thread came by the GIL. */
struct cb_entry {
    bool is_foreign;
    PyGILState_STATE gil; /* of a foreign thread */
#ifdef CB_USES_NOGIL
    struct cb_away *away;
#endif
};

static int
cb_take_callback(PyObject *o, const struct cb_signature *s, int at,
                 struct cb_callback *k)
{
    if (!PyCallable_Check(o)) {
        return cb_refuse_type(o, s, at, "callable");
    }
    k->function = o;
    k->thread = pthread_self();
    return 0;
}

static void
cb_callback_out(struct cb_entry *entry)
{
    if (entry->is_foreign) {
        PyGILState_Release(entry->gil);
        return;
    }
#ifdef CB_USES_NOGIL
    cb_away_again(entry->away);
#endif
}

/* False: there is nothing to call any more. */
static bool
cb_callback_enter(struct cb_callback *k, struct cb_entry *entry)
{
    if (k->failed) {
        return false;
    }
    entry->is_foreign = !pthread_equal(k->thread, pthread_self());
    if (entry->is_foreign) {
        entry->gil = PyGILState_Ensure();
    }
#ifdef CB_USES_NOGIL
    else {
        entry->away = cb_back();
    }
#endif
    if (!k->failed && !PyErr_Occurred()) {
        return true;
    }
    cb_callback_out(entry); /* cb_raise came before, or another thread's */
    return false;
}

/* Takes the arguments, from args[1] on; NULL among them: an exception is
 * set. */
static PyObject *
cb_callback_call(struct cb_callback *k, PyObject **args, size_t count)
{
    PyObject *result = NULL;
    bool has_all = true;
    for (size_t i = 1; i <= count; i++) {
        has_all &= args[i] != NULL;
    }
    if (has_all) {
        result = PyObject_Vectorcall(
            k->function, args + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET,
            NULL);
    }
    for (size_t i = 1; i <= count; i++) {
        Py_XDECREF(args[i]);
    }
    return result;
}

/* A text may be NULL. */
CB_APART static int
cb_take_answer(PyObject *o, const struct cb_signature *s, int at,
               const char **out)
{
    if (o == Py_None) {
        *out = NULL;
        return 0;
    }
    return cb_take_text(o, s, at, out);
}

/* Takes `result`. The first exception is kept for the call's end. */
static void
cb_callback_leave(struct cb_callback *k, struct cb_entry *entry,
                  PyObject *result)
{
    if (PyErr_Occurred()) {
        if (k->failed) {
            PyErr_Clear(); /* another thread was first */
        }
        else {
            k->failed = 1;
            PyErr_Fetch(&k->type, &k->value, &k->trace);
        }
    }
    PyObject *last = k->last;
    k->last = result;
    Py_XDECREF(last);
    cb_callback_out(entry);
}

/* What it raised is the call's, before what the C function made of it. */
static void
cb_callback_end(struct cb_callback *k)
{
    if (k->failed) {
        cb_has_raised = 1;
        PyErr_Restore(k->type, k->value, k->trace);
    }
}

#endif
