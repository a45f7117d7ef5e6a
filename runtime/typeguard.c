/* typeguard: see typeguard.h. */
#include "typeguard.h"

#include <pthread.h>

#include "guard.h"

#define GUARDED_MAX 16

static pthread_t preparing;
static struct guarded {
    PyTypeObject *type; /* borrowed: a record has it */
    allocfunc alloc;
    Py_ssize_t basicsize;
} all[GUARDED_MAX];

static struct guarded *
find(const PyTypeObject *type)
{
    for (size_t i = 0; i < GUARDED_MAX; i++) {
        if (all[i].type == type) {
            return &all[i];
        }
    }
    return NULL;
}

static PyObject *
guarded_alloc(PyTypeObject *type, Py_ssize_t items)
{
    const struct guarded *g = find(type);
    if (g == NULL || !pthread_equal(preparing, pthread_self())) {
        return g == NULL ? PyType_GenericAlloc(type, items)
                         : g->alloc(type, items);
    }
    return PyErr_Format(PyExc_RuntimeError,
                        "objects of %s can't be made while its layout "
                        "changes, and the init makes one: restart the app",
                        type->tp_name);
}

int
typeguard_begin(PyTypeObject *type, Py_ssize_t basicsize, struct err *e)
{
    struct guarded *g = find(NULL);
    if (g == NULL) {
        return err_set(e, ERR_REFUSED,
                       "more than %d types would be laid out anew: restart "
                       "the app",
                       GUARDED_MAX);
    }
    *g = (struct guarded){type, type->tp_alloc, type->tp_basicsize};
    preparing = pthread_self();
    type->tp_alloc = guarded_alloc;
    if (basicsize > type->tp_basicsize) {
        type->tp_basicsize = basicsize;
    }
    return 0;
}

void
typeguard_end(PyTypeObject *type)
{
    struct guarded *g = find(type);
    if (g != NULL) {
        type->tp_alloc = g->alloc;
        type->tp_basicsize = g->basicsize;
        g->type = NULL;
    }
}
