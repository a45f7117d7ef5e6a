/* typespec: see typespec.h. */
#include "typespec.h"

#include <stdlib.h>
#include <string.h>

#include "function.h"
#include "image.h"
#include "stub.h"
#include "text.h"
#include "wipe.h"

#include "guard.h"

/* Functions have the numbers up to Py_am_send, which is as old as 3.10; then
 * come Py_tp_vectorcall and, from 3.14 on, Py_tp_token. 3.15 has given those
 * of buffers and mappings new numbers after these, beside the old ones
 * (Include/slots_generated.h). */
#define LAST_FUNCTION 82
#define TOKEN 83
#define FIRST_RENUMBERED 88
#define LAST_RENUMBERED 91

static bool
is_function(int slot)
{
    return slot <= LAST_FUNCTION
           || (slot >= FIRST_RENUMBERED && slot <= LAST_RENUMBERED);
}

enum slot_kind
typespec_kind(int slot)
{
    switch (slot) {
    case Py_tp_methods:
        return SLOT_METHODS;
    case Py_tp_getset:
        return SLOT_GETSETS;
    case Py_tp_members:
        return SLOT_MEMBERS;
    case Py_tp_doc:
        return SLOT_DOC;
    case Py_tp_base:
    case Py_tp_bases:
        return SLOT_BASE;
    case TOKEN:
        return SLOT_TOKEN;
    case TYPESPEC_VECTORCALL:
        return SLOT_FUNCTION;
    default:
        return is_function(slot) ? SLOT_FUNCTION : SLOT_BASE;
    }
}

void *
typespec_slot(const PyType_Spec *spec, int id)
{
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (s->slot == id) {
            return s->pfunc;
        }
    }
    return NULL;
}

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for a type");
}

static int
copy_methods(const PyMethodDef *user, struct type *t, PyMethodDef **table,
             struct err *e)
{
    size_t count = 0;
    while (user[count].ml_name != NULL) {
        count++;
    }
    *table = t->method_table = calloc(count + 1, sizeof(**table));
    t->methods = calloc(count + 1, sizeof(struct function *));
    if (*table == NULL || t->methods == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < count; i++) {
        t->methods[i] = function_new(&user[i], type_short_name(t),
                                     &(*table)[i], e);
        if (t->methods[i] == NULL) {
            return -1;
        }
        t->method_count++;
    }
    return 0;
}

struct getset *
getset_new(const PyGetSetDef *user, PyGetSetDef *place, struct err *e)
{
    struct getset *g = calloc(1, sizeof(*g));
    if (g == NULL) {
        no_memory(e);
        return NULL;
    }
    g->def = place == NULL ? &g->own : place;
    g->def->name = text_keep(user->name, NULL, e);
    g->def->doc = text_keep(user->doc, NULL, e);
    g->def->closure = user->closure;
    if (user->get != NULL) {
        g->get = stub_take((void *)user->get, e);
    }
    if (user->set != NULL) {
        g->set = stub_take((void *)user->set, e);
    }
    if (g->def->name == NULL || (user->doc != NULL && g->def->doc == NULL)
        || (user->get != NULL && g->get == NULL)
        || (user->set != NULL && g->set == NULL))
    {
        g->def->closure = NULL; /* the place may stay a while */
        getset_drop(g);
        return NULL;
    }
    if (g->get != NULL) {
        *(void **)&g->def->get = g->get->entry;
    }
    if (g->set != NULL) {
        *(void **)&g->def->set = g->set->entry;
    }
    return g;
}

void
getset_drop(struct getset *g)
{
    if (g == NULL) {
        return;
    }
    bool is_held = g->object != NULL && Py_REFCNT(g->object) > 1;
    Py_CLEAR(g->object);
    if (is_held) {
        return;
    }
    stub_give_back(g->get);
    stub_give_back(g->set);
    wiped_free(g, sizeof(*g));
}

static int
copy_getsets(const PyGetSetDef *user, struct type *t, PyGetSetDef **table,
             struct err *e)
{
    size_t count = 0;
    while (user[count].name != NULL) {
        count++;
    }
    *table = t->getset_table = calloc(count + 1, sizeof(**table));
    t->getsets = calloc(count + 1, sizeof(struct getset *));
    if (*table == NULL || t->getsets == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < count; i++) {
        t->getsets[i] = getset_new(&user[i], &(*table)[i], e);
        if (t->getsets[i] == NULL) {
            return -1;
        }
        t->getset_count++;
    }
    return 0;
}

int
typespec_copy_members(const PyMemberDef *user, PyMemberDef **to,
                      struct err *e)
{
    size_t count = 0;
    while (user != NULL && user[count].name != NULL) {
        count++;
    }
    PyMemberDef *copy = calloc(count + 1, sizeof(*copy));
    *to = copy;
    if (copy == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < count; i++) {
        copy[i] = user[i];
        copy[i].doc = text_keep(user[i].doc, NULL, e);
        copy[i].name = text_keep(user[i].name, NULL, e);
        if (copy[i].name == NULL
            || (user[i].doc != NULL && copy[i].doc == NULL))
        {
            return -1;
        }
    }
    return 0;
}

void
typespec_free_members(PyMemberDef *members)
{
    free(members);
}

/* CPython's own functions keep their addresses: it compares some of them
 * (PyObject_GenericGetAttr, PyObject_HashNotImplemented). */
static int
copy_function(PyType_Slot *s, struct image *image, struct type *t,
              struct err *e)
{
    struct slot *record = &t->slots[t->slot_count];
    record->id = s->slot;
    if (!elf_is_code(&image->elf, s->pfunc)) {
        record->plain = s->pfunc;
    }
    else {
        record->stub = stub_take(s->pfunc, e);
        if (record->stub == NULL) {
            return -1;
        }
        s->pfunc = record->stub->entry;
    }
    t->slot_count++;
    return 0;
}

static int
copy_slot(PyType_Slot *s, struct image *image, struct type *t, struct err *e)
{
    PyMethodDef *methods = NULL;
    PyGetSetDef *getsets = NULL;
    int done = 0;
    switch (typespec_kind(s->slot)) {
    case SLOT_METHODS:
        done = copy_methods(s->pfunc, t, &methods, e);
        s->pfunc = methods;
        break;
    case SLOT_GETSETS:
        done = copy_getsets(s->pfunc, t, &getsets, e);
        s->pfunc = getsets;
        break;
    case SLOT_MEMBERS:
        done = typespec_copy_members(s->pfunc, &t->members, e);
        s->pfunc = t->members;
        break;
    case SLOT_DOC:
        t->doc = text_keep(s->pfunc, NULL, e);
        done = s->pfunc != NULL && t->doc == NULL ? -1 : 0;
        s->pfunc = (void *)t->doc;
        break;
    case SLOT_FUNCTION:
        done = copy_function(s, image, t, e);
        break;
    case SLOT_TOKEN:
    case SLOT_BASE:
        break;
    }
    return done;
}

void *
typespec_token(const PyType_Spec *spec)
{
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (s->slot == TOKEN) {
            return s->pfunc != NULL ? s->pfunc : (void *)spec;
        }
    }
    return NULL;
}

PyType_Spec *
typespec_copy(const PyType_Spec *spec, struct image *image, struct type *t,
              struct err *e)
{
    size_t count = 0;
    while (spec->slots[count].slot != 0) {
        count++;
    }
    PyType_Spec *copy = malloc(sizeof(*copy));
    PyType_Slot *slots = calloc(count + 1, sizeof(*slots));
    t->slots = calloc(count + 1, sizeof(*t->slots));
    if (copy == NULL || slots == NULL || t->slots == NULL) {
        free(copy);
        free(slots);
        no_memory(e);
        return NULL;
    }
    *copy = *spec;
    copy->name = t->name;
    copy->slots = slots;
    t->basicsize = spec->basicsize;
    t->itemsize = spec->itemsize;
    t->flags = spec->flags;
    for (size_t i = 0; i < count; i++) {
        slots[i] = spec->slots[i];
        if (slots[i].slot == TOKEN) {
            slots[i].pfunc = typespec_token(spec); /* not the copy */
            continue;
        }
        if (slots[i].pfunc != NULL && copy_slot(&slots[i], image, t, e) < 0) {
            free(copy);
            wiped_free(slots, (count + 1) * sizeof(*slots));
            return NULL;
        }
    }
    return copy;
}

void
typespec_bind(struct type *t)
{
    PyObject *dict = ((PyTypeObject *)t->object)->tp_dict;
    for (size_t i = 0; i < t->method_count; i++) {
        PyObject *o = PyDict_GetItemString(dict, t->methods[i]->def->ml_name);
        Py_XINCREF(o);
        t->methods[i]->object = o;
    }
    for (size_t i = 0; i < t->getset_count; i++) {
        PyObject *o = PyDict_GetItemString(dict, t->getsets[i]->def->name);
        Py_XINCREF(o);
        t->getsets[i]->object = o;
    }
}
