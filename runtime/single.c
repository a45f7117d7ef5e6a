/* single: see single.h. */
#include "single.h"

#include <string.h>

#include "identity.h"
#include "image.h"
#include "native.h"
#include "state.h"
#include "type.h"
#include "typewritten.h"

#include "guard.h"

static const char first_image[]
    = "CPython keeps its definition (single-phase init)";

/* As PyModule_Create names a module while CPython's loader runs: with the
 * package, where the last part is the definition's. */
static const char *
full_name(const struct type_loading *l, const PyModuleDef *def)
{
    const char *name = l->native->name;
    const char *dot = strrchr(name, '.');
    return dot != NULL && strcmp(dot + 1, def->m_name) == 0 ? name
                                                            : def->m_name;
}

/* The definition's own functions are kept back: they would be published with
 * addresses that a later swap can't move. */
static PyObject *
make(const struct type_loading *l, PyModuleDef *def, int api)
{
    PyMethodDef *methods = def->m_methods;
    const char *name = def->m_name;
    def->m_methods = NULL;
    if (l->changes != NULL) {
        def->m_name = full_name(l, def);
    }
    PyObject *module = PyModule_Create2(def, api);
    def->m_methods = methods;
    def->m_name = name;
    return module;
}

static PyObject *
our_create(PyModuleDef *def, int api)
{
    struct type_loading *l = type_loading_here();
    struct err e = ERR_INIT;
    if (l == NULL || l->publish == NULL || l->module != NULL
        || def->m_slots != NULL)
    {
        return PyModule_Create2(def, api);
    }
    PyObject *module = make(l, def, api);
    if (module == NULL) {
        return NULL;
    }
    l->module = module;
    if (l->publish(l, module, def, &e) < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_RuntimeError, e.text);
        }
        l->refusal = e;
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

int
single_watch(struct image *image, struct err *e)
{
    static const char *const names[] = {"PyModule_Create2",
                                        "PyModule_Create2TraceRefs"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (elf_redirect(&image->elf, names[i], (void *)our_create, e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
publish_first(struct type_loading *l, PyObject *module, PyModuleDef *def,
              struct err *e)
{
    struct native *n = l->native;
    n->module = Py_NewRef(module);
    n->def = def;
    if (state_make_room(n, def) < 0) {
        return -1;
    }
    return native_publish(n, def->m_methods, e);
}

/* CPython's loader opens the file that is open already, and calls its init.
 * `spec` with the image's path in it is what it asks for. */
static PyObject *
create_dynamic(struct native *n, PyObject *spec)
{
    PyObject *path = PyUnicode_DecodeFSDefault(n->image->path);
    PyObject *imp = PyImport_ImportModule("_imp");
    PyObject *own = NULL;
    PyObject *module = NULL;
    if (path != NULL && imp != NULL) {
        own = PyObject_CallFunction((PyObject *)Py_TYPE(spec), "sO", n->name,
                                    Py_None);
    }
    if (own != NULL && PyObject_SetAttrString(own, "origin", path) == 0) {
        module = PyObject_CallMethod(imp, "create_dynamic", "O", own);
    }
    Py_XDECREF(own);
    Py_XDECREF(imp);
    Py_XDECREF(path);
    return module;
}

/* What the loader has written is the image's path, which a save changes. */
static int
say_origin(PyObject *module, PyObject *spec)
{
    PyObject *origin = PyObject_GetAttrString(spec, "origin");
    int done = -1;
    if (origin != NULL) {
        done = PyObject_SetAttrString(module, "__file__", origin);
    }
    Py_XDECREF(origin);
    return done;
}

PyObject *
single_load(struct native *n, PyObject *spec, struct err *e)
{
    struct type_loading loading = {.native = n,
                                   .image = n->image,
                                   .publish = publish_first};
    struct type_loading *outer = type_loading_begin(&loading);
    PyObject *module = create_dynamic(n, spec);
    type_loading_end(outer);
    n->image->pin = first_image;
    if (module == NULL) {
        if (err_is_set(&loading.refusal)) {
            PyErr_Clear();
            *e = loading.refusal;
        }
        return NULL;
    }
    if (say_origin(module, spec) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    if (module != n->module) {
        Py_XDECREF(n->module);
        n->module = Py_NewRef(module);
        n->fixed = "its init returns a module that it has not just made";
        return module;
    }
    image_define(n->image, n->def);
    if (typewritten_adopt(n, e) < 0 || identity_adopt(n, e) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

int
single_share(struct native *n, PyModuleDef *def, struct err *e)
{
    if (PyState_FindModule(def) != n->module
        && PyState_AddModule(n->module, def) < 0)
    {
        PyErr_Clear();
        return err_set(e, ERR_SYSTEM, "out of memory for module %s", n->name);
    }
    return 0;
}
