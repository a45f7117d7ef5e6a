/* statictype: see statictype.h. */
#include "statictype.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "native.h"
#include "refs.h"
#include "staticspec.h"
#include "swap.h"
#include "type.h"
#include "typechange.h"
#include "typespec.h"

#include "guard.h"

static const char known[] = "CPython knows its static types";
static const char twice[] = "it has two static types of one name";
static const char again[]
    = "an init that failed has made its static types ready";

PyObject *
statictype_live(const struct type_change *c, PyObject *o)
{
    while (c != NULL && (PyObject *)c->shadow != o) {
        c = c->next;
    }
    return c == NULL ? o : c->type->object;
}

static PyObject *
live(const struct type_loading *l, PyTypeObject *type)
{
    return statictype_live(l->changes == NULL ? NULL : *l->changes,
                           (PyObject *)type);
}

/* As the source has them: a tuple, one type or NULL. */
static PyObject *
bases_of(const struct type_loading *l, const PyTypeObject *type)
{
    if (type->tp_bases != NULL) {
        return type->tp_bases;
    }
    return live(l, type->tp_base);
}

static void
note_offsets(struct type *t, const PyTypeObject *type)
{
    t->offsets[0] = type->tp_dictoffset;
    t->offsets[1] = type->tp_weaklistoffset;
    t->offsets[2] = type->tp_vectorcall_offset;
}

/* One that is not there yet: CPython's for ever. */
static int
publish(struct type_loading *l, PyTypeObject *type)
{
    struct err e = ERR_INIT;
    struct staticspec s;
    staticspec_read(type, &s);
    struct type *t = type_new(type->tp_name, bases_of(l, type), &e);
    PyType_Spec *copy = NULL;
    if (t != NULL) {
        t->is_static = true;
        note_offsets(t, type);
        copy = typespec_copy(&s.spec, l->image, t, &e);
    }
    if (copy == NULL || staticspec_write(type, copy, &e) < 0) {
        PyErr_SetString(PyExc_RuntimeError, e.text);
        return -1;
    }
    free(copy->slots);
    free(copy);
    type->tp_base = (PyTypeObject *)live(l, type->tp_base);
    if (PyType_Ready(type) < 0) {
        return -1;
    }
    t->object = Py_NewRef((PyObject *)type);
    typespec_bind(t);
    if (type_keep(l, t) < 0) {
        PyErr_SetString(PyExc_MemoryError, "out of memory for a type");
        return -1;
    }
    return 0;
}

static int
check_offsets(const struct type *t, const PyTypeObject *type, struct err *e)
{
    struct type now;
    note_offsets(&now, type);
    if (memcmp(now.offsets, t->offsets, sizeof(now.offsets)) == 0) {
        return 0;
    }
    return err_set(e, ERR_REFUSED,
                   "the places of __dict__, weak references or vectorcall in "
                   "objects of %s would change: restart the app",
                   t->name);
}

/* A plan for the one that is there; `type` becomes its shadow. */
static void
renew(struct type_loading *l, struct type *t, PyTypeObject *type)
{
    struct err e = ERR_INIT;
    struct staticspec s;
    struct type_change *c = NULL;
    staticspec_read(type, &s);
    if (!t->is_static) {
        err_set(&e, ERR_REFUSED,
                "type %s becomes static or was made otherwise: restart the "
                "app",
                t->name);
    }
    else if (check_offsets(t, type, &e) == 0) {
        c = type_plan(t, &s.spec, bases_of(l, type), l, &e);
    }
    if (c == NULL) {
        if (!err_is_set(&l->refusal)) {
            l->refusal = e;
        }
        return;
    }
    c->shadow = type;
    c->next = *l->changes;
    *l->changes = c;
}

/* Made ready by a call, when nobody is loading: no init will do it again. */
static void
note_late(const PyTypeObject *type)
{
    struct image *i = image_first();
    while (i != NULL && !elf_holds(&i->elf, type)) {
        i = i->next;
    }
    struct native *n = i == NULL ? NULL : native_find(i->name);
    if (n != NULL) {
        i->pin = i->pin != NULL ? i->pin : known;
        n->fixed = "a call, not its init, has made a static type ready";
    }
}

static int
make_known(struct type_loading *l, PyTypeObject *type)
{
    struct type *t = type_find(l->native->types, type->tp_name);
    if (l->image->pin == NULL) {
        l->image->pin = known;
    }
    if (type_is_planned(l, type->tp_name) || (t != NULL && l->changes == NULL))
    {
        if (l->changes == NULL) {
            l->native->fixed = twice;
        }
        else if (!err_is_set(&l->refusal)) {
            err_set(&l->refusal, ERR_REFUSED,
                    "%s has two types called %s: restart the app",
                    l->image->source, type->tp_name);
        }
        return PyType_Ready(type);
    }
    if (t == NULL) {
        return publish(l, type);
    }
    renew(l, t, type);
    return PyType_Ready(type);
}

static bool
is_recorded(const struct type_loading *l, const PyTypeObject *type)
{
    const struct type *t = type_find(l->native->types, type->tp_name);
    return (t != NULL && t->object == (const PyObject *)type)
           || type_is_planned(l, type->tp_name);
}

static int
our_ready(PyTypeObject *type)
{
    struct type_loading *l = type_loading_here();
    bool is_ready = (type->tp_flags & Py_TPFLAGS_READY) != 0;
    if (l == NULL) {
        if (!is_ready) {
            note_late(type);
        }
        return PyType_Ready(type);
    }
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0
        || !elf_holds(&l->image->elf, type))
    {
        return PyType_Ready(type);
    }
    if (is_ready) {
        if (l->changes == NULL && !is_recorded(l, type)) {
            l->native->fixed = again;
        }
        return 0;
    }
    return make_known(l, type);
}

static int
our_add_type(PyObject *module, PyTypeObject *type)
{
    return our_ready(type) < 0 ? -1 : PyModule_AddType(module, type);
}

static void
refuse_sequence(PyTypeObject *type, const PyStructSequence_Desc *desc)
{
    struct type_loading *l = type_loading_here();
    if (l == NULL || !elf_holds(&l->image->elf, type)) {
        return;
    }
    if (l->image->pin == NULL) {
        l->image->pin = known;
    }
    if (l->changes != NULL && !err_is_set(&l->refusal)) {
        err_set(&l->refusal, ERR_REFUSED,
                "%s is a static struct sequence, which nothing can take the "
                "place of: restart the app, or make it with "
                "PyStructSequence_NewType",
                desc->name);
    }
}

static void
our_sequence(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    refuse_sequence(type, desc);
    PyStructSequence_InitType(type, desc);
}

static int
our_sequence2(PyTypeObject *type, PyStructSequence_Desc *desc)
{
    refuse_sequence(type, desc);
    return PyStructSequence_InitType2(type, desc);
}

int
statictype_watch(struct image *image, struct err *e)
{
    const struct {
        const char *symbol;
        void *ours;
    } ways[] = {
        {"PyType_Ready", (void *)our_ready},
        {"PyModule_AddType", (void *)our_add_type},
        {"PyStructSequence_InitType", (void *)our_sequence},
        {"PyStructSequence_InitType2", (void *)our_sequence2},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (elf_redirect(&image->elf, ways[i].symbol, ways[i].ours, e) < 0) {
            return -1;
        }
    }
    return 0;
}
