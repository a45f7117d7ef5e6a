/* pyabi: see pyabi.h. */
#include "pyabi.h"

#include <dlfcn.h>
#include <string.h>

#include "guard.h"


static int
probe_traverse(PyObject *module, visitproc visit, void *data)
{
    (void)module;
    (void)visit;
    (void)data;
    return 0;
}

static int
probe_clear(PyObject *module)
{
    (void)module;
    return 0;
}

static void
probe_free(void *module)
{
    (void)module;
}

static struct PyModuleDef probe_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cowbird_probe",
    .m_size = 16,
    .m_traverse = probe_traverse,
    .m_clear = probe_clear,
    .m_free = probe_free,
};

static void
add_word(struct pyabi_word *words, size_t *count, void *at, const void *value)
{
    words[*count].at = at;
    memcpy(&words[(*count)++].value, value, sizeof(void *));
}

size_t
pyabi_define(PyObject *module, PyModuleDef *def, void *token,
             struct pyabi_word words[PYABI_DEFINE_WORDS])
{
    struct pyabi_module *m = pyabi_module(module);
    size_t count = 0;
#if PY_VERSION_HEX < 0x030F0000
    (void)token;
    add_word(words, &count, &m->md_def, &def);
#else
    void *kind = m->md_token_is.word;
    bool is_def = token == (void *)def;
    memcpy(&kind, &is_def, sizeof(is_def));
    add_word(words, &count, &m->md_token, &token);
    add_word(words, &count, &m->md_token_is, &kind);
    add_word(words, &count, &m->md_state_size, &def->m_size);
    add_word(words, &count, &m->md_state_traverse, &def->m_traverse);
    add_word(words, &count, &m->md_state_clear, &def->m_clear);
    add_word(words, &count, &m->md_state_free, &def->m_free);
#endif
    return count;
}

/* What we would write into a module for its definition is what CPython has
 * written there. */
static bool
is_defined_as_known(PyObject *module)
{
    struct pyabi_word words[PYABI_DEFINE_WORDS];
    size_t count = pyabi_define(module, &probe_def, &probe_def, words);
    for (size_t i = 0; i < count; i++) {
        if (memcmp(words[i].at, &words[i].value, sizeof(void *)) != 0) {
            return false;
        }
    }
    return true;
}

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
    bool is_same = pyabi_token(module) == (void *)PyModule_GetDef(module)
                   && m->md_state == PyModule_GetState(module)
                   && m->md_dict == PyModule_GetDict(module)
                   && is_defined_as_known(module);
    Py_DECREF(module);
    return is_same;
}

/* Exported by CPythons that have a JIT, from 3.13 on
 * (Include/internal/pycore_optimizer.h). A trace in which this thread is just
 * now looks after each call whether it still holds. */
extern void _Py_Executors_InvalidateAll(PyInterpreterState *interpreter,
                                        int is_invalidation)
    __attribute__((weak, visibility("default")));

void
pyabi_forget_traces(void)
{
#if PY_VERSION_HEX >= 0x030D0000
    if (_Py_Executors_InvalidateAll != NULL) {
        _Py_Executors_InvalidateAll(PyInterpreterState_Get(), 1);
    }
#endif
}

/* Names what works as well as what does not. */
static int
refuse(struct err *e)
{
#ifdef Py_GIL_DISABLED
    return err_set(e, ERR_SYSTEM,
                   "hot swap needs the GIL, and this CPython %s is a "
                   "free-threaded build: run without --dev, or with CPython "
                   "3.9 to 3.15",
                   PY_VERSION);
#else
    return err_set(e, ERR_SYSTEM,
                   "hot swap knows CPython 3.9 to 3.15, not this CPython "
                   "%s: run without --dev, or with one of those",
                   PY_VERSION);
#endif
}

int
pyabi_check(struct err *e)
{
    if (!PYABI_IS_KNOWN) {
        return refuse(e);
    }
    if (!is_module_as_known()) {
        return err_set(e, ERR_SYSTEM,
                       "this CPython %s lays out modules differently from "
                       "the one its headers describe",
                       PY_VERSION);
    }
    return 0;
}

/* The collector's head, and from 3.11 on the pointers to what an object of a
 * Python class holds besides (Objects/typeobject.c, _PyType_PreHeaderSize). */
size_t
pyabi_bytes_before(const PyTypeObject *type)
{
    size_t bytes = 0;
    unsigned long outside = 0;
#ifdef Py_TPFLAGS_MANAGED_DICT
    outside |= Py_TPFLAGS_MANAGED_DICT;
#endif
#ifdef Py_TPFLAGS_MANAGED_WEAKREF
    outside |= Py_TPFLAGS_MANAGED_WEAKREF;
#endif
    if ((type->tp_flags & Py_TPFLAGS_HAVE_GC) != 0) {
        bytes += 2 * sizeof(void *);
    }
    if ((type->tp_flags & outside) != 0) {
        bytes += 2 * sizeof(void *);
    }
    return bytes;
}

/* What begins there (3.13 and 3.14, Include/internal/pycore_dict.h, struct
 * _dictvalues): four bytes, of which the first is the capacity and the third
 * says that it lies here; the values; and a byte for each, rounded up
 * (_PyInlineValuesSize). */
size_t
pyabi_bytes_behind(const PyObject *o)
{
#ifdef Py_TPFLAGS_INLINE_VALUES
    const PyTypeObject *type = Py_TYPE(o);
    if ((type->tp_flags & Py_TPFLAGS_INLINE_VALUES) != 0) {
        const size_t word = sizeof(void *);
        size_t capacity
            = *((const unsigned char *)o + (size_t)type->tp_basicsize);
        return (capacity + word - 1) / word * word + (capacity + 1) * word;
    }
#else
    (void)o;
#endif
    return 0;
}

/* The dict lies three words before the object's head (MANAGED_DICT_OFFSET);
 * none there has been asked for, or its values lie elsewhere. */
void *
pyabi_behind_place(PyObject *o)
{
#ifdef Py_TPFLAGS_INLINE_VALUES
    const PyTypeObject *type = Py_TYPE(o);
    if ((type->tp_flags & Py_TPFLAGS_INLINE_VALUES) != 0) {
        PyDictObject *dict = ((PyDictObject **)(void *)o)[-3];
        char *values = (char *)o + type->tp_basicsize;
        return dict != NULL && (char *)dict->ma_values == values
                   ? (void *)&dict->ma_values
                   : NULL;
    }
#else
    (void)o;
#endif
    return NULL;
}

/* Exported by 3.9 to 3.13, declared by none of their headers. */
enum pyabi_allocator
pyabi_allocator(void)
{
    typedef const char *(*name_fn)(void);
    void *at = dlsym(RTLD_DEFAULT, "_PyMem_GetCurrentAllocatorName");
    name_fn ask;
    memcpy(&ask, &at, sizeof(ask));
    const char *name = at == NULL ? NULL : ask();
    if (name == NULL) {
        return PYABI_OTHER;
    }
    return strcmp(name, "pymalloc") == 0 ? PYABI_PYMALLOC
           : strcmp(name, "malloc") == 0 ? PYABI_MALLOC
                                         : PYABI_OTHER;
}

PyObject *
pyabi_referent(PyObject *ref)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *found = NULL;
    if (PyWeakref_GetRef(ref, &found) < 0) {
        PyErr_Clear();
    }
    return found;
#else
    PyObject *found = PyWeakref_GetObject(ref); /* borrowed */
    return found == NULL || found == Py_None ? NULL : Py_NewRef(found);
#endif
}

int
pyabi_look(PyObject *dict, const char *name, PyObject **value)
{
    PyObject *key = PyUnicode_FromString(name);
    *value = key == NULL ? NULL : PyDict_GetItemWithError(dict, key);
    Py_XDECREF(key);
    return *value == NULL && PyErr_Occurred() ? -1 : 0;
}
