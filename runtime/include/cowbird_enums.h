/* cowbird_enums.h: enums as IntEnum classes, and their values as members.
 *
 * Part of cowbird_binding.h, for modules that have enums. A class is made by
 * the module's init; one that a swap's init would make again just as it is
 * stays the one that is there.
 */
#ifndef COWBIRD_ENUMS_H
#define COWBIRD_ENUMS_H

#include <cowbird_binding.h>

struct cb_member {
    const char *name;
    long long value;
};

/* This and `objects` hold addresses from the start, so that no swap carries
 * them over to code whose class may be another. */
struct cb_enum {
    const char *name;
    const char *doc; /* or NULL */
    const struct cb_member *members;
    int count;
    bool is_unsigned;
    bool is_public; /* the class is the module's attribute */
    bool is_open;   /* its members are too: it is not a header's */
    PyObject **objects; /* one a member, owned for as long as the code is */
};

static PyObject *
cb_int_of(const struct cb_enum *e, long long value)
{
    return e->is_unsigned
               ? PyLong_FromUnsignedLongLong((unsigned long long)value)
               : PyLong_FromLongLong(value);
}

/* The member of the value; a plain int for one that has none. */
CB_APART static PyObject *
cb_give_enum(const struct cb_enum *e, long long value)
{
    int at = value >= 0 && value < e->count && e->members[value].value == value
                 ? (int)value
                 : 0;
    while (at < e->count && e->members[at].value != value) {
        at++;
    }
    if (at == e->count) {
        return cb_int_of(e, value);
    }
    Py_INCREF(e->objects[at]);
    return e->objects[at];
}

/* -- the class ------------------------------------------------------------ */

/* Whether the members of `class`, by name and value and in their order, are
 * those of `e`. -1 with an exception. */
static int
cb_has_members(PyObject *class, const struct cb_enum *e)
{
    PyObject *members = PyObject_GetAttrString(class, "__members__");
    PyObject *items = members == NULL ? NULL : PyMapping_Items(members);
    int is_same = items == NULL ? -1 : PyList_GET_SIZE(items) == e->count;
    for (int i = 0; is_same == 1 && i < e->count; i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        PyObject *value = cb_int_of(e, e->members[i].value);
        PyObject *name = PyUnicode_FromString(e->members[i].name);
        is_same = value == NULL || name == NULL ? -1 : 1;
        if (is_same == 1) {
            is_same = PyObject_RichCompareBool(PyTuple_GET_ITEM(pair, 0), name,
                                               Py_EQ);
        }
        if (is_same == 1) {
            is_same = PyObject_RichCompareBool(PyTuple_GET_ITEM(pair, 1),
                                               value, Py_EQ);
        }
        Py_XDECREF(value);
        Py_XDECREF(name);
    }
    Py_XDECREF(items);
    Py_XDECREF(members);
    return is_same;
}

/* The class that an earlier generation has left in the live module, if it is
 * what this one would make; else NULL, with or without an exception. */
static PyObject *
cb_find_enum(PyObject *module, PyObject *base, const struct cb_enum *e)
{
    PyObject *name = PyModule_GetNameObject(module);
    PyObject *live = name == NULL
                         ? NULL
                         : PyDict_GetItemWithError(PyImport_GetModuleDict(),
                                                   name);
    PyObject *class = NULL;
    if (live != NULL && live != module && PyModule_Check(live)) {
        class = PyDict_GetItemString(PyModule_GetDict(live), e->name);
    }
    Py_XDECREF(name);
    if (class == NULL || !PyType_Check(class)
        || !PyType_IsSubtype((PyTypeObject *)class, (PyTypeObject *)base)
        || cb_has_members(class, e) != 1)
    {
        return NULL;
    }
    Py_INCREF(class);
    return class;
}

static PyObject *
cb_make_enum(PyObject *module, PyObject *base, const struct cb_enum *e)
{
    PyObject *class = NULL;
    PyObject *pairs = PyTuple_New(e->count);
    PyObject *name = PyModule_GetNameObject(module);
    for (int i = 0; pairs != NULL && i < e->count; i++) {
        PyObject *pair = Py_BuildValue("(sN)", e->members[i].name,
                                       cb_int_of(e, e->members[i].value));
        if (pair == NULL) {
            Py_CLEAR(pairs);
            break;
        }
        PyTuple_SET_ITEM(pairs, i, pair);
    }
    PyObject *args = pairs == NULL
                         ? NULL
                         : Py_BuildValue("(sO)", e->name, pairs);
    PyObject *named = name == NULL ? NULL
                                   : Py_BuildValue("{sOss}", "module", name,
                                                   "qualname", e->name);
    if (args != NULL && named != NULL) {
        class = PyObject_Call(base, args, named);
    }
    Py_XDECREF(args);
    Py_XDECREF(named);
    Py_XDECREF(pairs);
    Py_XDECREF(name);
    return class;
}

static int
cb_fill_enum(PyObject *module, PyObject *class, struct cb_enum *e)
{
    if (e->doc != NULL) {
        PyObject *doc = PyUnicode_FromString(e->doc);
        int status = doc == NULL
                         ? -1
                         : PyObject_SetAttrString(class, "__doc__", doc);
        Py_XDECREF(doc);
        if (status < 0) {
            return -1;
        }
    }
    for (int i = 0; i < e->count; i++) {
        PyObject *member = PyObject_GetAttrString(class, e->members[i].name);
        e->objects[i] = member;
        if (member == NULL
            || (e->is_open
                && PyObject_SetAttrString(module, e->members[i].name, member)
                       < 0))
        {
            return -1;
        }
    }
    return e->is_public ? PyObject_SetAttrString(module, e->name, class) : 0;
}

CB_APART static int
cb_add_enum(PyObject *module, struct cb_enum *e)
{
    PyObject *from = PyImport_ImportModule("enum");
    PyObject *base = from == NULL ? NULL
                                  : PyObject_GetAttrString(from, "IntEnum");
    PyObject *class = base == NULL ? NULL : cb_find_enum(module, base, e);
    if (base != NULL && class == NULL && !PyErr_Occurred()) {
        class = cb_make_enum(module, base, e);
    }
    int status = class == NULL ? -1 : cb_fill_enum(module, class, e);
    Py_XDECREF(class);
    Py_XDECREF(base);
    Py_XDECREF(from);
    return status;
}

#endif
