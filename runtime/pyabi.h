/* pyabi: what the guest knows of CPython beyond its API, in one place.
 *
 * Include it before any system header. A CPython whose structs nobody has
 * looked at is refused by `_cowbird` at import, never guessed at; the layouts
 * below are compared with the running interpreter at the same moment
 * (pyabi_check).
 */
#ifndef COWBIRD_PYABI_H
#define COWBIRD_PYABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef NDEBUG
#define NDEBUG 1 /* CPython's inline functions would abort the app */
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h> /* PyMemberDef before 3.12 */
#include <stdbool.h>
#include <stdint.h>

#include "wire/err.h"

/* The versions whose module, type, function and descriptor objects were
 * compared with what is used here: 3.9 up to, not including, 3.16. */
#define PYABI_OLDEST 0x03090000
#ifndef PYABI_NEWEST /* a test pretends to be older */
#define PYABI_NEWEST 0x03100000
#endif

#if PY_VERSION_HEX >= PYABI_OLDEST && PY_VERSION_HEX < PYABI_NEWEST \
    && !defined(Py_GIL_DISABLED)
#define PYABI_IS_KNOWN 1
#else
#define PYABI_IS_KNOWN 0
#endif

#if PY_VERSION_HEX < 0x030A0000
static inline PyObject *
Py_NewRef(PyObject *o)
{
    Py_INCREF(o);
    return o;
}
#endif

/* The head of PyModuleObject, which no header shows
 * (Include/internal/pycore_moduleobject.h). From 3.15 on it has a copy of
 * what the definition says of the state. */
struct pyabi_module {
    PyObject_HEAD
    PyObject *md_dict;
#if PY_VERSION_HEX < 0x030F0000
    PyModuleDef *md_def;
    void *md_state;
#else
    void *md_state;
    PyObject *md_weaklist;
    PyObject *md_name;
    union {
        bool is_def; /* md_token_is_def, and what pads it */
        void *word;
    } md_token_is;
    Py_ssize_t md_state_size;
    traverseproc md_state_traverse;
    inquiry md_state_clear;
    freefunc md_state_free;
    void *md_token;
#endif
};

static inline struct pyabi_module *
pyabi_module(PyObject *module)
{
    return (struct pyabi_module *)module;
}

/* What the module's code knows it by, or NULL: the definition that it was made
 * of or, where slots alone define it (3.15), its token. */
static inline void *
pyabi_token(PyObject *module)
{
#if PY_VERSION_HEX < 0x030F0000
    return pyabi_module(module)->md_def;
#else
    return pyabi_module(module)->md_token;
#endif
}

/* What the module's definition says of its state: its size, and the function
 * that frees what it holds, or NULL. */
static inline Py_ssize_t
pyabi_state_size(PyObject *module)
{
#if PY_VERSION_HEX < 0x030F0000
    const PyModuleDef *def = pyabi_module(module)->md_def;
    return def == NULL ? 0 : def->m_size;
#else
    return pyabi_module(module)->md_state_size;
#endif
}

static inline freefunc
pyabi_state_free(PyObject *module)
{
#if PY_VERSION_HEX < 0x030F0000
    const PyModuleDef *def = pyabi_module(module)->md_def;
    return def == NULL ? NULL : def->m_free;
#else
    return pyabi_module(module)->md_state_free;
#endif
}

/* A word of CPython's and what is to be stored in it. */
struct pyabi_word {
    void *at;
    void *value;
};

#define PYABI_DEFINE_WORDS 6
/* Fills `words` with what makes `def` the module's definition, known by
 * `token` (which is `def` itself but where slots alone define the module), and
 * returns how many they are. */
size_t pyabi_define(PyObject *module, PyModuleDef *def, void *token,
                    struct pyabi_word words[PYABI_DEFINE_WORDS]);

/* Where a heap type keeps the address by which its module's code knows it
 * again (Py_tp_token), or NULL before 3.14. */
static inline void **
pyabi_type_token(PyObject *type)
{
#if PY_VERSION_HEX < 0x030E0000
    (void)type;
    return NULL;
#else
    return &((PyHeapTypeObject *)type)->ht_token;
#endif
}

/* The thread state that holds the GIL for this thread; where one GIL serves
 * all and another thread has it, that one's. NULL: nobody's. Safe in a signal
 * handler: it reads a word (Python/pystate.c). */
#if PY_VERSION_HEX < 0x030D0000
#define pyabi_thread_state() _PyThreadState_UncheckedGet()
#else
#define pyabi_thread_state() PyThreadState_GetUnchecked()
#endif

/* Machine code and traces that were made with a function's calling convention
 * in mind go. Where CPython has no JIT this does nothing. */
void pyabi_forget_traces(void);

/* How often a type may change what look-ups find (Objects/typeobject.c,
 * MAX_VERSIONS_PER_CLASS); 0: without limit. */
#if PY_VERSION_HEX >= 0x030D0000
#define PYABI_TAGS_MAX 1000u
#define pyabi_tags_used(type) ((unsigned)(type)->tp_versions_used)
#else
#define PYABI_TAGS_MAX 0u
#define pyabi_tags_used(type) ((void)(type), 0u)
#endif

/* Bytes of an object's memory before its head. */
size_t pyabi_bytes_before(const PyTypeObject *type);
/* Bytes behind its basicsize: what 3.13 and later keep of a Python class's
 * attributes there. */
size_t pyabi_bytes_behind(const PyObject *o);
/* The word of its dict that says where these are; NULL: there is none. */
void *pyabi_behind_place(PyObject *o);

enum pyabi_allocator {
    PYABI_PYMALLOC,
    PYABI_MALLOC,
    PYABI_OTHER /* debugging ones guard what lies behind an object */
};

/* Where objects' memory comes from. */
enum pyabi_allocator pyabi_allocator(void);

/* ERR_SYSTEM unless this interpreter is one we know. With the GIL. */
int pyabi_check(struct err *e);

/* What a weak reference leads to, a new reference; NULL without an exception:
 * it is gone. */
PyObject *pyabi_referent(PyObject *ref);

/* What the dict has under that name, borrowed; NULL: nothing. -1 with the
 * exception set, which PyDict_GetItemString would take for nothing. */
int pyabi_look(PyObject *dict, const char *name, PyObject **value);

#endif
