/* typemembers: see typemembers.h. */
#include "typemembers.h"

#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "guard.h"

static const PyMemberDef *
member_of(const PyMemberDef *m, const char *name)
{
    while (m != NULL && m->name != NULL && strcmp(m->name, name) != 0) {
        m++;
    }
    return m == NULL || m->name == NULL ? NULL : m;
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same(const PyMemberDef *a, const PyMemberDef *b)
{
    return a != NULL && b != NULL && a->offset == b->offset
           && a->type == b->type && a->flags == b->flags
           && is_same_text(a->doc, b->doc);
}

/* The type's own descriptor, or NULL: `*is_free` tells whether nothing else
 * stands there, which the app has put. Both borrowed. */
static int
find_descriptor(const struct type *t, const char *name, PyObject **own,
                bool *is_free, struct err *e)
{
    PyTypeObject *type = (PyTypeObject *)t->object;
    PyObject *now = NULL;
    if (pyabi_look(type->tp_dict, name, &now) < 0) {
        PyErr_Clear();
        return err_set(e, ERR_SYSTEM, "out of memory for a member");
    }
    bool is_own = now != NULL && Py_TYPE(now) == &PyMemberDescr_Type
                  && PyDescr_TYPE(now) == type;
    *own = is_own ? now : NULL;
    *is_free = now == NULL;
    return 0;
}

/* CPython keeps the definition's address for ever. */
static PyObject *
make_descriptor(const struct type *t, const PyMemberDef *m, struct err *e)
{
    PyMemberDef *def = malloc(sizeof(*def));
    if (def == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a member");
        return NULL;
    }
    *def = *m;
    def->name = text_keep(m->name, NULL, e);
    def->doc = text_keep(m->doc, NULL, e);
    PyObject *made = NULL;
    if (def->name != NULL && (m->doc == NULL || def->doc != NULL)) {
        made = PyDescr_NewMember((PyTypeObject *)t->object, def);
    }
    if (made == NULL) {
        PyErr_Clear();
        free(def);
        err_set(e, ERR_SYSTEM, "out of memory for a member");
    }
    return made;
}

static int
plan_member(struct type_change *c, const PyMemberDef *m, struct err *e)
{
    const struct type *t = c->type;
    PyObject *now = NULL;
    bool is_free = false;
    if (find_descriptor(t, m->name, &now, &is_free, e) < 0) {
        return -1;
    }
    if (is_same(member_of(t->members, m->name), m)
        || (now == NULL && !is_free))
    {
        return 0; /* or the app's own stands there */
    }
#ifdef Py_RELATIVE_OFFSET
    if ((m->flags & Py_RELATIVE_OFFSET) != 0) {
        return err_set(e, ERR_REFUSED,
                       "member %s.%s (Py_RELATIVE_OFFSET) is new or another "
                       "one: restart the app",
                       t->name, m->name);
    }
#endif
    PyObject *made = make_descriptor(t, m, e);
    int done = made == NULL ? -1
                            : type_change_attr(c, m->name, made, now, e);
    if (done == 0) {
        c->attrs[c->attr_count - 1].yields = true;
    }
    Py_XDECREF(made);
    return done;
}

int
typemembers_plan(struct type_change *c, struct err *e)
{
    const struct type *t = c->type;
    for (const PyMemberDef *m = c->members; m->name != NULL; m++) {
        if (plan_member(c, m, e) < 0) {
            return -1;
        }
    }
    for (const PyMemberDef *m = t->members; m != NULL && m->name != NULL; m++)
    {
        PyObject *now = NULL;
        bool is_free = false;
        if (find_descriptor(t, m->name, &now, &is_free, e) < 0
            || (now != NULL && member_of(c->members, m->name) == NULL
                && type_change_attr(c, m->name, NULL, now, e) < 0))
        {
            return -1;
        }
    }
    return 0;
}
