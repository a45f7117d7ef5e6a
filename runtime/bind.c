/* bind: see bind.h. */
#include "bind.h"

#include <string.h>

#include "agent.h"
#include "capsule.h"
#include "carry.h"
#include "definition.h"
#include "identity.h"
#include "image.h"
#include "native.h"
#include "pyerr.h"
#include "single.h"
#include "state.h"
#include "swap.h"
#include "twin.h"
#include "type.h"
#include "typewritten.h"

#include "guard.h"

/* A commit may have been faster than the manifest. */
static struct bind_order
newest(const struct bind_order *o)
{
    struct bind_order order = *o;
    const struct order *known = swap_newest(o->name);
    if (known != NULL && known->generation > o->generation) {
        order.stem = known->stem;
        order.path = known->artefact;
        order.source = known->source;
        order.tier = known->tier;
        order.generation = known->generation;
        order.shown = known->shown;
    }
    return order;
}

/* The functions of the definition are published by us, through stubs. */
static int
make_module(struct native *n, PyObject *spec, struct err *e)
{
    n->module = definition_make(n->image, spec);
    if (n->module == NULL) {
        return err_set(e, ERR_BUILD, "making module %s", n->name);
    }
    if (!definition_has_made(n->image, n->module)) {
        return err_set(e, ERR_REFUSED,
                       "Py_mod_create in %s does not make a module of its "
                       "own: cowbird can't load it in dev",
                       n->source);
    }
    n->def = n->image->def;
    return native_publish(n, n->def->m_methods, e);
}

static int
load(struct native *n, PyObject *spec, struct err *e)
{
    struct type_loading loading = {.native = n, .image = n->image};
    struct type_loading *outer = type_loading_begin(&loading);
    PyObject *made = NULL;
    int done = image_init(n->image, &made, e);
    if (done == 0 && made != NULL) {
        Py_DECREF(made);
        done = err_set(e, ERR_REFUSED,
                       "PyInit_%s in %s returns a module here and a "
                       "definition elsewhere: cowbird can't load it in dev",
                       n->image->stem, n->source);
    }
    if (done == 0) {
        done = make_module(n, spec, e);
    }
    type_loading_end(outer);
    return done;
}

/* CPython's loader opens a single-phase module's file again under the same
 * name, so after an init that failed it is the same image that is tried. */
static struct image *
open_image(const struct bind_order *o, struct err *e)
{
    struct image *image = image_at(o->path);
    if (image != NULL && !image_is_multi_phase(image)) {
        image->state = IMAGE_CURRENT;
        return image;
    }
    struct image_place place = {o->path, o->name, o->stem, o->source,
                                o->generation, o->shown};
    image = image_open(&place, e);
    if (image != NULL) {
        image->state = IMAGE_CURRENT;
        image_keep(image);
    }
    return image;
}

static int
load_any(struct native *n, PyObject *spec, struct err *e)
{
    if (type_watch(n->image, e) < 0 || single_watch(n->image, e) < 0
        || definition_watch(n->image, e) < 0)
    {
        return -1;
    }
    if (image_is_multi_phase(n->image)) {
        return load(n, spec, e);
    }
    PyObject *module = single_load(n, spec, e);
    Py_XDECREF(module); /* n has it */
    return module == NULL ? -1 : 0;
}

PyObject *
bind_create(PyObject *spec, const struct bind_order *given)
{
    struct err e = ERR_INIT;
    swap_await(given->name);
    struct bind_order o = newest(given);
    struct native *n = native_find(o.name);
    if (n != NULL && n->module != NULL) {
        if (!twin_is_due(n)) {
            return Py_NewRef(n->module);
        }
        PyObject *twin = twin_create(n, spec, &e);
        return twin != NULL ? twin : pyerr_import(&e, o.name, o.source);
    }
    if (n != NULL) {
        err_set(&e, ERR_BUILD, "%s imports itself before it is made",
                o.source);
        return pyerr_import(&e, o.name, o.source);
    }
    n = native_add(o.name, o.source, o.generation, &e);
    if (n == NULL) {
        return pyerr_import(&e, o.name, o.source);
    }
    n->shown = o.shown;
    PyOS_snprintf(n->tier, sizeof(n->tier), "%s", o.tier);
    n->image = open_image(&o, &e);
    if (n->image == NULL || load_any(n, spec, &e) < 0) {
        native_drop(n);
        return pyerr_import(&e, o.name, o.source);
    }
    return Py_NewRef(n->module);
}

static int
exec(struct native *n)
{
    if (n->fixed != NULL) {
        return native_describe(n);
    }
    struct type_loading loading = {.native = n, .image = n->image};
    struct type_loading *outer = type_loading_begin(&loading);
    int done = state_make_room(n, n->def) < 0
                       || PyModule_ExecDef(n->module, n->def) < 0
                   ? -1
                   : 0;
    type_loading_end(outer);
    if (done < 0) {
        return -1;
    }
    struct err e = ERR_INIT;
    if (n->image != NULL
        && (typewritten_adopt(n, &e) < 0 || identity_adopt(n, &e) < 0))
    {
        (void)pyerr_import(&e, n->name, n->source);
        return -1;
    }
    n->made = native_snapshot(n->module);
    if (n->made == NULL || capsules_note(n) < 0) {
        return -1;
    }
    PyObject_GC_UnTrack(n->made); /* as those of later saves */
    return native_describe(n);
}

int
bind_exec(PyObject *module)
{
    struct native *n = native_of(module);
    int is_twin = n == NULL ? twin_exec(module) : 0;
    if (is_twin != 0) {
        return is_twin;
    }
    if (n == NULL || n->is_live) {
        return n != NULL; /* a reload: the code is the newest already */
    }
    if (exec(n) < 0) {
        native_drop(n);
        return -1;
    }
    if (n->image != NULL
        && (n->def->m_size > 0 || carry_has_state(n->image)))
    {
        native_count_calls(n);
    }
    n->is_live = true;
    const struct order *known = swap_newest(n->name);
    if (known != NULL && known->generation > n->generation) {
        swap_catch_up(known);
    }
    agent_loaded(n->name, n->generation);
    return 1;
}
