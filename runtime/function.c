/* function: see function.h. */
#include "function.h"

#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "text.h"
#include "wire/buf.h"

#include "guard.h"

/* What decides how a function is called; the rest is about where it lives. */
#define CONVENTION \
    (METH_VARARGS | METH_KEYWORDS | METH_NOARGS | METH_O | METH_FASTCALL \
     | METH_METHOD)
/* 3.14 keeps the memory of freed bound methods in two lists, one for those
 * with a class, and asks the definition's flags as they are then for which
 * (Objects/methodobject.c, meth_dealloc). */
#define FREED_BY_FLAGS (PY_VERSION_HEX >= 0x030E0000)

static const char *
make_label(const char *type, const char *name)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "%s%s%s", type == NULL ? "" : type,
                type == NULL ? "" : ".", name);
    return buf_take(&text);
}

struct function *
function_new(const PyMethodDef *user, const char *type, PyMethodDef *place,
             struct err *e)
{
    struct function *f = calloc(1, sizeof(*f));
    if (f == NULL) {
        err_set(e, ERR_SYSTEM, "out of memory for a function");
        return NULL;
    }
    f->def = place == NULL ? &f->own : place;
    f->def->ml_name = text_keep(user->ml_name, NULL, e);
    f->def->ml_doc = text_keep(user->ml_doc, NULL, e);
    f->def->ml_flags = user->ml_flags;
    f->label = make_label(type, user->ml_name);
    f->stub = stub_take((void *)user->ml_meth, e);
    if (f->def->ml_name == NULL || f->stub == NULL || f->label == NULL
        || (user->ml_doc != NULL && f->def->ml_doc == NULL))
    {
        if (f->label == NULL) {
            err_set(e, ERR_SYSTEM, "out of memory for a function");
        }
        function_drop(f);
        return NULL;
    }
    *(void **)&f->def->ml_meth = f->stub->entry;
    return f;
}

int
function_bind(struct function *f, PyObject *module, struct err *e)
{
    if ((f->def->ml_flags & (METH_CLASS | METH_STATIC | METH_METHOD)) != 0) {
        return err_set(e, ERR_BUILD,
                       "%s() has flags that only methods of a type may have",
                       f->def->ml_name);
    }
    PyObject *name = PyModule_GetNameObject(module);
    if (name != NULL) {
        f->object = PyCFunction_NewEx(f->def, module, name);
        Py_DECREF(name);
    }
    if (f->object == NULL) {
        return err_set(e, ERR_BUILD, "%s() cannot be made", f->def->ml_name);
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
    free((char *)f->label);
    free(f);
}

/* CPython alone knows the fields' right values: they are read off objects
 * made for that purpose. */
static int
find_vectorcalls(struct function_change *c, struct err *e)
{
    PyMethodDef probe = {"probe", NULL, c->flags & CONVENTION, NULL};
    bool has_class = (c->flags & METH_METHOD) != 0;
    PyObject *made = PyCMethod_New(&probe, NULL, NULL,
                                   has_class ? &PyBaseObject_Type : NULL);
    PyObject *method = PyDescr_NewMethod(&PyBaseObject_Type, &probe);
    int done = -1;
    if (made != NULL && method != NULL) {
        c->vectorcall = ((PyCFunctionObject *)made)->vectorcall;
        c->method_vectorcall = ((PyMethodDescrObject *)method)->vectorcall;
        done = 0;
    }
    Py_XDECREF(made);
    Py_XDECREF(method);
    return done == 0 ? 0 : err_set(e, ERR_BUILD,
                                   "%s() has an unknown calling convention",
                                   c->function->label);
}

int
function_plan(struct function *f, const PyMethodDef *user,
              struct function_change *c, struct err *e)
{
    const int kind = METH_CLASS | METH_STATIC | METH_COEXIST;
    memset(c, 0, sizeof(*c));
    c->function = f;
    c->code = user->ml_meth;
    c->flags = user->ml_flags;
    c->doc = text_keep(user->ml_doc, f->def->ml_doc, e);
    if (user->ml_doc != NULL && c->doc == NULL) {
        return -1;
    }
    if (c->flags == f->def->ml_flags) {
        return 0;
    }
    if (((c->flags ^ f->def->ml_flags) & kind) != 0) {
        return err_set(e, ERR_REFUSED,
                       "%s() becomes or was a class or static method, which "
                       "is another kind of object: give it a new name, or "
                       "restart the app",
                       f->label);
    }
    if (find_vectorcalls(c, e) < 0) {
        return -1;
    }
    bool moves_class = ((c->flags ^ f->def->ml_flags) & METH_METHOD) != 0;
    if (moves_class && function_find_holders(c, e) < 0) {
        function_change_dispose(c);
        return -1;
    }
    return 0;
}

/* Whether calls of `o` go by a field of its own that the flags decide. */
static bool
is_holder(PyObject *o, const PyMethodDef *def)
{
    if (PyCFunction_Check(o)) {
        return ((PyCFunctionObject *)o)->m_ml == def;
    }
    return Py_TYPE(o) == &PyMethodDescr_Type
           && ((PyMethodDescrObject *)o)->d_method == def;
}

static int
refuse_holders(const struct function_change *c, Py_ssize_t count,
               bool takes_class, struct err *e)
{
    return err_set(e, ERR_REFUSED,
                   "%s() would %stake its defining class (METH_METHOD), and "
                   "%zd bound method%s with%s one %s held: let go of %s, or "
                   "restart the app",
                   c->function->label, takes_class ? "" : "no longer ", count,
                   count == 1 ? "" : "s", takes_class ? "out" : "",
                   count == 1 ? "is" : "are", count == 1 ? "it" : "them");
}

/* A bound method with METH_METHOD has room for its defining class: one made
 * without can't follow (Objects/methodobject.c, PyCMethod_New). The other way
 * round it keeps its room, and one reference to the class too many; but on
 * 3.14 it would be freed as what it is not. */
static int
check_holders(const struct function_change *c, struct err *e)
{
    bool takes_class = (c->flags & METH_METHOD) != 0;
    bool took_class = (c->function->def->ml_flags & METH_METHOD) != 0;
    Py_ssize_t bare = 0, classed = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(c->holders); i++) {
        PyObject *holder = PyList_GET_ITEM(c->holders, i);
        bare += PyCFunction_CheckExact(holder);
        classed += PyCFunction_Check(holder)
                   && !PyCFunction_CheckExact(holder);
    }
    if (takes_class && bare > 0) {
        return refuse_holders(c, bare, takes_class, e);
    }
    if (!takes_class && took_class && FREED_BY_FLAGS && classed > 0) {
        return refuse_holders(c, classed, takes_class, e);
    }
    return 0;
}

/* Bound methods are function objects of their own, alive in places nobody
 * lists: the garbage collector knows them all. */
int
function_find_holders(struct function_change *c, struct err *e)
{
    if (c->flags == c->function->def->ml_flags) {
        return 0;
    }
    PyObject *all = NULL;
    PyObject *gc = PyImport_ImportModule("gc");
    Py_XSETREF(c->holders, PyList_New(0));
    if (gc != NULL && c->holders != NULL) {
        all = PyObject_CallMethod(gc, "get_objects", NULL);
    }
    Py_ssize_t count = all == NULL ? -1 : PyList_GET_SIZE(all);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *o = PyList_GET_ITEM(all, i); /* borrowed */
        if (is_holder(o, c->function->def)
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
    return check_holders(c, e);
}

bool
function_moves_convention(const struct function_change *c)
{
    return c->holders != NULL;
}

static void
store_holder(PyObject *holder, const struct function_change *c,
             struct journal *j)
{
    void *word = NULL;
    if (PyCFunction_Check(holder)) {
        memcpy(&word, &c->vectorcall, sizeof(word));
        journal_word(j, &((PyCFunctionObject *)holder)->vectorcall, word);
    }
    else {
        memcpy(&word, &c->method_vectorcall, sizeof(word));
        journal_word(j, &((PyMethodDescrObject *)holder)->vectorcall, word);
    }
}

void
function_store(const struct function_change *c, struct journal *j)
{
    struct function *f = c->function;
    if (c->flags != f->def->ml_flags) {
        Py_ssize_t count = c->holders == NULL ? 0
                                              : PyList_GET_SIZE(c->holders);
        for (Py_ssize_t i = 0; i < count; i++) {
            store_holder(PyList_GET_ITEM(c->holders, i), c, j);
        }
        journal_number(j, &f->def->ml_flags, c->flags);
    }
    void *code = NULL;
    memcpy(&code, &c->code, sizeof(code));
    journal_word(j, f->stub->slot, code);
    journal_word(j, &f->def->ml_doc, (void *)c->doc);
}

void
function_store_gone(struct function *f, char *farewell, struct journal *j)
{
    journal_word(j, f->stub->slot, f->stub->gone);
    journal_word(j, &f->stub->farewell, farewell);
}

void
function_settle(const struct function_change *c)
{
    free(c->function->stub->farewell);
    c->function->stub->farewell = NULL;
}

void
function_change_dispose(struct function_change *c)
{
    Py_CLEAR(c->holders);
}
