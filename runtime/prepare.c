/* prepare: the half of a swap (swap.h) that runs user code and changes
 * nothing.
 *
 * The new image's init builds a second module object, the shadow, in whose
 * namespace names that are already published stand for the live function
 * objects. Whatever goes wrong, the shadow is let go and nobody has seen it.
 */
#include "swap.h"

#include <stdlib.h>
#include <string.h>

#include "capsule.h"
#include "clock.h"
#include "defgate.h"
#include "definition.h"
#include "function.h"
#include "identity.h"
#include "image.h"
#include "native.h"
#include "pyerr.h"
#include "shadow.h"
#include "single.h"
#include "state.h"
#include "statictype.h"
#include "stub.h"
#include "type.h"
#include "typechange.h"
#include "typewritten.h"

#include "guard.h"

/* Gives the shadow what importlib would have given it. */
static int
dress(PyObject *shadow, PyObject *live)
{
    static const char *const names[] = {"__spec__", "__loader__",
                                        "__package__", "__file__",
                                        "__path__"};
    PyObject *from = pyabi_module(live)->md_dict;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        PyObject *value = NULL; /* borrowed */
        if (pyabi_look(from, names[i], &value) < 0
            || (value != NULL
                && PyObject_SetAttrString(shadow, names[i], value) < 0))
        {
            return -1;
        }
    }
    return 0;
}

static int
make_shadow(struct swap_item *item, struct err *e)
{
    PyObject *live = item->native->module;
    PyObject *spec = PyObject_GetAttrString(live, "__spec__");
    if (spec == NULL) {
        return err_set(e, ERR_BUILD, "making module %s", item->order.name);
    }
    item->shadow = definition_make(item->image, spec);
    Py_DECREF(spec);
    if (item->shadow == NULL) {
        return err_set(e, ERR_BUILD, "making module %s", item->order.name);
    }
    if (!PyModule_CheckExact(item->shadow) || item->shadow == live
        || !definition_has_made(item->image, item->shadow))
    {
        return err_set(e, ERR_REFUSED,
                       "Py_mod_create in %s does not make a new module: "
                       "restart the app",
                       item->order.source);
    }
    if (dress(item->shadow, live) < 0) {
        return err_set(e, ERR_BUILD, "making module %s", item->order.name);
    }
    return 0;
}

static struct function_change *
change_of(struct swap_item *item, const char *name)
{
    for (size_t i = 0; i < item->change_count; i++) {
        if (strcmp(item->changes[i].function->def->ml_name, name) == 0) {
            return &item->changes[i];
        }
    }
    return NULL;
}

static int
plan_function(struct swap_item *item, const PyMethodDef *user, struct err *e)
{
    struct function *f = native_function(item->native, user->ml_name);
    struct function_change *c = &item->changes[item->change_count];
    if (change_of(item, user->ml_name) != NULL) {
        return err_set(e, ERR_BUILD, "two functions of %s are called %s",
                       item->order.source, user->ml_name);
    }
    bool is_added = f == NULL;
    if (is_added) {
        f = function_new(user, NULL, NULL, e);
        if (f == NULL) {
            return -1;
        }
    }
    if (function_plan(f, user, c, e) < 0) {
        if (is_added) {
            function_drop(f);
        }
        return -1;
    }
    c->is_added = is_added;
    item->change_count++;
    if (is_added && function_bind(f, item->native->module, e) < 0) {
        return -1;
    }
    if (PyObject_SetAttrString(item->shadow, user->ml_name, f->object) < 0) {
        return err_set(e, ERR_BUILD, "publishing %s", user->ml_name);
    }
    return 0;
}

static int
plan_functions(struct swap_item *item, struct err *e)
{
    const PyMethodDef *methods = item->image->def->m_methods;
    size_t count = 0;
    while (methods != NULL && methods[count].ml_name != NULL) {
        count++;
    }
    item->changes = calloc(count + 1, sizeof(*item->changes));
    if (item->changes == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    for (size_t i = 0; i < count; i++) {
        if (plan_function(item, &methods[i], e) < 0) {
            return -1;
        }
    }
    return native_reserve(item->native, count, e);
}

static char *
farewell(const struct swap_item *item, const struct function *f)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "%s.%s() was removed by the save of %s",
                item->order.name, f->def->ml_name, item->order.source);
    if (item->order.saved[0] != '\0') {
        buf_add_fmt(&text, " at %s", item->order.saved);
    }
    return buf_take(&text);
}

/* Functions that the new definition lacks. */
static int
plan_removals(struct swap_item *item, struct err *e)
{
    struct native *n = item->native;
    item->removed = calloc(n->function_count + 1, sizeof(*item->removed));
    item->farewells = calloc(n->function_count + 1, sizeof(char *));
    if (item->removed == NULL || item->farewells == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    for (size_t i = 0; i < n->function_count; i++) {
        struct function *f = n->functions[i];
        if (function_is_gone(f) || change_of(item, f->def->ml_name) != NULL) {
            continue;
        }
        char *text = farewell(item, f);
        if (text == NULL) {
            return err_set(e, ERR_SYSTEM, "out of memory for a swap");
        }
        item->removed[item->removed_count] = f;
        item->farewells[item->removed_count++] = text;
    }
    return 0;
}

/* The longest lists that the report can need. */
static int
plan_report(struct swap_item *item, struct err *e)
{
    size_t room = item->change_count + item->removed_count
                  + type_changes_count(item->types) + 1;
    item->swapped.items = calloc(room, sizeof(char *));
    item->added.items = calloc(room, sizeof(char *));
    item->dropped.items = calloc(room, sizeof(char *));
    item->kept_source = strdup(item->order.source);
    item->stamp = PyLong_FromUnsignedLongLong(item->order.shown);
    item->tier = PyUnicode_FromString(item->order.tier);
    item->source = PyUnicode_DecodeFSDefault(item->order.source);
    if (item->swapped.items == NULL || item->added.items == NULL
        || item->dropped.items == NULL || item->kept_source == NULL
        || item->stamp == NULL || item->tier == NULL || item->source == NULL)
    {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    return 0;
}

/* A single-phase init has just made its module. */
static int
take_shadow(struct type_loading *l, PyObject *module, PyModuleDef *def,
            struct err *e)
{
    struct swap_item *item = l->owner;
    image_define(item->image, def);
    item->shadow = Py_NewRef(module);
    if (dress(item->shadow, item->native->module) < 0) {
        return err_set(e, ERR_BUILD, "making module %s", item->order.name);
    }
    return defgate_check(item, e) < 0 || state_plan(item, e) < 0
               ? -1
               : plan_functions(item, e);
}

static int
run_single(struct swap_item *item, struct err *e)
{
    PyObject *made = NULL;
    if (image_init(item->image, &made, e) < 0) {
        return -1;
    }
    bool is_shadow = made == item->shadow;
    Py_XDECREF(made);
    if (!is_shadow) {
        return err_set(e, ERR_REFUSED,
                       "PyInit_%s in %s returns a module that it has not "
                       "just made: restart the app",
                       item->order.stem, item->order.source);
    }
    return single_share(item->native, item->image->def, e);
}

/* The user's code is measured apart. */
static int
run_user(struct swap *s, struct swap_item *item,
         int (*code)(struct swap_item *item, struct err *e), struct err *e)
{
    bool was_measured = hold_pause(&s->now);
    uint64_t started_ns = clock_now_ns();
    int done = code(item, e);
    s->init_ns += clock_now_ns() - started_ns;
    if (was_measured) {
        hold_begin(&s->now);
    }
    return done;
}

static int
call_init(struct swap_item *item, struct err *e)
{
    PyObject *made = NULL;
    if (image_init(item->image, &made, e) < 0) {
        return -1;
    }
    if (made != NULL) {
        Py_DECREF(made);
        return err_set(e, ERR_REFUSED,
                       "PyInit_%s in %s returns a module, not a definition: "
                       "restart the app",
                       item->order.stem, item->order.source);
    }
    return 0;
}

static int
call_exec(struct swap_item *item, struct err *e)
{
    (void)e;
    return PyModule_ExecDef(item->shadow, item->image->def);
}

/* From PyInit to the last exec slot. */
static int
run_init(struct swap *s, struct swap_item *item, struct err *e)
{
    if (!image_is_multi_phase(item->image)) {
        return run_user(s, item, run_single, e);
    }
    if (run_user(s, item, call_init, e) < 0 || defgate_check(item, e) < 0
        || state_plan(item, e) < 0 || make_shadow(item, e) < 0
        || plan_functions(item, e) < 0)
    {
        return -1;
    }
    if (run_user(s, item, call_exec, e) < 0) {
        return err_set(e, ERR_BUILD, "init of %s raised", item->order.source);
    }
    return 0;
}

static int
prepare(struct swap *s, struct swap_item *item, struct err *e)
{
    if (item->native->fixed != NULL) {
        return err_set(e, ERR_REFUSED, "%s cannot be swapped, %s: restart "
                       "the app",
                       item->order.source, item->native->fixed);
    }
    if (swap_open_rest(item, e) < 0) {
        return -1;
    }
    struct type_loading loading = {.native = item->native,
                                   .image = item->image,
                                   .changes = &item->types,
                                   .saved = item->order.saved,
                                   .layouts = &item->layouts,
                                   .publish = take_shadow,
                                   .owner = item};
    if (item->carry.has_state) {
        native_count_calls(item->native); /* of the next swap */
    }
    bool count = stub_count_new(item->native->counts_calls);
    struct type_loading *outer = type_loading_begin(&loading);
    int ran = run_init(s, item, e);
    type_loading_end(outer);
    type_changes_loaded(item->types, item->image);
    (void)stub_count_new(count);
    if (err_is_set(&loading.refusal)) {
        PyErr_Clear();
        *e = loading.refusal;
        return -1;
    }
    if (ran < 0) {
        return -1;
    }
    item->made = native_snapshot(item->shadow);
    if (item->made == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    PyObject_GC_UnTrack(item->made);
    if (statictype_settle(item, e) < 0 || capsules_plan(item, e) < 0
        || typewritten_plan(item->types, item->native, item->image, e) < 0
        || identity_plan(item->image, item->types, e) < 0)
    {
        return -1;
    }
    if (image_is_multi_phase(item->image)) {
        shadow_hide(item->shadow, item->made);
    }
    bool is_planned = plan_removals(item, e) == 0
                      && type_changes_miss(&item->types, item->native, e) == 0;
    return is_planned ? plan_report(item, e) : -1;
}

void
swap_fail(struct swap *s, const struct swap_item *item, const struct err *e)
{
    s->verdict = e->code == ERR_REFUSED ? VERDICT_REFUSED : VERDICT_FAILED;
    if (!PyErr_Occurred()) {
        buf_add_str(&s->reason, e->text);
        return;
    }
    pyerr_tell(item->order.source, &s->reason);
}

bool
swap_prepare_item(struct swap *s, size_t index)
{
    struct swap_item *item = &s->items[index];
    struct native *n = native_find(item->order.name);
    if (n == NULL || !n->is_live
        || n->generation == item->order.generation) /* it came in at it */
    {
        return true;
    }
    struct err e = ERR_INIT;
    item->native = n;
    if (prepare(s, item, &e) < 0) {
        swap_fail(s, item, &e);
    }
    return s->verdict == VERDICT_READY;
}
