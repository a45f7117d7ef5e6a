/* cowbird_handles.h: pointers of C that Python holds and does not look into.
 *
 * Part of cowbird_binding.h, for bindings that have such classes. A handle
 * points at nothing of the image that made it: it may live longer. A call
 * that has one keeps it from being closed by another thread meanwhile.
 */
#ifndef COWBIRD_HANDLES_H
#define COWBIRD_HANDLES_H

#include <cowbird_binding.h>

struct cb_handle {
    PyObject_HEAD
    void *pointer;
    struct cb_handle *owner; /* of a borrowed one: what it lives in; owned */
    int users;               /* calls, and what is borrowed in calls */
    bool is_borrowed;        /* not Python's to close */
    bool is_closed;
};

struct cb_class {
    const char *name;
    PyTypeObject *type;
};

/* `users` and `is_closed` change under it where there is no GIL. */
#ifdef Py_GIL_DISABLED
#define CB_HANDLE_LOCK(h) Py_BEGIN_CRITICAL_SECTION(h)
#define CB_HANDLE_UNLOCK() Py_END_CRITICAL_SECTION()
#else
#define CB_HANDLE_LOCK(h) {
#define CB_HANDLE_UNLOCK() }
#endif

CB_INLINE bool
cb_is_open(PyObject *self)
{
    return !((struct cb_handle *)self)->is_closed;
}

CB_INLINE bool
cb_is_owned(PyObject *self)
{
    struct cb_handle *h = (struct cb_handle *)self;
    return !h->is_closed && !h->is_borrowed;
}

/* -- arguments ------------------------------------------------------------ */

CB_COLD static int
cb_refuse_handle(PyObject *kind, const struct cb_signature *s, int at,
                 const char *is, const struct cb_class *c)
{
    PyErr_Format(kind, "%s() argument '%s' is a %s%s", s->name, s->names[at],
                 c->name, is);
    return -1;
}

static void
cb_let_handle(struct cb_handle *h)
{
    while (h != NULL) {
        struct cb_handle *owner = h->owner;
        CB_HANDLE_LOCK(h)
        h->users--;
        CB_HANDLE_UNLOCK()
        h = owner;
    }
}

/* One more user of it, and of all that it lives in. */
CB_INLINE bool
cb_hold_handle(struct cb_handle *h)
{
    bool is_open = true;
    struct cb_handle *last = h;
    while (last != NULL) {
        CB_HANDLE_LOCK(last)
        is_open = !last->is_closed;
        last->users += is_open;
        CB_HANDLE_UNLOCK()
        if (!is_open) {
            break;
        }
        last = last->owner;
    }
    for (; !is_open && h != last; h = h->owner) {
        CB_HANDLE_LOCK(h)
        h->users--;
        CB_HANDLE_UNLOCK()
    }
    return is_open;
}

CB_INLINE int
cb_take_handle(PyObject *o, const struct cb_signature *s, int at,
               const struct cb_class *c, struct cb_handle **out)
{
    if (Py_TYPE(o) != c->type) {
        return cb_refuse_type(o, s, at, c->name);
    }
    if (!cb_hold_handle((struct cb_handle *)o)) {
        return cb_refuse_handle(PyExc_ValueError, s, at,
                                cb_is_open(o) ? " that lives in a closed one"
                                              : " that is closed",
                                c);
    }
    *out = (struct cb_handle *)o;
    return 0;
}

/* For the call that ends it. */
static int
cb_take_ending(PyObject *o, const struct cb_signature *s, int at,
               const struct cb_class *c, struct cb_handle **out)
{
    struct cb_handle *h = (struct cb_handle *)o;
    const char *why = NULL;
    PyObject *kind = PyExc_ValueError;
    if (Py_TYPE(o) != c->type) {
        return cb_refuse_type(o, s, at, c->name);
    }
    CB_HANDLE_LOCK(o)
    if (h->is_closed) {
        why = " that is closed";
    }
    else if (h->is_borrowed) {
        why = " that is borrowed, and not Python's to close";
    }
    else if (h->users > 0) {
        why = " that another call uses just now";
        kind = PyExc_RuntimeError;
    }
    else {
        h->is_closed = true;
    }
    CB_HANDLE_UNLOCK()
    *out = h;
    return why == NULL ? 0 : cb_refuse_handle(kind, s, at, why, c);
}

/* -- results -------------------------------------------------------------- */

/* Takes the pointer at `holder`, and clears it, when all goes well. `handles`
 * are those that the call was given: what it gives back may be one of them,
 * or live in the first. */
CB_APART static PyObject *
cb_give_handle(void *holder, const struct cb_class *c, bool is_borrowed,
               struct cb_handle **handles, int count)
{
    struct cb_handle *owner = NULL;
    void *pointer;
    memcpy(&pointer, holder, sizeof(pointer));
    if (pointer == NULL) {
        Py_RETURN_NONE;
    }
    for (int i = 0; i < count; i++) {
        struct cb_handle *h = handles[i];
        if (h != NULL && h->pointer == pointer && Py_TYPE(h) == c->type) {
            Py_INCREF(h);
            memset(holder, 0, sizeof(pointer));
            return (PyObject *)h;
        }
        owner = owner == NULL ? h : owner;
    }
    struct cb_handle *h = PyObject_New(struct cb_handle, c->type);
    if (h == NULL) {
        return NULL;
    }
    h->pointer = pointer;
    h->owner = is_borrowed ? owner : NULL;
    Py_XINCREF(h->owner);
    h->users = 0;
    h->is_borrowed = is_borrowed;
    h->is_closed = false;
    memset(holder, 0, sizeof(pointer));
    return (PyObject *)h;
}

/* For a call that failed: what it gave nobody will get. */
CB_APART static void
cb_drop_handle(void *holder, const struct cb_class *c,
               struct cb_handle **handles, int count)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *dropped = cb_give_handle(holder, c, false, handles, count);
    if (dropped == NULL) {
        PyErr_Clear(); /* out of memory: it is not closed */
    }
    Py_XDECREF(dropped);
    PyErr_Restore(type, value, trace);
}

/* -- the class ------------------------------------------------------------ */

static PyObject *
cb_handle_new(PyTypeObject *type, PyObject *args, PyObject *named)
{
    (void)args;
    (void)named;
    PyErr_Format(PyExc_TypeError,
                 "%s objects come from the module's functions", type->tp_name);
    return NULL;
}

static PyObject *
cb_handle_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<%s%s at %p>",
                                cb_is_open(self) ? "" : "closed ",
                                Py_TYPE(self)->tp_name, (void *)self);
}

/* Of a class that nothing ends. */
CB_APART static void
cb_finalize(PyObject *self)
{
    (void)self;
}

/* Closes one that nobody holds: its exception has nobody to go to. */
CB_APART static void
cb_finish(PyObject *self, PyCFunction close)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject *done = close(self, NULL);
    if (done == NULL) {
        PyErr_WriteUnraisable(self);
    }
    Py_XDECREF(done);
    PyErr_Restore(type, value, trace);
}

static void
cb_handle_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (PyObject_CallFinalizerFromDealloc(self) < 0) {
        return;
    }
    Py_XDECREF(((struct cb_handle *)self)->owner);
    type->tp_free(self);
    Py_DECREF(type);
}

CB_APART static PyObject *
cb_enter(PyObject *self, PyObject *none)
{
    (void)none;
    if (!cb_is_open(self)) {
        PyErr_Format(PyExc_ValueError, "this %s is closed",
                     Py_TYPE(self)->tp_name);
        return NULL;
    }
    Py_INCREF(self);
    return self;
}

/* The reference is the image's, for as long as its code is there. */
static int
cb_add_class(PyObject *module, struct cb_class *c, PyType_Spec *spec)
{
    PyObject *type = PyType_FromSpec(spec);
    c->type = (PyTypeObject *)type;
    Py_XINCREF(type);
    return cb_add(module, c->name, type);
}

#endif
