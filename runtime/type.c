/* type: see type.h. Here: the records, and the way in: an image's calls of
 * the functions that make types are turned to ours right after it is loaded,
 * before any of its code runs. */
#include "type.h"

#include <stdlib.h>
#include <string.h>

#include "definition.h"
#include "image.h"
#include "native.h"
#include "slots.h"
#include "statictype.h"
#include "text.h"
#include "typechange.h"
#include "typegate.h"
#include "typeorphan.h"
#include "typespec.h"
#include "wire/buf.h"

#include "guard.h"

static struct type_loading *current;

struct type_loading *
type_loading_begin(struct type_loading *l)
{
    struct type_loading *outer = current;
    l->thread = pthread_self();
    current = l;
    return outer;
}

void
type_loading_end(struct type_loading *outer)
{
    current = outer;
}

void
type_loading_abandon(void)
{
    current = NULL;
}

struct type_loading *
type_loading_here(void)
{
    return current != NULL && pthread_equal(current->thread, pthread_self())
               ? current
               : NULL;
}

struct type *
type_find(struct type *first, const char *name)
{
    while (first != NULL && strcmp(first->name, name) != 0) {
        first = first->next;
    }
    return first;
}

const char *
type_short_name(const struct type *t)
{
    const char *dot = strrchr(t->name, '.');
    return dot == NULL ? t->name : dot + 1;
}

struct type *
type_new(const char *name, PyObject *bases, struct err *e)
{
    struct type *t = calloc(1, sizeof(*t));
    if (t != NULL) {
        t->name = strdup(name);
    }
    if (t == NULL || t->name == NULL) {
        free(t);
        err_set(e, ERR_SYSTEM, "out of memory for a type");
        return NULL;
    }
    Py_XINCREF(bases);
    t->bases = bases;
    return t;
}

/* One call that makes a type, with its arguments. */
struct making {
    PyTypeObject *metaclass; /* 3.12 and later */
    PyObject *module;        /* or NULL */
    PyObject *bases;         /* or NULL */
};

static PyObject *
make(const struct making *m, PyType_Spec *spec)
{
#if PY_VERSION_HEX >= 0x030C0000
    return PyType_FromMetaclass(m->metaclass, m->module, spec, m->bases);
#else
    return m->module != NULL
               ? PyType_FromModuleAndSpec(m->module, spec, m->bases)
               : PyType_FromSpecWithBases(spec, m->bases);
#endif
}

/* Where the type's bases are told: in the call, or in the spec. */
static PyObject *
bases_of(const struct making *m, const PyType_Spec *spec)
{
    if (m->bases != NULL) {
        return m->bases;
    }
    PyObject *bases = typespec_slot(spec, Py_tp_bases);
    return bases != NULL ? bases : typespec_slot(spec, Py_tp_base);
}

bool
type_is_planned(const struct type_loading *l, const char *name)
{
    const struct type_change *c = l->changes == NULL ? NULL : *l->changes;
    for (; c != NULL; c = c->next) {
        if (strcmp(c->type->name, name) == 0) {
            return true;
        }
    }
    return false;
}

int
type_keep(struct type_loading *l, struct type *t)
{
    if (l->changes == NULL) {
        t->next = l->native->types;
        l->native->types = t;
        return 0;
    }
    struct type_change *c = type_change_add(t, &l->refusal);
    if (c == NULL) {
        return -1;
    }
    c->next = *l->changes;
    *l->changes = c;
    return 0;
}

/* A type that is not there yet. One made by a swap's shadow belongs to the
 * live module. */
static PyObject *
publish(struct type_loading *l, const struct making *m,
        const PyType_Spec *spec)
{
    struct err e = ERR_INIT;
    struct making own = *m;
    struct type *t = type_new(spec->name, bases_of(m, spec), &e);
    if (t != NULL) {
        t->spec = typespec_copy(spec, l->image, t, &e);
    }
    if (t == NULL || t->spec == NULL) {
        type_orphan(t);
        PyErr_SetString(PyExc_RuntimeError, e.text);
        return NULL;
    }
    if (l->changes != NULL && m->module != NULL
        && definition_has_made(l->image, m->module))
    {
        own.module = l->native->module;
    }
    PyObject *made = make(&own, t->spec);
    if (made == NULL) {
        type_orphan(t);
        return NULL;
    }
    t->object = Py_NewRef(made);
    typespec_bind(t);
    if (type_keep(l, t) < 0) {
        type_orphan(t);
        Py_DECREF(made);
        PyErr_SetString(PyExc_MemoryError, "out of memory for a type");
        return NULL;
    }
    return made;
}

/* The type that is there, with a plan. Where there can't be one the new init
 * still gets a type that fits its code, for as long as it lives. */
static PyObject *
renew(struct type_loading *l, struct type *t, const struct making *m,
      PyType_Spec *spec)
{
    struct err e = ERR_INIT;
    struct type_change *c = type_plan(t, spec, bases_of(m, spec), l, &e);
    if (c == NULL) {
        if (!err_is_set(&l->refusal)) {
            l->refusal = e;
        }
        return make(m, spec);
    }
    c->next = *l->changes;
    *l->changes = c;
    return Py_NewRef(t->object);
}

static PyObject *
from_spec(const struct making *given, PyType_Spec *spec)
{
    struct type_loading *l = type_loading_here();
    struct making own = *given;
    const struct making *m = &own;
    if (l != NULL && l->changes != NULL && own.bases != NULL) {
        own.bases = statictype_live(*l->changes, own.bases);
    }
    if (l == NULL || type_is_planned(l, spec->name)) {
        return make(m, spec);
    }
    struct type *t = type_find(l->native->types, spec->name);
    if (t == NULL || t->is_exception) {
        return publish(l, m, spec);
    }
    if (t->is_static && !err_is_set(&l->refusal)) {
        err_set(&l->refusal, ERR_REFUSED,
                "type %s is static no more: restart the app", t->name);
    }
    return l->changes == NULL ? make(m, spec) : renew(l, t, m, spec);
}

static PyObject *
our_from_spec(PyType_Spec *spec)
{
    struct making m = {NULL, NULL, NULL};
    return from_spec(&m, spec);
}

static PyObject *
our_from_spec_with_bases(PyType_Spec *spec, PyObject *bases)
{
    struct making m = {NULL, NULL, bases};
    return from_spec(&m, spec);
}

static PyObject *
our_from_module_and_spec(PyObject *module, PyType_Spec *spec, PyObject *bases)
{
    struct making m = {NULL, module, bases};
    return from_spec(&m, spec);
}

#if PY_VERSION_HEX >= 0x030C0000
static PyObject *
our_from_metaclass(PyTypeObject *metaclass, PyObject *module,
                   PyType_Spec *spec, PyObject *bases)
{
    struct making m = {metaclass, module, bases};
    return from_spec(&m, spec);
}
#endif

#if SLOTS_HAS_PYSLOT
static PyObject *
our_from_slots(PySlot *array)
{
    struct slots_type t = {.room = 0};
    PyObject *made = NULL;
    if (type_loading_here() != NULL && slots_type_init(&t, array)) {
        struct making m = {t.metaclass, t.module, NULL};
        made = from_spec(&m, &t.spec);
    }
    else {
        made = PyType_FromSlots(array);
    }
    slots_type_dispose(&t);
    return made;
}
#endif

/* An exception is the same one while its name and bases are. */
static PyObject *
renew_exception(struct type_loading *l, struct type *t, const char *doc)
{
    struct type_change *c = type_change_add(t, &l->refusal);
    if (c == NULL) {
        return NULL;
    }
    c->is_added = false;
    if (type_change_doc(c, doc, &l->refusal) < 0) {
        type_changes_free(c);
        return NULL;
    }
    c->next = *l->changes;
    *l->changes = c;
    return Py_NewRef(t->object);
}

static PyObject *
our_exception_with_doc(const char *name, const char *doc, PyObject *base,
                       PyObject *dict)
{
    struct type_loading *l = type_loading_here();
    if (l == NULL || type_is_planned(l, name)) {
        return PyErr_NewExceptionWithDoc(name, doc, base, dict);
    }
    struct type *t = type_find(l->native->types, name);
    if (t != NULL && t->is_exception && typegate_is_same(t->bases, base)) {
        return l->changes == NULL
                   ? PyErr_NewExceptionWithDoc(name, doc, base, dict)
                   : renew_exception(l, t, doc);
    }
    PyObject *made = PyErr_NewExceptionWithDoc(name, doc, base, dict);
    struct err e = ERR_INIT;
    t = made == NULL ? NULL : type_new(name, base, &e);
    if (t == NULL) {
        return made; /* out of memory: it will be another one next time */
    }
    t->is_exception = true;
    t->object = Py_NewRef(made);
    t->doc = text_keep(doc, NULL, NULL);
    if (type_keep(l, t) < 0) {
        type_orphan(t);
    }
    return made;
}

static PyObject *
our_exception(const char *name, PyObject *base, PyObject *dict)
{
    return our_exception_with_doc(name, NULL, base, dict);
}

int
type_watch(struct image *image, struct err *e)
{
    const struct {
        const char *symbol;
        void *ours;
    } ways[] = {
        {"PyType_FromSpec", (void *)our_from_spec},
        {"PyType_FromSpecWithBases", (void *)our_from_spec_with_bases},
        {"PyType_FromModuleAndSpec", (void *)our_from_module_and_spec},
#if PY_VERSION_HEX >= 0x030C0000
        {"PyType_FromMetaclass", (void *)our_from_metaclass},
#endif
#if SLOTS_HAS_PYSLOT
        {"PyType_FromSlots", (void *)our_from_slots},
#endif
        {"PyErr_NewException", (void *)our_exception},
        {"PyErr_NewExceptionWithDoc", (void *)our_exception_with_doc},
    };
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (elf_redirect(&image->elf, ways[i].symbol, ways[i].ours, e) < 0) {
            return -1;
        }
    }
    return statictype_watch(image, e);
}
