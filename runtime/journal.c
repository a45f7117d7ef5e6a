/* journal: see journal.h. */
#include "journal.h"

#include <stdlib.h>
#include <string.h>

#include "wipe.h"

#include "guard.h"

int
journal_reserve(struct journal *j, size_t more, struct err *e)
{
    size_t room = j->room + more;
    struct journal_entry *entries = realloc(j->entries,
                                            room * sizeof(*entries) + 1);
    if (entries == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    j->entries = entries;
    j->room = room;
    return 0;
}

static struct journal_entry *
next_entry(struct journal *j)
{
    struct journal_entry *entry = &j->entries[j->count++];
    memset(entry, 0, sizeof(*entry));
    return entry;
}

void
journal_word(struct journal *j, void *at, void *value)
{
    struct journal_entry *entry = next_entry(j);
    entry->word = at;
    entry->old_word = *entry->word;
    *entry->word = value;
}

void
journal_number(struct journal *j, int *at, int value)
{
    struct journal_entry *entry = next_entry(j);
    entry->number = at;
    entry->old_number = *at;
    *at = value;
}

void
journal_bytes(struct journal *j, char *at, const char *value, size_t size,
              const char *old, size_t old_size)
{
    struct journal_entry *entry = next_entry(j);
    entry->bytes = at;
    entry->old_bytes = old;
    entry->size = old_size;
    memmove(at, value, size);
}

/* A type is written through its own setattr (NULL deletes), which keeps its
 * slots and its attribute cache right; one that nobody may change, too: its
 * source was changed. */
static int
put_in_type(PyTypeObject *type, PyObject *name, PyObject *value)
{
    unsigned long flags = type->tp_flags;
#ifdef Py_TPFLAGS_IMMUTABLETYPE
    type->tp_flags &= ~Py_TPFLAGS_IMMUTABLETYPE;
#else
    type->tp_flags |= Py_TPFLAGS_HEAPTYPE; /* 3.9 asks for it alone */
#endif
    int done = PyType_Type.tp_setattro((PyObject *)type, name, value);
#ifdef Py_TPFLAGS_IMMUTABLETYPE
    type->tp_flags |= flags & Py_TPFLAGS_IMMUTABLETYPE;
#else
    if ((flags & Py_TPFLAGS_HEAPTYPE) == 0) {
        type->tp_flags &= ~Py_TPFLAGS_HEAPTYPE;
    }
#endif
    return done;
}

static int
put(PyObject *owner, PyObject *name, PyObject *value)
{
    if (PyType_Check(owner)) {
        return put_in_type((PyTypeObject *)owner, name, value);
    }
    if (value != NULL) {
        return PyDict_SetItem(owner, name, value);
    }
    return PyDict_DelItem(owner, name);
}

static PyObject *
look(PyObject *owner, PyObject *name)
{
    PyObject *dict = PyType_Check(owner) ? ((PyTypeObject *)owner)->tp_dict
                                         : owner;
    return PyDict_GetItemWithError(dict, name);
}

int
journal_item(struct journal *j, PyObject *owner, PyObject *name,
             PyObject *value)
{
    PyObject *old = look(owner, name); /* borrowed */
    if (old == NULL && (PyErr_Occurred() || value == NULL)) {
        return PyErr_Occurred() ? -1 : 0;
    }
    Py_XINCREF(old);
    if (put(owner, name, value) < 0) {
        Py_XDECREF(old);
        return -1;
    }
    struct journal_entry *entry = next_entry(j);
    entry->owner = Py_NewRef(owner);
    entry->name = Py_NewRef(name);
    entry->old = old;
    return 0;
}

void
journal_undo(struct journal *j)
{
    for (size_t i = j->count; i-- > 0;) {
        struct journal_entry *entry = &j->entries[i];
        if (entry->word != NULL) {
            *entry->word = entry->old_word;
        }
        else if (entry->number != NULL) {
            *entry->number = entry->old_number;
        }
        else if (entry->bytes != NULL) {
            memcpy(entry->bytes, entry->old_bytes, entry->size);
        }
        else if (put(entry->owner, entry->name, entry->old) < 0) {
            PyErr_Clear();
        }
    }
}

void
journal_dispose(struct journal *j)
{
    for (size_t i = 0; i < j->count; i++) {
        Py_XDECREF(j->entries[i].owner);
        Py_XDECREF(j->entries[i].name);
        Py_XDECREF(j->entries[i].old);
    }
    wiped_free(j->entries, j->count * sizeof(*j->entries));
    *j = (struct journal)JOURNAL_INIT;
}
