/* shadow: see shadow.h. */
#include "shadow.h"

#include "guard.h"

/* A definition without hooks, for shadows whose own must not run any more. */
static PyModuleDef quiet_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowbird_shadow",
};

/* As the module type's own dealloc does it, but that the definition is let go
 * of before the memory is. */
void
shadow_drop(PyObject *shadow, bool runs_hooks)
{
    if (shadow == NULL) {
        return;
    }
    struct pyabi_module *m = pyabi_module(shadow);
    PyModuleDef *def = m->md_def;
    if (Py_REFCNT(shadow) == 1 && def != NULL) {
        bool has_state = def->m_size <= 0 || m->md_state != NULL;
        if (runs_hooks && def->m_free != NULL && has_state) {
            PyObject_GC_UnTrack(shadow);
            def->m_free(shadow);
        }
        m->md_def = &quiet_def;
    }
    Py_DECREF(shadow);
    PyErr_Clear();
}

void
shadow_cut_loose(PyObject *shadow)
{
    pyabi_module(shadow)->md_def = &quiet_def;
    if (Py_REFCNT(shadow) > 1) {
        Py_DECREF(shadow);
    }
}
