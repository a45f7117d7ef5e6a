/* typegate: see typegate.h. */
#include "typegate.h"

#include <string.h>

#include "type.h"
#include "typespec.h"

#include "guard.h"

/* How many objects of exactly this type the collector knows; -1 when its
 * objects are not the collector's. */
static Py_ssize_t
live_count(const struct type *t)
{
    PyTypeObject *type = (PyTypeObject *)t->object;
    Py_ssize_t found = -1;
    PyObject *all = NULL;
    PyObject *gc = NULL;
    if ((type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0) {
        gc = PyImport_ImportModule("gc");
    }
    if (gc != NULL) {
        all = PyObject_CallMethod(gc, "get_objects", NULL);
    }
    Py_ssize_t count = all == NULL ? 0 : PyList_GET_SIZE(all);
    for (Py_ssize_t i = 0; i < count; i++) {
        found += Py_TYPE(PyList_GET_ITEM(all, i)) == type ? 1 : 0;
    }
    if (all != NULL) {
        found++;
    }
    PyErr_Clear();
    Py_XDECREF(all);
    Py_XDECREF(gc);
    return found;
}

/* " of 12 live objects", or of those that nobody can count. */
static const char *
of_live(const struct type *t, char *text, size_t len)
{
    Py_ssize_t count = live_count(t);
    if (count < 0) {
        PyOS_snprintf(text, len, "its live objects");
    }
    else {
        PyOS_snprintf(text, len, "%zd live object%s", count,
                      count == 1 ? "" : "s");
    }
    return text;
}

static int
check_size(const struct type *t, const PyType_Spec *spec, struct err *e)
{
    char live[64];
    if (t->basicsize == spec->basicsize && t->itemsize == spec->itemsize) {
        return 0;
    }
    bool is_item = t->basicsize == spec->basicsize;
    return err_set(e, ERR_REFUSED,
                   "%s of %s would go from %d to %d bytes under %s: restart "
                   "the app",
                   is_item ? "items" : "objects", t->name,
                   is_item ? t->itemsize : t->basicsize,
                   is_item ? spec->itemsize : spec->basicsize,
                   of_live(t, live, sizeof(live)));
}

static const PyMemberDef *
member_of(const PyMemberDef *members, const char *name)
{
    for (; members != NULL && members->name != NULL; members++) {
        if (strcmp(members->name, name) == 0) {
            return members;
        }
    }
    return NULL;
}

static int
check_member(const struct type *t, const PyMemberDef *was,
             const PyMemberDef *is, struct err *e)
{
    char live[64];
    if (was != NULL && is != NULL && was->offset == is->offset
        && was->type == is->type && was->flags == is->flags)
    {
        return 0;
    }
    const char *name = was != NULL ? was->name : is->name;
    if (strcmp(name, "__layout__") == 0) {
        /* a plain struct's class: its fields are no members */
        return err_set(e, ERR_REFUSED,
                       "the fields of %s would change their places or types "
                       "in %s: restart the app",
                       t->name, of_live(t, live, sizeof(live)));
    }
    if (was != NULL && is != NULL && was->offset != is->offset) {
        return err_set(e, ERR_REFUSED,
                       "%s.%s would move in %s, from offset %zd to %zd: "
                       "restart the app",
                       t->name, name, of_live(t, live, sizeof(live)),
                       was->offset, is->offset);
    }
    return err_set(e, ERR_REFUSED,
                   "member %s.%s comes, goes or changes its type under %s: "
                   "restart the app",
                   t->name, name, of_live(t, live, sizeof(live)));
}

static int
check_members(const struct type *t, const PyType_Spec *spec, struct err *e)
{
    const PyMemberDef *members = typespec_slot(spec, Py_tp_members);
    const PyMemberDef *m = t->members;
    for (; m != NULL && m->name != NULL; m++) {
        if (check_member(t, m, member_of(members, m->name), e) < 0) {
            return -1;
        }
    }
    for (m = members; m != NULL && m->name != NULL; m++) {
        if (check_member(t, member_of(t->members, m->name), m, e) < 0) {
            return -1;
        }
    }
    return 0;
}

bool
typegate_is_same(PyObject *a, PyObject *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    int same = PyObject_RichCompareBool(a, b, Py_EQ);
    if (same < 0) {
        PyErr_Clear();
    }
    return same == 1;
}

int
typegate_check(const struct type *t, const PyType_Spec *spec,
               PyObject *bases, struct err *e)
{
    if (check_size(t, spec, e) < 0 || check_members(t, spec, e) < 0) {
        return -1;
    }
    if (t->flags != spec->flags) {
        return err_set(e, ERR_REFUSED,
                       "the flags of type %s would go from 0x%x to 0x%x: "
                       "restart the app",
                       t->name, t->flags, spec->flags);
    }
    if (!typegate_is_same(t->bases, bases)) {
        return err_set(e, ERR_REFUSED,
                       "the bases of type %s would change: restart the app",
                       t->name);
    }
    return 0;
}
