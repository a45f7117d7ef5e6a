/* function: see function.h. */
#include "function.h"

#include <stdlib.h>
#include <string.h>

#include "journal.h"

#include "guard.h"

/* What decides how a function is called; the rest is about where it lives. */
#define CONVENTION \
    (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL \
     | METH_METHOD)

const char *
text_keep(const char *text, const char *known, struct err *e)
{
    if (text == NULL || (known != NULL && strcmp(text, known) == 0)) {
        return text == NULL ? NULL : known;
    }
    const char *copy = strdup(text);
    if (copy == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a docstring");
    }
    return copy;
}

struct function *
function_new(const PyMethodDef *user, struct err *e)
{
    struct function *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a function");
        return NULL;
    }
    f->def.ml_name = text_keep(user->ml_name, NULL, e);
    f->def.ml_doc = text_keep(user->ml_doc, NULL, e);
    f->def.ml_flags = user->ml_flags;
    f->stub = stub_take((void *)user->ml_meth, e);
    if (f->def.ml_name == NULL || f->stub == NULL
        || (user->ml_doc != NULL && f->def.ml_doc == NULL))
    {
        function_drop(f);
        return NULL;
    }
    *(void **)&f->def.ml_meth = f->stub->entry;
    return f;
}

int
function_bind(struct function *f, PyObject *module, struct err *e)
{
    if ((f->def.ml_flags & (METH_CLASS | METH_STATIC | METH_METHOD)) != 0) {
        return err_set(e, ERR_BUILD,
                       "%s() has flags that only methods of a type may have",
                       f->def.ml_name);
    }
    PyObject *name = PyModule_GetNameObject(module);
    if (name != NULL) {
        f->object = PyCFunction_NewEx(&f->def, module, name);
        Py_DECREF(name);
    }
    if (f->object == NULL) {
        return err_set(e, ERR_BUILD, "%s() cannot be made", f->def.ml_name);
    }
    return 0;
}

bool
function_is_gone(const struct function *f)
{
    return *f->stub->slot == f->stub->gone;
}

void
function_drop(struct function *f)
{
    if (f == NULL) {
        return;
    }
    bool is_held = f->object != NULL && Py_REFCNT(f->object) > 1;
    Py_CLEAR(f->object);
    if (is_held) {
        return;
    }
    stub_give_back(f->stub);
    free((char *)f->def.ml_name);
    free((char *)f->def.ml_doc);
    free(f);
}

/* CPython alone knows the field's right value: it is read off a function
 * made for that purpose. */
static int
find_vectorcall(int flags, vectorcallfunc *found, struct err *e)
{
    PyMethodDef probe = {"probe", NULL, flags & CONVENTION, NULL};
    PyObject *made = NULL;
    if ((flags & METH_METHOD) == 0) {
        made = PyCFunction_NewEx(&probe, NULL, NULL);
    }
    if (made == NULL) {
        return err_set(e, ERR_BUILD, "unknown calling convention");
    }
    *found = ((PyCFunctionObject *)made)->vectorcall;
    Py_DECREF(made);
    return 0;
}

int
function_plan(struct function *f, const PyMethodDef *user,
              struct function_change *c, struct err *e)
{
    memset(c, 0, sizeof(*c));
    c->function = f;
    c->code = user->ml_meth;
    c->flags = user->ml_flags;
    c->doc = text_keep(user->ml_doc, f->def.ml_doc, e);
    if (user->ml_doc != NULL && c->doc == NULL) {
        return -1;
    }
    if (c->flags == f->def.ml_flags) {
        return 0;
    }
    if (((c->flags | f->def.ml_flags)
         & (METH_CLASS | METH_STATIC | METH_METHOD))
        != 0)
    {
        return err_set(e, ERR_REFUSED,
                       "%s() becomes or was a class, static or defining-class "
                       "method: restart the app to load it",
                       f->def.ml_name);
    }
    return find_vectorcall(c->flags, &c->vectorcall, e);
}

/* Bound methods are function objects of their own, alive in places nobody
 * lists: the garbage collector knows them all. */
int
function_find_holders(struct function_change *c, struct err *e)
{
    if (c->flags == c->function->def.ml_flags) {
        return 0;
    }
    PyObject *all = NULL;
    PyObject *gc = PyImport_ImportModule("gc");
    c->holders = PyList_New(0);
    if (gc != NULL && c->holders != NULL) {
        all = PyObject_CallMethod(gc, "get_objects", NULL);
    }
    Py_ssize_t count = all == NULL ? -1 : PyList_GET_SIZE(all);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *o = PyList_GET_ITEM(all, i); /* borrowed */
        if (PyCFunction_Check(o)
            && ((PyCFunctionObject *)o)->m_ml == &c->function->def
            && PyList_Append(c->holders, o) < 0)
        {
            count = -1;
        }
    }
    Py_XDECREF(all);
    Py_XDECREF(gc);
    if (count < 0) {
        PyErr_Clear();
        return err_set(e, ERR_SYSTEM, "out of memory looking for holders");
    }
    return 0;
}

static void
store_holder(PyObject *holder, vectorcallfunc vectorcall, struct journal *j)
{
    void *word = NULL;
    memcpy(&word, &vectorcall, sizeof(word));
    if (PyCFunction_Check(holder)) {
        journal_word(j, &((PyCFunctionObject *)holder)->vectorcall, word);
    }
}

void
function_store(const struct function_change *c, struct journal *j)
{
    struct function *f = c->function;
    if (c->flags != f->def.ml_flags) {
        Py_ssize_t count = c->holders == NULL ? 0
                                              : PyList_GET_SIZE(c->holders);
        for (Py_ssize_t i = 0; i < count; i++) {
            store_holder(PyList_GET_ITEM(c->holders, i), c->vectorcall, j);
        }
        journal_number(j, &f->def.ml_flags, c->flags);
    }
    void *code = NULL;
    memcpy(&code, &c->code, sizeof(code));
    journal_word(j, f->stub->slot, code);
    journal_word(j, &f->def.ml_doc, (void *)c->doc);
}

void
function_store_gone(struct function *f, char *farewell, struct journal *j)
{
    journal_word(j, f->stub->slot, f->stub->gone);
    journal_word(j, &f->stub->farewell, farewell);
}

void
function_change_dispose(struct function_change *c)
{
    Py_CLEAR(c->holders);
}
