/* twin: see twin.h. */
#include "twin.h"

#include <stdlib.h>

#include "attrs.h"
#include "definition.h"
#include "function.h"
#include "image.h"
#include "journal.h"
#include "native.h"

#include "guard.h"

/* What a twin's init left in it is in the twin: functions hold their module,
 * and only what the garbage collector sees can be let go. */
#define MADE "__cowbird_made__"

struct twin {
    PyObject *ref; /* a weak reference to the module; owned */
    struct twin *next;
};

struct twin_change {
    PyObject *module; /* owned */
    PyObject *before; /* what the init that served made of it; owned */
    PyObject *after;  /* what the new init makes of it; owned */
    struct twin_change *next;
};

static void
free_twin(struct twin *t)
{
    Py_XDECREF(t->ref);
    free(t);
}

/* Those whose module is gone. */
static void
drop_dead(struct native *n)
{
    for (struct twin **at = &n->twins; *at != NULL;) {
        struct twin *t = *at;
        PyObject *module = pyabi_referent(t->ref);
        if (module == NULL) {
            *at = t->next;
            free_twin(t);
        }
        else {
            Py_DECREF(module);
            at = &t->next;
        }
    }
}

bool
twin_lives(struct native *n)
{
    drop_dead(n);
    return n->twins != NULL;
}

bool
twin_is_due(const struct native *n)
{
    if (!n->is_live || n->fixed != NULL || n->types != NULL
        || n->image == NULL || !image_is_multi_phase(n->image))
    {
        return false;
    }
    PyObject *modules = PyImport_GetModuleDict(); /* borrowed */
    return PyDict_GetItemString(modules, n->name) != n->module;
}

/* The function's object of its own; the stub is everybody's. */
static PyObject *
bind_function(PyMethodDef *def, PyObject *module)
{
    PyObject *name = PyModule_GetNameObject(module);
    PyObject *made = name == NULL ? NULL
                                  : PyCFunction_NewEx(def, module, name);
    Py_XDECREF(name);
    return made;
}

static int
publish(const struct native *n, PyObject *module)
{
    for (size_t i = 0; i < n->function_count; i++) {
        const struct function *f = n->functions[i];
        if (function_is_gone(f)) {
            continue;
        }
        PyObject *made = bind_function(f->def, module);
        int done = made == NULL ? -1 : PyObject_SetAttrString(
                                           module, f->def->ml_name, made);
        Py_XDECREF(made);
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
twin_create(struct native *n, PyObject *spec, struct err *e)
{
    struct twin *t = calloc(1, sizeof(*t));
    drop_dead(n);
    PyObject *module = t == NULL ? NULL : definition_make(n->image, spec);
    if (module != NULL && PyModule_Check(module)) {
        t->ref = PyWeakref_NewRef(module, NULL);
        if (t->ref != NULL) {
            PyObject_GC_UnTrack(t->ref); /* nobody's but ours: not counted */
        }
    }
    if (t == NULL || t->ref == NULL || publish(n, module) < 0) {
        if (t != NULL) {
            free_twin(t);
        }
        Py_XDECREF(module);
        err_set(e, ERR_BUILD, "making module %s again", n->name);
        return NULL;
    }
    t->next = n->twins;
    n->twins = t;
    return module;
}

static struct twin *
find(PyObject *module, struct native **owner)
{
    for (struct native *n = native_first(); n != NULL; n = n->next) {
        for (struct twin *t = n->twins; t != NULL; t = t->next) {
            PyObject *one = pyabi_referent(t->ref);
            Py_XDECREF(one);
            if (one == module) {
                *owner = n;
                return t;
            }
        }
    }
    return NULL;
}

int
twin_exec(PyObject *module)
{
    struct native *n = NULL;
    struct twin *t = find(module, &n);
    if (t == NULL || PyObject_HasAttrString(module, MADE)) {
        return t != NULL;
    }
    if (PyModule_ExecDef(module, n->def) < 0) {
        return -1;
    }
    PyObject *made = native_snapshot(module);
    int done = -1;
    if (made != NULL
        && PyObject_SetAttrString(module, "__cowbird__", n->info) == 0)
    {
        done = PyObject_SetAttrString(module, MADE, made);
    }
    Py_XDECREF(made);
    return done < 0 ? -1 : 1;
}

/* What the new init has made, with the twin's own functions in the place of
 * the first module's. NULL with the exception set. */
static PyObject *
after_of(const struct native *n, PyObject *module, PyObject *before,
         PyObject *made)
{
    PyObject *after = PyDict_Copy(made);
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    Py_ssize_t at = 0;
    while (after != NULL && PyDict_Next(made, &at, &name, &value)) {
        if (!PyCFunction_Check(value)
            || PyCFunction_GET_SELF(value) != n->module)
        {
            continue;
        }
        PyMethodDef *def = ((PyCFunctionObject *)value)->m_ml;
        PyObject *own = PyDict_GetItemWithError(before, name);
        bool is_same = own != NULL && PyCFunction_Check(own)
                       && ((PyCFunctionObject *)own)->m_ml == def;
        PyObject *put = is_same ? Py_NewRef(own) : bind_function(def, module);
        if (put == NULL || PyDict_SetItem(after, name, put) < 0) {
            Py_CLEAR(after);
        }
        Py_XDECREF(put);
    }
    return after;
}

/* One whose init has not ended yet is left as it is. */
static int
plan(const struct native *n, PyObject *module, PyObject *made,
     struct twin_change *c)
{
    PyObject *dict = pyabi_module(module)->md_dict;
    PyObject *before = NULL; /* borrowed */
    if (pyabi_look(dict, MADE, &before) < 0) {
        return -1;
    }
    c->before = before != NULL && PyDict_Check(before) ? Py_NewRef(before)
                                                       : PyDict_New();
    c->module = Py_NewRef(module);
    c->after = c->before == NULL ? NULL
               : c->before == before
                   ? after_of(n, module, before, made)
                   : PyDict_New();
    if (c->after == NULL) {
        return -1;
    }
    PyObject_GC_UnTrack(c->after); /* until it is the twin's */
    return 0;
}

int
twins_plan(struct native *n, PyObject *made, struct twin_change **changes,
           size_t *entries, struct err *e)
{
    drop_dead(n);
    for (struct twin *t = n->twins; t != NULL; t = t->next) {
        PyObject *module = pyabi_referent(t->ref);
        if (module == NULL) {
            continue;
        }
        struct twin_change *c = calloc(1, sizeof(*c));
        if (c == NULL || plan(n, module, made, c) < 0) {
            PyErr_Clear();
            twins_forget(c);
            Py_DECREF(module);
            return err_set(e, ERR_SYSTEM, "out of memory for a swap");
        }
        Py_DECREF(module);
        c->next = *changes;
        *changes = c;
        *entries += (size_t)PyDict_GET_SIZE(c->after)
                    + (size_t)PyDict_GET_SIZE(c->before) + 1
                    + PYABI_DEFINE_WORDS;
    }
    return 0;
}

int
twins_move(struct twin_change *changes, struct journal *j)
{
    for (struct twin_change *c = changes; c != NULL; c = c->next) {
        PyObject *dict = pyabi_module(c->module)->md_dict;
        struct attrs a = {dict, c->before, c->after};
        PyObject *name = PyUnicode_FromString(MADE);
        int done = name == NULL || attrs_commit(&a, j) < 0
                       ? -1
                       : journal_item(j, dict, name, c->after);
        Py_XDECREF(name);
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

void
twins_store(struct twin_change *changes, const struct image *i,
            struct journal *j)
{
    for (struct twin_change *c = changes; c != NULL; c = c->next) {
        struct pyabi_word words[PYABI_DEFINE_WORDS];
        size_t count = pyabi_define(c->module, i->def, i->token, words);
        for (size_t k = 0; k < count; k++) {
            journal_word(j, words[k].at, words[k].value);
        }
    }
}

void
twins_settle(struct twin_change *changes)
{
    for (struct twin_change *c = changes; c != NULL; c = c->next) {
        PyObject_GC_UnTrack(c->before);
        if (!PyObject_GC_IsTracked(c->after)) {
            PyObject_GC_Track(c->after);
        }
    }
}

void
twins_forget(struct twin_change *changes)
{
    while (changes != NULL) {
        struct twin_change *c = changes;
        changes = c->next;
        Py_XDECREF(c->after);
        Py_XDECREF(c->before);
        Py_XDECREF(c->module);
        free(c);
    }
}
