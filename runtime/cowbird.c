/* cowbird: the extension module `_cowbird`, the engine's face to hook.py.
 *
 * Only turns arguments into calls. State is the process's, not the module's:
 * there is one table of stubs and one agent, and only the main interpreter
 * uses them (`is_usable`).
 */
#include "pyabi.h"

#include "agent.h"
#include "bind.h"
#include "canary.h"
#include "crash.h"
#include "image.h"
#include "pyerr.h"
#include "retire.h"
#include "stub.h"

#include "guard.h"

static PyObject *
start(PyObject *module, PyObject *args)
{
    struct agent_self self;
    struct err e = ERR_INIT;
    (void)module;
    if (!PyArg_ParseTuple(args, "ssss:start", &self.session, &self.soabi,
                          &self.executable, &self.version))
    {
        return NULL;
    }
    if (agent_start(&self, &e) < 0) {
        return pyerr_import(&e, "_cowbird", NULL);
    }
    crash_begin(self.session, self.soabi, 0);
    Py_RETURN_NONE;
}

static PyObject *
create(PyObject *module, PyObject *args)
{
    struct bind_order o;
    PyObject *spec; /* borrowed */
    unsigned long long generation, shown;
    (void)module;
    if (!PyArg_ParseTuple(args, "OssKssKs:create", &spec, &o.name, &o.stem,
                          &generation, &o.path, &o.source, &shown, &o.tier))
    {
        return NULL;
    }
    o.generation = generation;
    o.shown = shown;
    return bind_create(spec, &o);
}

static PyObject *
exec_module(PyObject *module, PyObject *native)
{
    (void)module;
    int is_ours = bind_exec(native);
    return is_ours < 0 ? NULL : PyBool_FromLong(is_ours);
}

static PyObject *
restart(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    agent_restart();
    Py_RETURN_NONE;
}

static PyObject *
stop(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    agent_stop();
    Py_RETURN_NONE;
}

static PyObject *
canary(PyObject *module, PyObject *args)
{
    int fd;
    const char *folder;
    (void)module;
    if (!PyArg_ParseTuple(args, "is:canary", &fd, &folder)) {
        return NULL;
    }
    canary_serve(fd, folder);
    Py_RETURN_NONE;
}

static PyObject *
stats(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return Py_BuildValue("{s:n,s:n,s:n,s:n}", "images",
                         (Py_ssize_t)image_count(), "retired",
                         (Py_ssize_t)retire_count(), "loose",
                         (Py_ssize_t)retire_loose_count(), "stubs",
                         (Py_ssize_t)stub_count());
}

static PyMethodDef methods[] = {
    {"start", start, METH_VARARGS,
     "start(session, soabi, executable, version): start the agent."},
    {"create", create, METH_VARARGS,
     "create(spec, name, stem, generation, image, source, shown, tier) -> "
     "module."},
    {"exec_module", exec_module, METH_O,
     "exec_module(module) -> whether create made it."},
    {"restart", restart, METH_NOARGS, "After a fork, in the child."},
    {"stop", stop, METH_NOARGS, "Before the interpreter ends."},
    {"canary", canary, METH_VARARGS,
     "canary(fd, folder): serve tries until it closes; crashes in them leave "
     "their records in the folder."},
    {"stats", stats, METH_NOARGS, "What the engine holds."},
    {NULL, NULL, 0, NULL},
};

static int
exec(PyObject *module)
{
    struct err e = ERR_INIT;
    bool is_main = PyInterpreterState_Get() == PyInterpreterState_Main();
    if (pyabi_check(&e) < 0) {
        pyerr_import(&e, "_cowbird", NULL);
        return -1;
    }
    if (is_main) {
        image_guard_forks();
    }
    return PyModule_AddIntConstant(module, "is_usable", is_main);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)exec},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#ifdef Py_GIL_DISABLED
    /* Its exec refuses (pyabi_check): the app keeps running without a GIL. */
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowbird",
    .m_doc = "Cowbird's engine: loads native modules and swaps their code.",
    .m_size = 0,
    .m_methods = methods,
    .m_slots = slots,
};

PyMODINIT_FUNC
PyInit__cowbird(void);

PyMODINIT_FUNC
PyInit__cowbird(void)
{
    return PyModuleDef_Init(&definition);
}
