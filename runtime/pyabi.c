/* pyabi: see pyabi.h. */
#include "pyabi.h"

#include "guard.h"

static struct PyModuleDef probe_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowbird_probe",
    .m_size = 16,
};

/* Makes a module and compares the fields we would write with what the API
 * says they are. */
static bool
is_module_as_known(void)
{
    PyObject *module = PyModule_Create(&probe_def);
    if (module == NULL) {
        PyErr_Clear();
        return false;
    }
    struct pyabi_module *m = pyabi_module(module);
    bool is_same = m->md_def == PyModule_GetDef(module)
                   && m->md_state == PyModule_GetState(module)
                   && m->md_dict == PyModule_GetDict(module);
    Py_DECREF(module);
    return is_same;
}

int
pyabi_check(struct err *e)
{
    if (!PYABI_IS_KNOWN) {
        return err_set(e, ERR_SYSTEM,
                       "hot swap knows CPython 3.9 to 3.13 with the GIL, "
                       "not this CPython %s: run without --dev",
                       PY_VERSION);
    }
    if (!is_module_as_known()) {
        return err_set(e, ERR_SYSTEM,
                       "this CPython %s lays out modules differently from "
                       "the one its headers describe",
                       PY_VERSION);
    }
    return 0;
}
