/* staticsettle: the second half of statictype.h, after the init of a swap.
 *
 * What the init has made is looked through for its shadow types: names,
 * attributes of the types, and what constants hold. Whatever is neither
 * turned nor let go with the shadow refuses the swap.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "statictype.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "native.h"
#include "refs.h"
#include "swap.h"
#include "typechange.h"

#include "guard.h"

/* Containers within containers; deeper ones are refused unseen. */
#define DEPTH_MAX 8

static bool
has_shadows(const struct type_change *c)
{
    while (c != NULL && c->shadow == NULL) {
        c = c->next;
    }
    return c != NULL;
}

/* -- the types' own attributes -------------------------------------------- */

/* Whether PyType_Ready has made the attribute, from the type's tables. */
static bool
is_of_tables(PyTypeObject *type, PyObject *value)
{
    PyTypeObject *kind = Py_TYPE(value);
    if (PyCFunction_CheckExact(value)) {
        return PyCFunction_GET_SELF(value) == (PyObject *)type;
    }
    return kind == &PyMethodDescr_Type || kind == &PyClassMethodDescr_Type
           || kind == &PyGetSetDescr_Type || kind == &PyMemberDescr_Type
           || kind == &PyWrapperDescr_Type || kind == &PyStaticMethod_Type;
}

static bool
is_same_value(const struct type_change *first, PyObject *was, PyObject *is)
{
    PyObject *live = statictype_live(first, is);
    PyTypeObject *kind = (PyTypeObject *)statictype_live(
        first, (PyObject *)Py_TYPE(is));
    if (was == live || (kind != Py_TYPE(is) && kind == Py_TYPE(was))) {
        return true;
    }
    int same = Py_TYPE(was) == Py_TYPE(is)
                   ? PyObject_RichCompareBool(was, is, Py_EQ)
                   : 0;
    PyErr_Clear();
    return same == 1;
}

/* What an init puts into tp_dict by hand must be what it was. */
static int
check_attributes(const struct type_change *first, const struct type_change *c,
                 struct err *e)
{
    PyObject *there = ((PyTypeObject *)c->type->object)->tp_dict;
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(c->shadow->tp_dict, &at, &name, &value)) {
        const char *text = PyUnicode_AsUTF8(name);
        if (text == NULL || strcmp(text, "__doc__") == 0
            || is_of_tables(c->shadow, value))
        {
            PyErr_Clear();
            continue;
        }
        PyObject *was = PyDict_GetItemWithError(there, name);
        if (was == NULL || !is_same_value(first, was, value)) {
            PyErr_Clear();
            return err_set(e, ERR_REFUSED,
                           "%s.%s, which the init sets by hand, would %s: "
                           "restart the app",
                           c->type->name, text,
                           was == NULL ? "be new" : "change");
        }
    }
    return 0;
}

/* -- the module's names --------------------------------------------------- */

static const char *
shadow_in(const struct type_change *first, PyObject *o, int depth);

static const char *
shadow_in_items(const struct type_change *first, PyObject *o, int depth)
{
    PyObject *items = PySequence_List(o);
    const char *found = NULL;
    for (Py_ssize_t i = 0; items != NULL && found == NULL
                           && i < PyList_GET_SIZE(items); i++)
    {
        found = shadow_in(first, PyList_GET_ITEM(items, i), depth + 1);
    }
    PyErr_Clear();
    Py_XDECREF(items);
    return found;
}

/* The name of a shadow type that `o` is, is an object of or holds; NULL. */
static const char *
shadow_in(const struct type_change *first, PyObject *o, int depth)
{
    for (const struct type_change *c = first; c != NULL; c = c->next) {
        bool is_type = o == (PyObject *)c->shadow;
        if (c->shadow != NULL
            && (is_type || PyType_IsSubtype(Py_TYPE(o), c->shadow)
                || (PyType_Check(o)
                    && PyType_IsSubtype((PyTypeObject *)o, c->shadow))))
        {
            return c->type->name;
        }
    }
    if (PyCFunction_CheckExact(o) && PyCFunction_GET_SELF(o) != NULL
        && !PyModule_Check(PyCFunction_GET_SELF(o)))
    {
        return shadow_in(first, PyCFunction_GET_SELF(o), depth + 1);
    }
    bool has_items = PyTuple_Check(o) || PyList_Check(o) || PyAnySet_Check(o);
    if (!has_items && !PyDict_Check(o)) {
        return NULL;
    }
    if (depth == DEPTH_MAX) {
        return first->type->name;
    }
    if (has_items) {
        return shadow_in_items(first, o, depth);
    }
    PyObject *values = PyDict_Values(o);
    const char *found = values == NULL ? NULL
                                       : shadow_in_items(first, o, depth);
    if (values != NULL && found == NULL) {
        found = shadow_in_items(first, values, depth);
    }
    Py_XDECREF(values);
    return found;
}

/* What stands for a new value: a live type for its shadow, and for an object
 * of a shadow type, or a container, the one of its kind that is there. */
static PyObject *
stand_in(const struct swap_item *item, PyObject *name, PyObject *value)
{
    PyObject *live = statictype_live(item->types, value);
    if (live != value) {
        return live;
    }
    PyObject *was = PyDict_GetItemWithError(item->native->made, name);
    PyObject *kind = statictype_live(item->types, (PyObject *)Py_TYPE(value));
    bool is_kept = PyList_Check(value) || PyDict_Check(value)
                   || PySet_Check(value)
                   || kind != (PyObject *)Py_TYPE(value);
    return was != NULL && is_kept && (PyObject *)Py_TYPE(was) == kind ? was
                                                                      : NULL;
}

/* -- capsules ------------------------------------------------------------- */

static bool
is_in(const struct type_change *c, const char *at)
{
    const char *start = (const char *)c->shadow;
    return c->shadow != NULL && at >= start
           && at < start + sizeof(PyTypeObject);
}

/* The capsule that is there gives the same address under the same name. */
static bool
gives_the_same(PyObject *was, const char *name, const void *at)
{
    if (was == NULL || !PyCapsule_CheckExact(was)) {
        return false;
    }
    const char *text = PyCapsule_GetName(was);
    bool is_same = text == NULL || name == NULL ? text == name
                                                : strcmp(text, name) == 0;
    is_same = is_same && PyCapsule_GetPointer(was, text) == at;
    PyErr_Clear();
    return is_same;
}

/* One that leads to a shadow type is turned. What it has in the image's own
 * data is turned with that (refs.h); memory of its own is not looked into,
 * because nobody knows its size. */
static int
turn_capsule(struct swap_item *item, PyObject *name, PyObject *capsule,
             struct err *e)
{
    const char *title = PyCapsule_GetName(capsule);
    char *at = PyCapsule_GetPointer(capsule, title);
    PyObject *was = PyDict_GetItemWithError(item->native->made, name);
    const struct type_change *c = item->types;
    PyErr_Clear();
    while (c != NULL && !is_in(c, at)) {
        c = c->next;
    }
    Dl_info home;
    if (c == NULL && !gives_the_same(was, title, at)
        && dladdr(at, &home) == 0)
    {
        const char *text = PyUnicode_AsUTF8(name);
        PyErr_Clear();
        return err_set(e, ERR_REFUSED,
                       "%s.%s is a capsule of memory that may lead to static "
                       "types which the new init has made: restart the app",
                       item->order.name, text == NULL ? "?" : text);
    }
    if (c == NULL) {
        return 0;
    }
    at = (char *)c->type->object + (at - (char *)c->shadow);
    int done = PyCapsule_SetPointer(capsule, at);
    if (done == 0 && gives_the_same(was, title, at)) {
        done = PyCapsule_SetDestructor(capsule, NULL) < 0
                       || PyDict_SetItem(item->made, name, was) < 0
                   ? -1
                   : 0;
    }
    PyErr_Clear();
    return done == 0 ? 0 : err_set(e, ERR_SYSTEM, "out of memory for a swap");
}

static int
turn_names(struct swap_item *item, struct err *e)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(item->made, &at, &name, &value)) {
        if (PyCapsule_CheckExact(value)
            && turn_capsule(item, name, value, e) < 0)
        {
            return -1;
        }
        const char *type = shadow_in(item->types, value, 0);
        PyObject *better = type == NULL ? NULL : stand_in(item, name, value);
        if (type != NULL && better == NULL) {
            const char *text = PyUnicode_AsUTF8(name);
            PyErr_Clear();
            return err_set(e, ERR_REFUSED,
                           "%s.%s would hold an object of the static type %s "
                           "that the new init has made: restart the app",
                           item->order.name, text == NULL ? "?" : text, type);
        }
        /* no key is added: the walk goes on */
        if (better != NULL && PyDict_SetItem(item->made, name, better) < 0) {
            PyErr_Clear();
            return err_set(e, ERR_SYSTEM, "out of memory for a swap");
        }
    }
    return 0;
}

static int
turn_references(const struct swap_item *item, struct err *e)
{
    size_t count = 0;
    for (const struct type_change *c = item->types; c != NULL; c = c->next) {
        count += c->shadow != NULL;
    }
    struct refs_move *moves = calloc(count, sizeof(*moves));
    if (moves == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a static type");
    }
    size_t at = 0;
    for (const struct type_change *c = item->types; c != NULL; c = c->next) {
        if (c->shadow != NULL) {
            moves[at++] = (struct refs_move){(uintptr_t)c->shadow,
                                             (uintptr_t)c->type->object,
                                             sizeof(PyTypeObject),
                                             c->type->name};
        }
    }
    int done = refs_move(item->image, moves, count, e);
    free(moves);
    return done;
}

/* A variable that is carried must not lead to a shadow, nor a shadow be
 * overwritten by the type that it stands for. */
static void
leave_types(struct carry *carry, const struct type_change *c)
{
    const char *start = (const char *)c->shadow;
    const char *end = start + sizeof(PyTypeObject);
    for (size_t i = 0; i < carry->place_count; i++) {
        const char *to = carry->places[i].to;
        if (to != NULL && to >= start && to < end) {
            carry->places[i].to = NULL;
        }
    }
    for (size_t i = 0; i < carry->count; i++) {
        if (carry->items[i].to >= start && carry->items[i].to < end) {
            carry->items[i].size = 0;
        }
    }
}

int
statictype_settle(struct swap_item *item, struct err *e)
{
    if (!has_shadows(item->types)) {
        return 0;
    }
    for (const struct type_change *c = item->types; c != NULL; c = c->next) {
        if (c->shadow == NULL) {
            continue;
        }
        if (check_attributes(item->types, c, e) < 0) {
            return -1;
        }
        leave_types(&item->carry, c);
    }
    return turn_names(item, e) < 0 ? -1 : turn_references(item, e);
}
