/* typeorphan: see typeorphan.h. */
#include "pyabi.h"

#include "typeorphan.h"

#include <stdlib.h>

#include "function.h"
#include "stub.h"
#include "type.h"
#include "typespec.h"
#include "typewritten.h"
#include "wipe.h"

#include "guard.h"

static struct type *orphans;

static void
free_spec(PyType_Spec *spec)
{
    size_t count = 0;
    if (spec == NULL) {
        return;
    }
    while (spec->slots[count].slot != 0) {
        count++;
    }
    wiped_free(spec->slots, count * sizeof(*spec->slots));
    wiped_free(spec, sizeof(*spec));
}

static void
free_record(struct type *t)
{
    size_t methods = t->method_count;
    size_t getsets = t->getset_count;
    for (size_t i = 0; i < methods; i++) {
        function_drop(t->methods[i]);
    }
    for (size_t i = 0; i < getsets; i++) {
        getset_drop(t->getsets[i]);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        stub_give_back(t->slots[i].stub);
    }
    for (size_t i = 0; i < t->written_count; i++) {
        stub_give_back(t->written[i].stub);
    }
    for (size_t i = 0; i < t->label_count; i++) {
        free(t->labels[i]);
    }
    wiped_free(t->getset_table, getsets * sizeof(*t->getset_table));
    free(t->method_table);
    free_spec(t->spec);
    typespec_free_members(t->members);
    free(t->methods);
    free(t->getsets);
    free(t->slots);
    free(t->written);
    free(t->labels);
    free(t->name);
    Py_XDECREF(t->gone);
    free(t);
}

/* Descriptors hold their type, so the record's own go first. */
static void
let_go(struct type *t)
{
    for (size_t i = 0; i < t->method_count; i++) {
        Py_CLEAR(t->methods[i]->object);
    }
    for (size_t i = 0; i < t->getset_count; i++) {
        Py_CLEAR(t->getsets[i]->object);
    }
    Py_CLEAR(t->object);
    Py_CLEAR(t->bases);
}

void
type_orphan(struct type *t)
{
    if (t == NULL) {
        return;
    }
    bool is_made = t->object != NULL;
    if (is_made) {
        t->gone = PyWeakref_NewRef(t->object, NULL);
        PyErr_Clear();
    }
    let_go(t);
    if (!is_made) {
        free_record(t);
    }
    else if (t->gone != NULL && !t->is_static) {
        t->next = orphans;
        orphans = t;
    }
    /* else it stays for ever: nobody can tell how long the type does, or it
     * lies in an image that does, too (statictype.c) */
}

void
type_orphans_sweep(void)
{
    struct type **at = &orphans;
    while (*at != NULL) {
        struct type *t = *at;
        PyObject *type = pyabi_referent(t->gone);
        if (type == NULL) {
            *at = t->next;
            free_record(t);
        }
        else {
            at = &t->next;
            Py_DECREF(type);
        }
    }
}
