/* canary_child: see canary_child.h. */
#include "pyabi.h"

#include "canary_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "definition.h"
#include "image.h"
#include "places.h"
#include "pyerr.h"
#include "wire/msg.h"

#define COWBIRD_MAY_EXIT
#include "guard.h"

static void
tell(int pipe, enum mark mark, const char *text)
{
    struct buf b = BUF_INIT;
    char byte = (char)mark;
    buf_add(&b, &byte, 1);
    buf_add_str(&b, text);
    for (size_t at = 0; at < b.len;) {
        ssize_t n = write(pipe, b.data + at, b.len - at);
        if (n < 0 && errno != EINTR) {
            break;
        }
        at += n < 0 ? 0 : (size_t)n;
    }
    buf_dispose(&b);
}

/* What is no module is refused later, with its reason. */
static int
add_functions(PyObject *module, PyMethodDef *functions)
{
    return functions != NULL && PyModule_Check(module)
               ? PyModule_AddFunctions(module, functions)
               : 0;
}

static PyObject *
make_spec(const char *name)
{
    PyObject *machinery = PyImport_ImportModule("importlib.machinery");
    PyObject *spec = machinery == NULL
                         ? NULL
                         : PyObject_CallMethod(machinery, "ModuleSpec", "sO",
                                               name, Py_None);
    Py_XDECREF(machinery);
    return spec;
}

/* The spec and the attributes that importlib would give it. */
static PyObject *
make_module(const struct try *t, const struct image *image)
{
    PyObject *module = NULL;
    PyObject *spec = make_spec(t->name);
    if (spec != NULL) {
        module = definition_make(image, spec);
    }
    if (module != NULL) {
        PyObject *file = PyUnicode_DecodeFSDefault(t->artefact);
        if (file == NULL || add_functions(module, image->def->m_methods) < 0
            || PyObject_SetAttrString(spec, "origin", file) < 0
            || PyObject_SetAttrString(module, "__spec__", spec) < 0
            || PyObject_SetAttrString(module, "__file__", file) < 0
            || PyDict_SetItemString(PyImport_GetModuleDict(), t->name, module)
                   < 0)
        {
            Py_CLEAR(module);
        }
        Py_XDECREF(file);
    }
    Py_XDECREF(spec);
    return module;
}

static int
load(const struct try *t, int pipe, struct err *e)
{
    struct image_place place = {.path = t->artefact, .name = t->name,
                                .stem = t->stem, .source = t->source,
                                .generation = 1}; /* ours, to a crash */
    tell(pipe, MARK_LOADING, "");
    struct image *image = image_open(&place, e);
    if (image == NULL) {
        return -1;
    }
    tell(pipe, MARK_INIT, "");
    PyObject *made = NULL;
    if (image_init(image, &made, e) < 0) {
        return -1;
    }
    if (made != NULL) {
        return 0; /* single-phase: its init has ended well */
    }
    tell(pipe, MARK_EXEC, "");
    PyObject *module = make_module(t, image);
    if (module == NULL) {
        return err_set(e, ERR_BUILD, "making module %s", t->name);
    }
    if (definition_has_made(image, module)
        && PyModule_ExecDef(module, image->def) < 0)
    {
        return err_set(e, ERR_BUILD, "init of %s raised", t->source);
    }
    return 0;
}

int
try_read(struct msg *m, struct try *t)
{
    t->id = msg_get_u64(m);
    t->deadline_ms = msg_get_u64(m);
    t->name = msg_get_str(m);
    t->stem = msg_get_str(m);
    t->artefact = msg_get_str(m);
    t->source = msg_get_str(m);
    return m->type == MSG_TRY ? msg_end(m, NULL) : -1;
}

static bool
is_asked(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* In the child: the try that it is for; false when none comes any more. */
static bool
await_try(int fd, struct try *t)
{
    struct buf in = BUF_INIT;
    struct msg m;
    size_t taken = 0;
    bool has_come = msg_recv(fd, &in, &m, &taken, -1, NULL) > 0
                    && try_read(&m, t) == 0;
    buf_dispose(&in);
    return has_come;
}

/* Goes the way of a try while nobody waits: the pages that it writes to are
 * copied now. */
static void
rehearse(void)
{
    static PyModuleDef nothing = {PyModuleDef_HEAD_INIT, .m_name = "nothing"};
    PyObject *spec = make_spec("nothing");
    PyObject *module = spec == NULL
                           ? NULL
                           : PyModule_FromDefAndSpec(&nothing, spec);
    if (module != NULL
        && PyObject_SetAttrString(module, "__spec__", spec) == 0)
    {
        (void)PyModule_ExecDef(module, &nothing);
    }
    Py_XDECREF(module);
    Py_XDECREF(spec);
    PyErr_Clear();
}

void
canary_child_run(int pipe)
{
    struct rlimit none = {0, 0};
    struct err e = ERR_INIT;
    struct buf text = BUF_INIT;
    struct try got = {0};
    const struct try *t = &got;
    (void)setpgid(0, 0);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)setrlimit(RLIMIT_CORE, &none);
    places_give_up();
    if (!is_asked(pipe)) {
        rehearse();
    }
    if (!await_try(pipe, &got)) {
        _exit(0);
    }
    if (load(t, pipe, &e) == 0) {
        tell(pipe, MARK_READY, "");
    }
    else if (PyErr_Occurred()) {
        pyerr_tell(t->source, &text);
        tell(pipe, MARK_FAILED, buf_text(&text));
    }
    else {
        tell(pipe, MARK_FAILED, e.text);
    }
    _exit(0);
}

void
try_dispose(struct try *t)
{
    free(t->name);
    free(t->stem);
    free(t->artefact);
    free(t->source);
}
