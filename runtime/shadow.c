/* shadow: see shadow.h. */
#include "shadow.h"

#include <string.h>

#include "guard.h"

/* A definition without hooks, for shadows whose own must not run any more. */
static PyModuleDef quiet_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowbird_shadow",
};

static void
hush(PyObject *shadow)
{
    struct pyabi_word words[PYABI_DEFINE_WORDS];
    size_t count = pyabi_define(shadow, &quiet_def, &quiet_def, words);
    for (size_t i = 0; i < count; i++) {
        memcpy(words[i].at, &words[i].value, sizeof(words[i].value));
    }
}

/* As the module type's own dealloc does it, but that the definition is let go
 * of before the memory is. */
bool
shadow_clean_up(PyObject *shadow, bool runs_hooks)
{
    bool has_run = false;
    if (Py_REFCNT(shadow) > 1 || pyabi_token(shadow) == NULL) {
        return false;
    }
    freefunc free_state = pyabi_state_free(shadow);
    bool has_state = pyabi_state_size(shadow) <= 0
                     || PyModule_GetState(shadow) != NULL;
    if (runs_hooks && free_state != NULL && has_state) {
        PyObject_GC_UnTrack(shadow);
        free_state(shadow);
        has_run = true;
    }
    hush(shadow);
    return has_run;
}

bool
shadow_drop(PyObject *shadow, bool runs_hooks)
{
    if (shadow == NULL) {
        return false;
    }
    bool has_run = shadow_clean_up(shadow, runs_hooks);
    Py_DECREF(shadow);
    PyErr_Clear();
    return has_run;
}

void
shadow_cut_loose(PyObject *shadow)
{
    hush(shadow);
    if (Py_REFCNT(shadow) > 1) {
        Py_DECREF(shadow);
    }
}

void
shadow_hide(PyObject *shadow, PyObject *made)
{
    PyObject_GC_UnTrack(shadow);
    PyObject_GC_UnTrack(pyabi_module(shadow)->md_dict);
    PyObject_GC_UnTrack(made);
}
