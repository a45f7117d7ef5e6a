/* slots: see slots.h. */
#include "slots.h"

#include <limits.h>
#include <string.h>

#include "wipe.h"

#include "guard.h"

#define DEEPEST 5 /* arrays in arrays (pycore_slots.h, _PySlot_MAX_NESTING) */

/* Any array's next slot; 0: its end. */
struct entry {
    int id;
    void *value;
    bool is_optional; /* a CPython that does not know it leaves it out */
};

#if SLOTS_HAS_PYSLOT

static struct entry
entry_at(const void *array, enum slots_form form, size_t i)
{
    if (form == SLOTS_NEW) {
        const PySlot *s = (const PySlot *)array + i;
        bool is_optional = (s->sl_flags & PySlot_OPTIONAL) != 0;
        return (struct entry){s->sl_id, s->sl_ptr, is_optional};
    }
    const PyType_Slot *s = (const PyType_Slot *)array + i;
    return (struct entry){s->slot, s->pfunc, false};
}

/* Which form the array has that this slot is; false: it is no array. */
static bool
is_array(int id, enum slots_form *form)
{
    switch (id) {
    case Py_slot_subslots:
        *form = SLOTS_NEW;
        return true;
    case Py_mod_slots:
        *form = SLOTS_OF_MODULE;
        return true;
    case Py_tp_slots:
        *form = SLOTS_OF_TYPE;
        return true;
    default:
        return false;
    }
}

/* The last slot that the headers know is the module's token. */
static bool
is_unknown(int id)
{
    return id > Py_mod_token;
}

#else

static struct entry
entry_at(const void *array, enum slots_form form, size_t i)
{
    (void)form;
    const PyType_Slot *s = (const PyType_Slot *)array + i;
    return (struct entry){s->slot, s->pfunc, false};
}

static bool
is_array(int id, enum slots_form *form)
{
    (void)id;
    (void)form;
    return false;
}

static bool
is_unknown(int id)
{
    (void)id;
    return false;
}

#endif

/* Both old forms are a number and a pointer. */
_Static_assert(sizeof(PyModuleDef_Slot) == sizeof(PyType_Slot)
                   && offsetof(PyModuleDef_Slot, value)
                          == offsetof(PyType_Slot, pfunc),
               "slots of modules and types differ");

static bool
each(const void *array, enum slots_form form, unsigned depth, slots_take take,
     void *data)
{
    if (depth >= DEEPEST) {
        return false;
    }
    for (size_t i = 0; array != NULL; i++) {
        struct entry s = entry_at(array, form, i);
        enum slots_form inner = form;
        bool goes_on = true;
        if (s.id == 0) {
            break;
        }
        if (is_array(s.id, &inner)) {
            goes_on = each(s.value, inner, depth + 1, take, data);
        }
        else if (!(s.is_optional && is_unknown(s.id))) {
            goes_on = take(data, s.id, s.value);
        }
        if (!goes_on) {
            return false;
        }
    }
    return true;
}

bool
slots_each(const void *array, enum slots_form form, slots_take take,
           void *data)
{
    return each(array, form, 0, take, data);
}

static int
module_id(int id)
{
    bool is_new = id > SLOTS_RENUMBERED && id <= SLOTS_RENUMBERED + SLOTS_GIL;
    return is_new && SLOTS_HAS_PYSLOT ? id - SLOTS_RENUMBERED : id;
}

struct search {
    int id;
    void *value;
    bool is_there;
};

static bool
find(void *data, int id, void *value)
{
    struct search *s = data;
    if (module_id(id) == s->id) {
        s->value = value;
        s->is_there = true;
    }
    return !s->is_there;
}

void *
slots_of_module(const PyModuleDef *def, int id, bool *is_there)
{
    struct search s = {id, NULL, false};
    (void)slots_each(def->m_slots, SLOTS_OF_MODULE, find, &s);
    *is_there = s.is_there;
    return s.value;
}

#if SLOTS_HAS_PYSLOT

/* -- a module's ----------------------------------------------------------- */

struct defining {
    PyModuleDef *def;
    PyModuleDef_Slot *rest;
    size_t count, room;
    void **token;
};

/* A function's address out of a slot, where ISO C has no cast for it. */
#define PUT(field, value) memcpy(&(field), &(value), sizeof(field))

static bool
define(void *data, int id, void *value)
{
    struct defining *d = data;
    switch (id) {
    case Py_mod_name:
        d->def->m_name = value;
        return value != NULL;
    case Py_mod_doc:
        d->def->m_doc = value;
        return true;
    case Py_mod_state_size:
        d->def->m_size = (Py_ssize_t)(intptr_t)value;
        return d->def->m_size >= 0;
    case Py_mod_methods:
        d->def->m_methods = value;
        return true;
    case Py_mod_state_traverse:
        PUT(d->def->m_traverse, value);
        return true;
    case Py_mod_state_clear:
        PUT(d->def->m_clear, value);
        return true;
    case Py_mod_state_free:
        PUT(d->def->m_free, value);
        return true;
    case Py_mod_token:
        *d->token = value;
        return value != NULL;
    default:
        break;
    }
    if (d->count + 1 >= d->room) {
        return false;
    }
    d->rest[d->count++] = (PyModuleDef_Slot){module_id(id), value};
    return true;
}

bool
slots_define(const PySlot *array, PyModuleDef *def, PyModuleDef_Slot *rest,
             size_t room, void **token)
{
    struct defining d = {def, rest, 0, room, token};
    if (!slots_each(array, SLOTS_NEW, define, &d)) {
        return false;
    }
    rest[d.count] = (PyModuleDef_Slot){0, NULL};
    def->m_slots = rest;
    return true;
}

/* -- a type's ------------------------------------------------------------- */

static bool
count(void *data, int id, void *value)
{
    (void)id;
    (void)value;
    ++*(size_t *)data;
    return true;
}

static bool
set_int(int *to, void *value)
{
    intptr_t number = (intptr_t)value;
    *to = (int)number;
    return number > 0 && number <= INT_MAX;
}

/* What 3.15 tells in slots and a spec in fields (Objects/typeobject.c). */
static bool
describe(void *data, int id, void *value)
{
    struct slots_type *t = data;
    uintptr_t flags = (uintptr_t)value;
    bool is_good = true;
    switch (id) {
    case Py_tp_name:
        t->spec.name = value;
        return value != NULL;
    case Py_tp_basicsize:
        is_good = t->spec.basicsize == 0;
        return set_int(&t->spec.basicsize, value) && is_good;
    case Py_tp_extra_basicsize:
        is_good = t->spec.basicsize == 0;
        is_good &= set_int(&t->spec.basicsize, value);
        t->spec.basicsize = -t->spec.basicsize;
        return is_good;
    case Py_tp_itemsize:
        return set_int(&t->spec.itemsize, value);
    case Py_tp_flags:
        t->spec.flags = (unsigned)flags;
        return flags <= UINT_MAX;
    case Py_tp_metaclass:
        t->metaclass = value;
        return value != NULL;
    case Py_tp_module:
        t->module = value;
        return value != NULL;
    case Py_tp_token:
        is_good = value != NULL; /* there is no spec to be it */
        break;
    default:
        break;
    }
    t->spec.slots[t->count++] = (PyType_Slot){id, value};
    return is_good;
}

bool
slots_type_init(struct slots_type *t, const PySlot *array)
{
    *t = (struct slots_type){.room = 1};
    if (!slots_each(array, SLOTS_NEW, count, &t->room)) {
        return false;
    }
    t->spec.slots = calloc(t->room, sizeof(*t->spec.slots));
    return t->spec.slots != NULL
           && slots_each(array, SLOTS_NEW, describe, t)
           && t->spec.name != NULL;
}

void
slots_type_dispose(struct slots_type *t)
{
    wiped_free(t->spec.slots, t->room * sizeof(*t->spec.slots));
}

#endif
