/* native: see native.h. */
#include "native.h"

#include <stdlib.h>
#include <string.h>

#include "function.h"
#include "image.h"
#include "stub.h"
#include "type.h"
#include "typewritten.h"

#include "guard.h"

static struct native *natives;

/* importlib writes these, the init does not. */
static const char *const machinery[] = {
    "__name__",   "__spec__", "__loader__",  "__package__",
    "__file__",   "__path__", "__cached__", "__builtins__",
    "__cowbird__", "__cowbird_made__"};

static void
native_free(struct native *n)
{
    if (n == NULL) {
        return;
    }
    Py_XDECREF(n->made);
    Py_XDECREF(n->module);
    image_leave(n->image);
    for (size_t i = 0; i < n->function_count; i++) {
        function_drop(n->functions[i]);
    }
    free(n->functions);
    Py_XDECREF(n->info);
    free(n->name);
    free(n->source);
    free(n);
}

struct native *
native_add(const char *name, const char *source, uint64_t generation,
           struct err *e)
{
    struct native *n = calloc(1, sizeof(*n));
    if (n != NULL) {
        n->name = strdup(name);
        n->source = strdup(source);
        n->generation = generation;
    }
    if (n == NULL || n->name == NULL || n->source == NULL) {
        native_free(n);
        err_set(e, ERR_SYSTEM, "out of memory for module %s", name);
        return NULL;
    }
    struct native **last = &natives;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = n;
    return n;
}

struct native *
native_find(const char *name)
{
    struct native *n = natives;
    while (n != NULL && strcmp(n->name, name) != 0) {
        n = n->next;
    }
    return n;
}

struct native *
native_of(PyObject *module)
{
    struct native *n = natives;
    while (n != NULL && n->module != module) {
        n = n->next;
    }
    return n;
}

struct native *
native_first(void)
{
    return natives;
}

void
native_drop(struct native *n)
{
    for (struct native **at = &natives; *at != NULL; at = &(*at)->next) {
        if (*at == n) {
            *at = n->next;
            native_free(n);
            return;
        }
    }
}

struct function *
native_function(const struct native *n, const char *name)
{
    for (size_t i = 0; i < n->function_count; i++) {
        if (strcmp(n->functions[i]->def->ml_name, name) == 0) {
            return n->functions[i];
        }
    }
    return NULL;
}

int
native_reserve(struct native *n, size_t more, struct err *e)
{
    size_t room = n->function_count + more;
    if (room <= n->function_room) {
        return 0;
    }
    struct function **functions = realloc(n->functions,
                                          room * sizeof(*functions));
    if (functions == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for functions");
    }
    n->functions = functions;
    n->function_room = room;
    return 0;
}

void
native_keep(struct native *n, struct function *f)
{
    n->functions[n->function_count++] = f;
}

static int
publish_one(struct native *n, const PyMethodDef *user, struct err *e)
{
    struct function *f = native_function(n, user->ml_name);
    if (f != NULL) {
        return err_set(e, ERR_BUILD, "two functions of %s are called %s",
                       n->source, user->ml_name);
    }
    f = function_new(user, NULL, NULL, e);
    if (f == NULL) {
        return -1;
    }
    if (function_bind(f, n->module, e) < 0 || native_reserve(n, 1, e) < 0) {
        function_drop(f);
        return -1;
    }
    native_keep(n, f);
    if (PyObject_SetAttrString(n->module, user->ml_name, f->object) < 0) {
        return err_set(e, ERR_BUILD, "publishing %s", user->ml_name);
    }
    return 0;
}

int
native_publish(struct native *n, const PyMethodDef *methods, struct err *e)
{
    const PyMethodDef *m = methods;
    for (; m != NULL && m->ml_name != NULL; m++) {
        if (publish_one(n, m, e) < 0) {
            return -1;
        }
    }
    return 0;
}

PyObject *
native_snapshot(PyObject *module)
{
    PyObject *copy = PyDict_Copy(pyabi_module(module)->md_dict);
    size_t count = sizeof(machinery) / sizeof(machinery[0]);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        PyObject *there = NULL; /* borrowed */
        if (pyabi_look(copy, machinery[i], &there) < 0
            || (there != NULL && PyDict_DelItemString(copy, machinery[i]) < 0))
        {
            Py_CLEAR(copy);
        }
    }
    return copy;
}

int
native_describe(struct native *n)
{
    n->info = Py_BuildValue("{s:K,s:s,s:s}", "generation",
                            (unsigned long long)n->shown, "source",
                            n->source, "tier", n->tier);
    if (n->info == NULL) {
        return -1;
    }
    return PyObject_SetAttrString(n->module, "__cowbird__", n->info);
}

/* -- calls in flight ------------------------------------------------------ */

/* `what` says whether to go on; false when it did not. */
static bool
each_stub(const struct native *n, bool (*what)(struct stub *s))
{
    bool goes_on = true;
    for (size_t i = 0; goes_on && i < n->function_count; i++) {
        goes_on = what(n->functions[i]->stub);
    }
    for (const struct type *t = n->types; t != NULL; t = t->next) {
        for (size_t i = 0; goes_on && i < t->method_count; i++) {
            goes_on = what(t->methods[i]->stub);
        }
        for (size_t i = 0; goes_on && i < t->getset_count; i++) {
            goes_on = what(t->getsets[i]->get) && what(t->getsets[i]->set);
        }
        for (size_t i = 0; goes_on && i < t->slot_count; i++) {
            goes_on = what(t->slots[i].stub);
        }
        for (size_t i = 0; goes_on && i < t->written_count; i++) {
            goes_on = what(t->written[i].stub);
        }
    }
    return goes_on;
}

static bool
begin_count(struct stub *s)
{
    stub_begin_count(s);
    return true;
}

void
native_count_calls(struct native *n)
{
    n->counts_calls = true;
    (void)each_stub(n, begin_count);
}

static bool
forget_passed(struct stub *s)
{
    if (s != NULL) {
        s->has_passed = false;
    }
    return true;
}

void
native_watch(const struct native *n)
{
    (void)each_stub(n, forget_passed);
}

static bool
has_not_passed(struct stub *s)
{
    return s == NULL || !s->has_passed;
}

bool
native_was_called(const struct native *n)
{
    return !each_stub(n, has_not_passed);
}

static const char *
call_of(const struct function *f, const char *label)
{
    bool is_asked = label == NULL || strcmp(label, f->label) == 0;
    return is_asked && stub_calls(f->stub) > 0 ? f->label : NULL;
}

/* One of the type's slots or attributes stands for the type. */
static const char *
call_of_type(const struct type *t, const char *label)
{
    const char *name = type_short_name(t);
    long calls = 0;
    for (size_t i = 0; i < t->method_count; i++) {
        const char *method = call_of(t->methods[i], label);
        if (method != NULL) {
            return method;
        }
    }
    for (size_t i = 0; i < t->getset_count; i++) {
        calls += stub_calls(t->getsets[i]->get);
        calls += stub_calls(t->getsets[i]->set);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        calls += stub_calls(t->slots[i].stub);
    }
    for (size_t i = 0; i < t->written_count; i++) {
        calls += stub_calls(t->written[i].stub);
    }
    bool is_asked = label == NULL || strcmp(label, name) == 0;
    return is_asked && calls > 0 ? name : NULL;
}

const char *
native_call(const struct native *n, const char *label)
{
    const char *found = NULL;
    for (size_t i = 0; found == NULL && i < n->function_count; i++) {
        found = call_of(n->functions[i], label);
    }
    for (const struct type *t = n->types; found == NULL && t != NULL;
         t = t->next)
    {
        found = call_of_type(t, label);
    }
    return found;
}

void
native_gate(const struct native *n, bool is_shut)
{
    for (size_t i = 0; i < n->function_count; i++) {
        stub_gate(n->functions[i]->stub, is_shut);
    }
    for (const struct type *t = n->types; t != NULL; t = t->next) {
        for (size_t i = 0; i < t->method_count; i++) {
            stub_gate(t->methods[i]->stub, is_shut);
        }
    }
}
