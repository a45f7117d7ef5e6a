/* typeslots: see typeslots.h. */
#include "typeslots.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "journal.h"
#include "native.h"
#include "slotplace.h"
#include "stub.h"
#include "typedonor.h"
#include "typespec.h"
#include "wire/buf.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    PyErr_Clear();
    return err_set(e, ERR_SYSTEM, "out of memory for a type");
}

const char *
type_label(struct type *t, const char *name, struct err *e)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "%s.%s", type_short_name(t), name);
    for (size_t i = 0; i < t->label_count; i++) {
        if (strcmp(t->labels[i], buf_text(&text)) == 0) {
            buf_dispose(&text);
            return t->labels[i];
        }
    }
    char **labels = realloc(t->labels, (t->label_count + 1) * sizeof(*labels));
    char *label = buf_take(&text);
    if (labels != NULL) {
        t->labels = labels;
    }
    if (labels == NULL || label == NULL) {
        free(label);
        no_memory(e);
        return NULL;
    }
    t->labels[t->label_count++] = label;
    return label;
}

/* -- records -------------------------------------------------------------- */

static struct slot *
find_slot(struct slot *slots, size_t count, int id)
{
    for (size_t i = 0; i < count; i++) {
        if (slots[i].id == id) {
            return &slots[i];
        }
    }
    return NULL;
}

static bool
is_function(const PyType_Slot *s)
{
    return typespec_kind(s->slot) == SLOT_FUNCTION && s->pfunc != NULL;
}

static size_t
count_live(const struct slot *slots, size_t count)
{
    size_t live = 0;
    for (size_t i = 0; i < count; i++) {
        live += slots[i].is_gone ? 0 : 1;
    }
    return live;
}

bool
typeslots_differ(const struct type *t, const PyType_Spec *spec,
                 struct image *image)
{
    size_t count = 0;
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (!is_function(s)) {
            continue;
        }
        const struct slot *was = find_slot(t->slots, t->slot_count, s->slot);
        void *plain = elf_is_code(&image->elf, s->pfunc) ? NULL : s->pfunc;
        if (was == NULL || was->is_gone || was->plain != plain) {
            return true;
        }
        count++;
    }
    return count != count_live(t->slots, t->slot_count);
}

/* What the type's list of slots will be, those that are gone among them: a
 * stub serves its slot for ever. */
static int
plan_records(struct type_change *c, const PyType_Spec *spec,
             struct image *image, struct err *e)
{
    const struct type *t = c->type;
    size_t room = t->slot_count;
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        room++;
    }
    c->slots = calloc(room + 1, sizeof(*c->slots));
    if (c->slots == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        c->slots[i] = t->slots[i];
        c->slots[i].is_gone = true;
    }
    c->slot_count = t->slot_count;
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (!is_function(s)) {
            continue;
        }
        struct slot *record = find_slot(c->slots, c->slot_count, s->slot);
        if (record == NULL) {
            record = &c->slots[c->slot_count++];
            record->id = s->slot;
        }
        record->is_gone = false;
        record->plain = NULL;
        if (!elf_is_code(&image->elf, s->pfunc)) {
            record->plain = s->pfunc;
        }
        else if (record->stub == NULL) {
            record->stub = stub_take(s->pfunc, e);
            record->is_fresh = true;
            if (record->stub == NULL) {
                return -1;
            }
        }
    }
    return 0;
}

/* -- the difference ------------------------------------------------------- */

static int
plan_fields(struct type_change *c, PyTypeObject *was, PyTypeObject *is,
            struct err *e)
{
    size_t room = 0;
    for (const struct slot_place *p = slot_places; p->id != 0; p++) {
        room++;
    }
    c->fields = calloc(room, sizeof(*c->fields));
    if (c->fields == NULL) {
        return no_memory(e);
    }
    for (const struct slot_place *p = slot_places; p->id != 0; p++) {
        void *before = *slot_word(was, p);
        void *after = *slot_word(is, p);
        if (before != after) {
            c->fields[c->field_count++] = (struct type_field){p, before,
                                                              after};
        }
    }
    return 0;
}

/* tp_* functions return nothing that can be told from success. */
static void *
do_nothing(void)
{
    return NULL;
}

/* Where calls through a stub go whose slot is lost: what the type now has in
 * its place, or an error. */
static int
plan_lost(struct type_change *c, const struct slot *s, PyTypeObject *is,
          const struct type_loading *l, struct err *e)
{
    const struct slot_place *p = slot_place(s->id);
    struct lost_slot *lost = &c->lost[c->lost_count++];
    lost->stub = s->stub;
    lost->to = p == NULL ? NULL : *slot_word(is, p);
    if (lost->to == s->stub->entry) {
        lost->to = NULL;
    }
    if (lost->to == NULL && (p == NULL || p->result == SLOT_GIVES_NOTHING)) {
        lost->to = (void *)do_nothing;
    }
    if (lost->to != NULL) {
        return 0;
    }
    lost->to = s->stub->gone;
    lost->failure = p->result == SLOT_GIVES_NUMBER ? (void *)-1 : NULL;
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "a slot of %s was removed by the save of %s",
                c->type->name, l->image->source);
    if (l->saved != NULL && l->saved[0] != '\0') {
        buf_add_fmt(&text, " at %s", l->saved);
    }
    lost->farewell = buf_take(&text);
    return lost->farewell == NULL ? no_memory(e) : 0;
}

static int
plan_all_lost(struct type_change *c, PyTypeObject *is,
              const struct type_loading *l, struct err *e)
{
    const struct type *t = c->type;
    c->lost = calloc(t->slot_count + 1, sizeof(*c->lost));
    if (c->lost == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < t->slot_count; i++) {
        const struct slot *was = &t->slots[i];
        const struct slot *now = &c->slots[i];
        bool had = !was->is_gone && was->plain == NULL;
        if (had && (now->is_gone || now->plain != NULL)
            && plan_lost(c, now, is, l, e) < 0)
        {
            return -1;
        }
    }
    return 0;
}

/* Several names may stand for one function (__add__, __radd__): the report
 * has the first. */
static int
tell(struct type_change *c, PyObject *name, PyObject *value, bool is_gained,
     struct err *e)
{
    void *function = Py_TYPE(value) == &PyWrapperDescr_Type
                         ? ((PyWrapperDescrObject *)value)->d_wrapped
                         : NULL;
    const char *word = PyUnicode_AsUTF8(name);
    if (function == NULL || function == c->told || word == NULL) {
        return 0;
    }
    struct told_slot *told = realloc(c->told_slots,
                                     (c->told_count + 1) * sizeof(*told));
    if (told == NULL) {
        return no_memory(e);
    }
    c->told_slots = told;
    c->told = function;
    told[c->told_count].is_gained = is_gained;
    told[c->told_count].label = type_label(c->type, word, e);
    return told[c->told_count++].label == NULL ? -1 : 0;
}

static int
plan_name(struct type_change *c, PyObject *name, PyObject *was, PyObject *is,
          struct err *e)
{
    PyObject *dict = ((PyTypeObject *)c->type->object)->tp_dict;
    PyObject *now = PyDict_GetItemWithError(dict, name);
    was = donor_is_of_slot(name, was) ? was : NULL;
    is = donor_is_of_slot(name, is) ? is : NULL;
    if (donor_is_alike(was, is) || !donor_is_alike(was, now)) {
        return 0; /* no change, or the app has its own there */
    }
    PyObject *value = NULL;
    if (is != NULL) {
        value = donor_copy_for(is, c->type->object);
        if (value == NULL) {
            return no_memory(e);
        }
    }
    int done = type_change_attr(c, PyUnicode_AsUTF8(name), value, now, e);
    if (done == 0) {
        c->attrs[c->attr_count - 1].yields = true;
    }
    if (done == 0 && (was == NULL || is == NULL)) {
        done = tell(c, name, is != NULL ? is : was, is != NULL, e);
    }
    Py_XDECREF(value);
    return done;
}

static int
plan_names(struct type_change *c, PyTypeObject *was, PyTypeObject *is,
           struct err *e)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(is->tp_dict, &at, &name, &value)) {
        PyObject *before = PyDict_GetItemWithError(was->tp_dict, name);
        if (plan_name(c, name, before, value, e) < 0) {
            return -1;
        }
    }
    at = 0;
    while (PyDict_Next(was->tp_dict, &at, &name, &value)) {
        if (PyDict_GetItemWithError(is->tp_dict, name) == NULL
            && plan_name(c, name, value, NULL, e) < 0)
        {
            return -1;
        }
    }
    return 0;
}

int
typeslots_plan(struct type_change *c, const PyType_Spec *spec,
               const struct type_loading *l, struct err *e)
{
    const struct type *t = c->type;
    PyType_Spec like = {t->name, t->basicsize, t->itemsize, t->flags, NULL};
    PyTypeObject *was = NULL;
    PyTypeObject *is = NULL;
    int done = plan_records(c, spec, l->image, e);
    if (done == 0) {
        was = donor_make(t, &like, t->slots, t->slot_count, t->members);
        is = was == NULL ? NULL
                         : donor_make(t, &like, c->slots, c->slot_count,
                                      t->members);
        if (is == NULL) {
            PyErr_Clear();
            done = err_set(e, ERR_REFUSED,
                           "CPython makes no type of the new slots of %s: "
                           "restart the app",
                           t->name);
        }
    }
    if (done == 0
        && (plan_fields(c, was, is, e) < 0
            || plan_all_lost(c, is, l, e) < 0
            || plan_names(c, was, is, e) < 0))
    {
        done = -1;
    }
    donor_drop(was);
    donor_drop(is);
    return done;
}

/* -- commit --------------------------------------------------------------- */

/* All types below `type`, each once, behind it in the list. */
static int
add_subclasses(PyObject *list, PyObject *type)
{
    PyObject *found = PyObject_CallMethod((PyObject *)&PyType_Type,
                                          "__subclasses__", "O", type);
    int done = found == NULL ? -1 : 0;
    for (Py_ssize_t i = 0; done == 0 && i < PyList_GET_SIZE(found); i++) {
        PyObject *sub = PyList_GET_ITEM(found, i); /* borrowed */
        int known = PySequence_Contains(list, sub);
        done = known < 0 ? -1 : 0;
        if (known == 0) {
            done = PyList_Append(list, sub);
        }
    }
    Py_XDECREF(found);
    return done;
}

PyObject *
type_family(PyObject *type)
{
    PyObject *list = PyList_New(0);
    int done = list == NULL ? -1 : PyList_Append(list, type);
    for (Py_ssize_t i = 0; done == 0 && i < PyList_GET_SIZE(list); i++) {
        done = add_subclasses(list, PyList_GET_ITEM(list, i));
    }
    if (done < 0) {
        Py_CLEAR(list);
    }
    return list;
}

int
typeslots_reserve(struct type_change *c, size_t *words, struct err *e)
{
    if (c->field_count > 0) {
        Py_XDECREF(c->family);
        c->family = type_family(c->type->object);
        if (c->family == NULL) {
            return no_memory(e);
        }
        *words += c->field_count * (size_t)PyList_GET_SIZE(c->family);
    }
    *words += 3 * c->lost_count;
    return 0;
}

void
typeslots_move(const struct type_change *c, struct journal *j)
{
    Py_ssize_t count = c->family == NULL ? 0 : PyList_GET_SIZE(c->family);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyTypeObject *type = (PyTypeObject *)PyList_GET_ITEM(c->family, i);
        bool is_heap = (type->tp_flags & Py_TPFLAGS_HEAPTYPE) != 0;
        for (size_t k = 0; is_heap && k < c->field_count; k++) {
            void **word = slot_word(type, c->fields[k].place);
            if (*word == c->fields[k].was) {
                journal_word(j, word, c->fields[k].is);
            }
        }
    }
}

void
typeslots_store(const struct type_change *c, struct journal *j)
{
    for (size_t i = 0; i < c->lost_count; i++) {
        struct lost_slot *lost = &c->lost[i];
        journal_word(j, lost->stub->slot, lost->to);
        if (lost->farewell != NULL) {
            lost->stale = lost->stub->farewell;
            journal_word(j, &lost->stub->failure, lost->failure);
            journal_word(j, &lost->stub->farewell, lost->farewell);
        }
    }
}

void
typeslots_settle(struct type_change *c)
{
    struct type *t = c->type;
    for (size_t i = 0; i < c->lost_count; i++) {
        free(c->lost[i].stale);
        c->lost[i].farewell = NULL; /* the stub has it now */
    }
    if (c->slots != NULL) {
        free(t->slots);
        t->slots = c->slots;
        t->slot_count = c->slot_count;
        for (size_t i = 0; i < t->slot_count; i++) {
            t->slots[i].is_fresh = false;
        }
        c->slots = NULL;
    }
}

void
typeslots_dispose(struct type_change *c)
{
    for (size_t i = 0; c->slots != NULL && i < c->slot_count; i++) {
        if (c->slots[i].is_fresh) {
            stub_give_back(c->slots[i].stub);
        }
    }
    for (size_t i = 0; i < c->lost_count; i++) {
        free(c->lost[i].farewell);
    }
    free(c->slots);
    free(c->lost);
    free(c->fields);
    free(c->told_slots);
    Py_CLEAR(c->family);
}
