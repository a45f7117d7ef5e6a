/* typechange: see typechange.h. */
#include "typechange.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "journal.h"
#include "native.h"
#include "stub.h"
#include "swap.h"
#include "text.h"
#include "typegate.h"
#include "typemembers.h"
#include "typemove.h"
#include "typeslots.h"
#include "typespec.h"
#include "typewritten.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for a type");
}

static void
add_word(struct type_change *c, void *at, void *value)
{
    c->words[c->word_count++] = (struct type_word){at, value};
}

int
type_change_attr(struct type_change *c, const char *name, PyObject *value,
                 PyObject *expected, struct err *e)
{
    struct type_attr *attrs = realloc(c->attrs,
                                      (c->attr_count + 1) * sizeof(*attrs));
    PyObject *key = PyUnicode_InternFromString(name);
    if (attrs != NULL) {
        c->attrs = attrs;
    }
    if (attrs == NULL || key == NULL) {
        PyErr_Clear();
        Py_XDECREF(key);
        return no_memory(e);
    }
    Py_XINCREF(value);
    attrs[c->attr_count++] = (struct type_attr){key, value, expected, false};
    return 0;
}

static size_t
count_methods(const PyMethodDef *m)
{
    size_t count = 0;
    while (m != NULL && m[count].ml_name != NULL) {
        count++;
    }
    return count;
}

static size_t
count_getsets(const PyGetSetDef *g)
{
    size_t count = 0;
    while (g != NULL && g[count].name != NULL) {
        count++;
    }
    return count;
}

/* Room for the longest lists, in the change and in the type's record. */
static struct type_change *
make_change(struct type *t, size_t methods, size_t getsets, struct err *e)
{
    struct type_change *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        no_memory(e);
        return NULL;
    }
    size_t all_methods = t->method_count + methods + 1;
    size_t all_getsets = t->getset_count + getsets + 1;
    c->type = t;
    c->methods = calloc(all_methods, sizeof(*c->methods));
    c->gone = calloc(all_methods, sizeof(*c->gone));
    c->farewells = calloc(all_methods, sizeof(*c->farewells));
    c->getsets = calloc(all_getsets, sizeof(*c->getsets));
    c->words = calloc(all_getsets * 6 + t->slot_count + 2,
                      sizeof(*c->words));
    struct function **kept = realloc(t->methods, all_methods * sizeof(*kept));
    if (kept != NULL) {
        t->methods = kept;
    }
    struct getset **known = realloc(t->getsets, all_getsets * sizeof(*known));
    if (known != NULL) {
        t->getsets = known;
    }
    if (c->methods == NULL || c->gone == NULL || c->farewells == NULL
        || c->getsets == NULL || c->words == NULL || kept == NULL
        || known == NULL)
    {
        type_changes_free(c);
        no_memory(e);
        return NULL;
    }
    return c;
}

/* As CPython does it when it makes a type. */
static PyObject *
make_descriptor(struct type *t, PyMethodDef *def)
{
    PyTypeObject *type = (PyTypeObject *)t->object;
    if ((def->ml_flags & METH_CLASS) != 0) {
        return PyDescr_NewClassMethod(type, def);
    }
    if ((def->ml_flags & METH_STATIC) != 0) {
        PyObject *bare = PyCFunction_NewEx(def, t->object, NULL);
        PyObject *made = bare == NULL ? NULL : PyStaticMethod_New(bare);
        Py_XDECREF(bare);
        return made;
    }
    return PyDescr_NewMethod(type, def);
}

static int
plan_method(struct type_change *c, const PyMethodDef *user, struct err *e)
{
    struct type *t = c->type;
    struct function *f = NULL;
    for (size_t i = 0; f == NULL && i < t->method_count; i++) {
        if (strcmp(t->methods[i]->def->ml_name, user->ml_name) == 0) {
            f = t->methods[i];
        }
    }
    struct function_change *change = &c->methods[c->method_count];
    bool is_added = f == NULL;
    bool is_back = f != NULL && function_is_gone(f);
    if (is_added) {
        f = function_new(user, type_short_name(t), NULL, e);
        if (f == NULL) {
            return -1;
        }
        f->object = make_descriptor(t, f->def);
    }
    if (f->object == NULL || function_plan(f, user, change, e) < 0) {
        if (f->object == NULL) {
            PyErr_Clear();
            no_memory(e);
        }
        if (is_added) {
            function_drop(f);
        }
        return -1;
    }
    change->is_added = is_added;
    c->method_count++;
    return is_added || is_back
               ? type_change_attr(c, user->ml_name, f->object, NULL, e)
               : 0;
}

static int
plan_gone_method(struct type_change *c, struct function *f,
                 const struct type_loading *l, struct err *e)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "%s.%s() was removed by the save of %s",
                l->native->name, f->label, l->image->source);
    if (l->saved != NULL && l->saved[0] != '\0') {
        buf_add_fmt(&text, " at %s", l->saved);
    }
    c->farewells[c->gone_count] = buf_take(&text);
    if (c->farewells[c->gone_count] == NULL) {
        return no_memory(e);
    }
    c->gone[c->gone_count++] = f;
    return type_change_attr(c, f->def->ml_name, NULL, f->object, e);
}

static int
plan_methods(struct type_change *c, const PyMethodDef *user,
             const struct type_loading *l, struct err *e)
{
    struct type *t = c->type;
    for (size_t i = 0; i < t->method_count; i++) {
        struct function *f = t->methods[i];
        const PyMethodDef *m = user;
        while (m != NULL && m->ml_name != NULL
               && strcmp(m->ml_name, f->def->ml_name) != 0)
        {
            m++;
        }
        bool stays = m != NULL && m->ml_name != NULL;
        if (!stays && !function_is_gone(f)
            && plan_gone_method(c, f, l, e) < 0)
        {
            return -1;
        }
    }
    for (const PyMethodDef *m = user; m != NULL && m->ml_name != NULL; m++) {
        if (plan_method(c, m, e) < 0) {
            return -1;
        }
    }
    return 0;
}

/* One accessor: repoints its stub, or brings in a first one, or none. One that
 * nobody can call any more leads nowhere: it would keep the old image. */
static int
plan_accessor(struct type_change *c, struct stub **stub, void *field,
              void *code, struct err *e)
{
    if (code == NULL) {
        add_word(c, field, NULL);
        if (*stub != NULL) {
            add_word(c, (*stub)->slot, (*stub)->gone);
        }
        return 0;
    }
    if (*stub == NULL) {
        *stub = stub_take(code, e);
        if (*stub == NULL) {
            return -1;
        }
        *(*stub)->slot = (*stub)->gone; /* until the store */
    }
    add_word(c, (*stub)->slot, code);
    add_word(c, field, (*stub)->entry);
    return 0;
}

static int
plan_known_getset(struct type_change *c, struct getset *g,
                  const PyGetSetDef *user, struct err *e)
{
    const char *doc = text_keep(user->doc, g->def->doc, e);
    if (user->doc != NULL && doc == NULL) {
        return -1;
    }
    add_word(c, &g->def->doc, (void *)doc);
    add_word(c, &g->def->closure, user->closure);
    if (plan_accessor(c, &g->get, &g->def->get, (void *)user->get, e) < 0
        || plan_accessor(c, &g->set, &g->def->set, (void *)user->set, e) < 0)
    {
        return -1;
    }
    PyObject *dict = ((PyTypeObject *)c->type->object)->tp_dict;
    PyObject *there = NULL; /* borrowed */
    if (pyabi_look(dict, user->name, &there) < 0) {
        PyErr_Clear();
        return no_memory(e);
    }
    return there == NULL
               ? type_change_attr(c, user->name, g->object, NULL, e)
               : 0;
}

static int
plan_getset(struct type_change *c, const PyGetSetDef *user, struct err *e)
{
    struct type *t = c->type;
    for (size_t i = 0; i < t->getset_count; i++) {
        if (strcmp(t->getsets[i]->def->name, user->name) == 0) {
            return plan_known_getset(c, t->getsets[i], user, e);
        }
    }
    struct getset *g = getset_new(user, NULL, e);
    if (g == NULL) {
        return -1;
    }
    c->getsets[c->getset_count++] = g;
    g->object = PyDescr_NewGetSet((PyTypeObject *)t->object, g->def);
    if (g->object == NULL) {
        PyErr_Clear();
        return no_memory(e);
    }
    return type_change_attr(c, user->name, g->object, NULL, e);
}

static int
plan_getsets(struct type_change *c, const PyGetSetDef *user, struct err *e)
{
    struct type *t = c->type;
    for (size_t i = 0; i < t->getset_count; i++) {
        struct getset *g = t->getsets[i];
        const PyGetSetDef *u = user;
        while (u != NULL && u->name != NULL
               && strcmp(u->name, g->def->name) != 0)
        {
            u++;
        }
        bool stays = u != NULL && u->name != NULL;
        if (!stays
            && type_change_attr(c, g->def->name, NULL, g->object, e) < 0)
        {
            return -1;
        }
    }
    for (const PyGetSetDef *u = user; u != NULL && u->name != NULL; u++) {
        if (plan_getset(c, u, e) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The code behind each slot; those that come and go are typeslots'. */
static int
plan_slots(struct type_change *c, const PyType_Spec *spec,
           const struct type_loading *l, struct err *e)
{
    bool differ = typeslots_differ(c->type, spec, l->image);
    if (differ && c->type->is_static) {
        return err_set(e, ERR_REFUSED,
                       "static type %s gains or loses a slot: restart the app",
                       c->type->name);
    }
    if (differ && typeslots_plan(c, spec, l, e) < 0) {
        return -1;
    }
    const struct slot *slots = c->slots != NULL ? c->slots : c->type->slots;
    for (size_t i = 0; i < c->type->slot_count; i++) {
        const struct slot *s = &slots[i];
        if (!s->is_gone && s->plain == NULL && !s->is_fresh) {
            add_word(c, s->stub->slot, typespec_slot(spec, s->id));
        }
    }
    return 0;
}

/* What stands after a signature, as CPython shows it. */
static const char *
visible_doc(const char *doc)
{
    const char *mark = doc == NULL ? NULL : strstr(doc, ")\n--\n\n");
    return mark == NULL ? doc : mark + 6;
}

int
type_change_doc(struct type_change *c, const char *doc, struct err *e)
{
    const char *kept = text_keep(doc, c->type->doc, e);
    if (doc != NULL && kept == NULL) {
        return -1;
    }
    c->doc = kept;
    if (kept == c->type->doc) {
        return 0;
    }
    if (c->type->is_static) {
        /* CPython reads it off the type itself */
        add_word(c, &((PyTypeObject *)c->type->object)->tp_doc,
                 (void *)kept);
    }
    PyObject *value = kept == NULL ? Py_NewRef(Py_None)
                                   : PyUnicode_FromString(visible_doc(kept));
    if (value == NULL) {
        PyErr_Clear();
        return no_memory(e);
    }
    int done = type_change_attr(c, "__doc__", value, NULL, e);
    Py_DECREF(value);
    return done;
}

struct type_change *
type_plan(struct type *t, const PyType_Spec *spec, PyObject *bases,
          const struct type_loading *loading, struct err *e)
{
    if (typegate_check(t, spec, bases, e) < 0) {
        return NULL;
    }
    const PyMethodDef *methods = typespec_slot(spec, Py_tp_methods);
    const PyGetSetDef *getsets = typespec_slot(spec, Py_tp_getset);
    struct type_change *c = make_change(t, count_methods(methods),
                                        count_getsets(getsets), e);
    if (c == NULL) {
        return NULL;
    }
    c->native = loading->native;
    if (typewritten_begin(c, e) < 0) {
        type_changes_free(c);
        return NULL;
    }
    if (pyabi_type_token(t->object) != NULL) {
        add_word(c, pyabi_type_token(t->object), typespec_token(spec));
    }
    if (typespec_copy_members(typespec_slot(spec, Py_tp_members), &c->members,
                              e) < 0
        || typemove_plan(c, spec, loading, e) < 0
        || typemembers_plan(c, e) < 0 || plan_slots(c, spec, loading, e) < 0
        || plan_methods(c, methods, loading, e) < 0
        || plan_getsets(c, getsets, e) < 0
        || type_change_doc(c, typespec_slot(spec, Py_tp_doc), e) < 0)
    {
        type_changes_free(c);
        return NULL;
    }
    return c;
}

struct type_change *
type_change_add(struct type *t, struct err *e)
{
    struct type_change *c = make_change(t, 0, 0, e);
    if (c != NULL) {
        c->is_added = true;
        c->doc = t->doc;
    }
    return c;
}

static bool
is_changed(const struct type_change *c, const struct type *t)
{
    while (c != NULL && c->type != t) {
        c = c->next;
    }
    return c != NULL;
}

int
type_changes_miss(struct type_change **changes, struct native *n,
                  struct err *e)
{
    for (struct type *t = n->types; t != NULL; t = t->next) {
        if (t->is_gone || is_changed(*changes, t)) {
            continue;
        }
        struct type_change *c = make_change(t, 0, 0, e);
        if (c == NULL) {
            return -1;
        }
        c->is_gone = true;
        c->doc = t->doc;
        c->next = *changes;
        *changes = c;
    }
    return 0;
}
