/* definition: see definition.h. */
#include "definition.h"

#include <dlfcn.h>
#include <string.h>

#include "image.h"
#include "native.h"
#include "slots.h"

#include "guard.h"

#if SLOTS_HAS_PYSLOT

void *
definition_hook(void *handle, const char *stem)
{
    char symbol[256];
    int len = PyOS_snprintf(symbol, sizeof(symbol), "PyModExport_%s", stem);
    bool is_whole = len > 0 && (size_t)len < sizeof(symbol);
    return is_whole ? dlsym(handle, symbol) : NULL;
}

/* The slots that the hook returns; NULL with `e` filled. */
static PySlot *
call_hook(const struct image *i, struct err *e)
{
    PySlot *(*hook)(void) = NULL;
    memcpy(&hook, &i->hook, sizeof(hook));
    PySlot *slots = hook();
    if (slots != NULL && !PyErr_Occurred()) {
        return slots;
    }
    err_set(e, ERR_BUILD,
            slots != NULL ? "PyModExport_%s of %s returned slots and raised"
            : PyErr_Occurred()
                ? "PyModExport_%s of %s raised"
                : "PyModExport_%s in %s returned NULL without an exception",
            i->stem, i->source);
    return NULL;
}

/* Without a token of its own a module is known by its slots' address
 * (Python/import.c). */
int
definition_read(struct image *i, struct err *e)
{
    i->has_run = true;
    PySlot *slots = call_hook(i, e);
    if (slots == NULL) {
        return -1;
    }
    i->own_def = (PyModuleDef){PyModuleDef_HEAD_INIT, .m_name = i->name};
    i->token = slots;
    if (!slots_define(slots, &i->own_def, i->own_slots, IMAGE_OWN_SLOTS,
                      &i->token))
    {
        return err_set(e, ERR_BUILD,
                       "the slots that PyModExport_%s in %s returns define no "
                       "module: one has no value, or they nest too deep",
                       i->stem, i->source);
    }
    i->def = &i->own_def;
    return 0;
}

#else

void *
definition_hook(void *handle, const char *stem)
{
    (void)handle;
    (void)stem;
    return NULL;
}

int
definition_read(struct image *i, struct err *e)
{
    return err_set(e, ERR_BUG, "%s has a hook before 3.15", i->source);
}

#endif

PyObject *
definition_make(const struct image *i, PyObject *spec)
{
    PyModuleDef *def = i->def;
    PyMethodDef *methods = def->m_methods;
    def->m_methods = NULL;
    PyObject *module = PyModule_FromDefAndSpec(def, spec);
    def->m_methods = methods;
    if (module != NULL && PyModule_Check(module)
        && pyabi_token(module) == (void *)def)
    {
        struct pyabi_word words[PYABI_DEFINE_WORDS];
        size_t count = pyabi_define(module, def, i->token, words);
        for (size_t k = 0; k < count; k++) {
            memcpy(words[k].at, &words[k].value, sizeof(words[k].value));
        }
    }
    return module;
}

bool
definition_has_made(const struct image *i, PyObject *o)
{
    return i->token != NULL && PyModule_Check(o)
           && pyabi_token(o) == i->token;
}

#if PY_VERSION_HEX >= 0x030B0000

/* The definition that serves the module which `def` has been the definition
 * of, or will be; NULL: none but `def`. */
static PyModuleDef *
serving(const PyModuleDef *def)
{
    const struct image *i = image_first();
    while (i != NULL && i->def != def) {
        i = i->next;
    }
    const struct native *n = i == NULL ? NULL : native_find(i->name);
    return n == NULL || n->def == def ? NULL : n->def;
}

static PyObject *
our_module_by_def(PyTypeObject *type, PyModuleDef *def)
{
    PyObject *module = PyType_GetModuleByDef(type, def);
    PyModuleDef *now = module == NULL ? serving(def) : NULL;
    if (now == NULL) {
        return module;
    }
    PyErr_Clear();
    return PyType_GetModuleByDef(type, now);
}

int
definition_watch(const struct image *i, struct err *e)
{
    int places = elf_redirect(&i->elf, "PyType_GetModuleByDef",
                              (void *)our_module_by_def, e);
    return places < 0 ? -1 : 0;
}

#else

int
definition_watch(const struct image *i, struct err *e)
{
    (void)i;
    (void)e;
    return 0;
}

#endif
