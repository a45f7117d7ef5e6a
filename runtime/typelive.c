/* typelive: see typelive.h. */
#include "typelive.h"

#include <stdlib.h>
#include <string.h>

#include "memfind.h"
#include "native.h"
#include "type.h"

#include "guard.h"

struct walk {
    PyObject *family; /* list of types; borrowed */
    Py_ssize_t count;
    Py_ssize_t *seen; /* per type: references that were accounted for */
    struct live_objects *out;
    PyObject *owner;     /* whose references are being visited */
    Py_ssize_t own_type; /* its type's place in the family, or -1 */
    bool owner_has_type; /* … and it has shown that one */
    /* Dicts and tuples that the collector has let go of: open addressing, a
     * power of two, at most half full. */
    PyObject **inner;
    size_t inner_count, inner_room;
    /* Those of them that are still to be walked. */
    PyObject **waiting;
    size_t waiting_count;
    bool is_broken;
};

static Py_ssize_t
place_of(const struct walk *w, const void *type)
{
    for (Py_ssize_t i = 0; i < w->count; i++) {
        if (PyList_GET_ITEM(w->family, i) == type) {
            return i;
        }
    }
    return -1;
}

static void
add_object(struct walk *w, PyObject *o)
{
    struct live_objects *l = w->out;
    if (l->count == l->room) {
        size_t room = l->room == 0 ? 64 : l->room * 2;
        PyObject **objects = realloc(l->objects, room * sizeof(*objects));
        if (objects == NULL) {
            w->is_broken = true;
            return;
        }
        l->objects = objects;
        l->room = room;
    }
    l->objects[l->count++] = o;
}

/* The collector forgets dicts and tuples in which nothing can be part of a
 * cycle (Objects/dictobject.c, Objects/tupleobject.c: _PyObject_GC_UNTRACK):
 * objects of types without it, for one. */
static bool
is_inner(PyObject *o)
{
    return (PyDict_CheckExact(o) || PyTuple_CheckExact(o))
           && !PyObject_GC_IsTracked(o);
}

static PyObject **
slot_of(PyObject **slots, size_t room, const PyObject *o)
{
    size_t i = ((uintptr_t)o >> 4) * 11400714819323198485u & (room - 1);
    while (slots[i] != NULL && slots[i] != o) {
        i = (i + 1) & (room - 1);
    }
    return &slots[i];
}

/* Room for one more of both kinds. */
static bool
grow_inner(struct walk *w)
{
    size_t room = w->inner_room == 0 ? 1024 : w->inner_room * 2;
    if (2 * (w->inner_count + 1) <= w->inner_room) {
        return true;
    }
    PyObject **slots = calloc(room, sizeof(*slots));
    PyObject **waiting = realloc(w->waiting, room / 2 * sizeof(*waiting));
    w->waiting = waiting == NULL ? w->waiting : waiting;
    if (slots == NULL || waiting == NULL) {
        free(slots);
        w->is_broken = true;
        return false;
    }
    for (size_t i = 0; i < w->inner_room; i++) {
        if (w->inner[i] != NULL) {
            *slot_of(slots, room, w->inner[i]) = w->inner[i];
        }
    }
    free(w->inner);
    w->inner = slots;
    w->inner_room = room;
    return true;
}

/* Each is walked once, whoever holds it. */
static void
add_inner(struct walk *w, PyObject *o)
{
    if (!grow_inner(w)) {
        return;
    }
    PyObject **slot = slot_of(w->inner, w->inner_room, o);
    if (*slot == NULL) {
        *slot = o;
        w->inner_count++;
        w->waiting[w->waiting_count++] = o;
    }
}

/* One reference that the owner holds. */
static int
visit(PyObject *o, void *data)
{
    struct walk *w = data;
    Py_ssize_t type = place_of(w, o);
    if (type >= 0) {
        if (type == w->own_type && !w->owner_has_type) {
            w->owner_has_type = true; /* counted with the object itself */
        }
        else {
            w->seen[type]++;
        }
    }
    if (place_of(w, Py_TYPE(o)) >= 0) {
        add_object(w, o);
    }
    if (is_inner(o)) {
        add_inner(w, o);
    }
    return 0;
}

static void
walk_object(struct walk *w, PyObject *o)
{
    traverseproc traverse = Py_TYPE(o)->tp_traverse;
    w->owner = o;
    w->own_type = place_of(w, Py_TYPE(o));
    w->owner_has_type = false;
    if (w->own_type >= 0) {
        add_object(w, o);
    }
    if (traverse != NULL) {
        (void)traverse(o, visit, w);
    }
}

static int
by_address(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)*(PyObject *const *)a;
    uintptr_t y = (uintptr_t)*(PyObject *const *)b;
    return x < y ? -1 : x > y;
}

static void
sort_once(struct live_objects *l)
{
    size_t kept = 0;
    if (l->count > 0) {
        qsort(l->objects, l->count, sizeof(*l->objects), by_address);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (kept == 0 || l->objects[kept - 1] != l->objects[i]) {
            l->objects[kept++] = l->objects[i];
        }
    }
    l->count = kept;
}

/* References that our own records hold. */
static Py_ssize_t
count_ours(PyObject *type)
{
    Py_ssize_t count = 0;
    for (const struct native *n = native_first(); n != NULL; n = n->next) {
        for (const struct type *t = n->types; t != NULL; t = t->next) {
            count += (t->object == type) + (t->bases == type);
        }
    }
    return count;
}

/* Whether references to a type are left that nothing has accounted for: those
 * of its objects, of the collector's list and of the family's are known. */
static bool
is_unclear(const struct walk *w, Py_ssize_t i)
{
    PyObject *type = PyList_GET_ITEM(w->family, i);
    Py_ssize_t known = w->seen[i] + 2 + count_ours(type);
    for (size_t k = 0; k < w->out->count; k++) {
        known += (PyObject *)Py_TYPE(w->out->objects[k]) == type;
    }
    return Py_REFCNT(type) > known;
}

static int
search_memory(struct walk *w, struct err *e)
{
    struct memfind f = {.objects = w->out->objects,
                        .object_count = w->out->count};
    for (Py_ssize_t i = 0; i < w->count; i++) {
        if (is_unclear(w, i)
            && memfind_add(&f, PyList_GET_ITEM(w->family, i), e) < 0)
        {
            return -1;
        }
    }
    if (f.type_count > 0 && memfind_run(&f, e) < 0) {
        return -1;
    }
    w->out->hidden = f.found;
    return 0;
}

/* A collection in the middle would run finalizers. */
static bool
hold_collector(PyObject *gc)
{
    PyObject *was = PyObject_CallMethod(gc, "isenabled", NULL);
    bool is_on = was == Py_True;
    Py_XDECREF(was);
    if (is_on) {
        Py_XDECREF(PyObject_CallMethod(gc, "disable", NULL));
    }
    return is_on;
}

int
live_find(PyObject *family, struct live_objects *out, struct err *e)
{
    struct walk w = {.family = family, .out = out};
    memset(out, 0, sizeof(*out));
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *all = NULL;
    bool was_on = gc != NULL && hold_collector(gc);
    if (gc != NULL) {
        all = PyObject_CallMethod(gc, "get_objects", NULL);
    }
    w.count = PyList_GET_SIZE(family);
    w.seen = calloc((size_t)w.count + 1, sizeof(*w.seen));
    int done = all == NULL || w.seen == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; done == 0 && i < PyList_GET_SIZE(all); i++) {
        PyObject *o = PyList_GET_ITEM(all, i);
        if (o != family) {
            walk_object(&w, o);
        }
        while (w.waiting_count > 0) {
            walk_object(&w, w.waiting[--w.waiting_count]);
        }
    }
    done = done < 0 || w.is_broken ? err_set(e, ERR_SYSTEM,
                                             "out of memory looking for live "
                                             "objects")
                                   : 0;
    sort_once(out);
    if (done == 0) {
        done = search_memory(&w, e);
    }
    if (was_on) {
        Py_XDECREF(PyObject_CallMethod(gc, "enable", NULL));
    }
    PyErr_Clear();
    Py_XDECREF(all);
    Py_XDECREF(gc);
    free(w.seen);
    free(w.inner);
    free(w.waiting);
    if (done < 0) {
        live_dispose(out);
    }
    return done;
}

void
live_dispose(struct live_objects *l)
{
    free(l->objects);
    memset(l, 0, sizeof(*l));
}

const char *
live_words(const struct live_objects *l, char *text, size_t len)
{
    if (l->hidden == 0) {
        PyOS_snprintf(text, len, "%zu live object%s", l->count,
                      l->count == 1 ? "" : "s");
    }
    else if (l->count == 0) {
        PyOS_snprintf(text, len, "what may be %zu object%s that only C code "
                      "holds", l->hidden, l->hidden == 1 ? "" : "s");
    }
    else {
        PyOS_snprintf(text, len, "%zu live object%s, and what may be %zu that "
                      "only C code holds", l->count,
                      l->count == 1 ? "" : "s", l->hidden);
    }
    return text;
}
