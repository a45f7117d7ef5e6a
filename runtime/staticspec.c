/* staticspec: see staticspec.h. */
#include "staticspec.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "typespec.h"

#include "guard.h"

/* The tables that a type's functions stand in. */
enum group { TYPE, ASYNC, NUMBER, SEQUENCE, MAPPING, BUFFER, GROUPS };

static const struct {
    size_t at;  /* of the pointer to it in the type */
    size_t len; /* bytes */
} tables[GROUPS] = {
    [ASYNC] = {offsetof(PyTypeObject, tp_as_async), sizeof(PyAsyncMethods)},
    [NUMBER] = {offsetof(PyTypeObject, tp_as_number), sizeof(PyNumberMethods)},
    [SEQUENCE] = {offsetof(PyTypeObject, tp_as_sequence),
                  sizeof(PySequenceMethods)},
    [MAPPING] = {offsetof(PyTypeObject, tp_as_mapping),
                 sizeof(PyMappingMethods)},
    [BUFFER] = {offsetof(PyTypeObject, tp_as_buffer), sizeof(PyBufferProcs)},
};

#define T(name) {Py_##name, TYPE, offsetof(PyTypeObject, name)}
#define A(name) {Py_##name, ASYNC, offsetof(PyAsyncMethods, name)}
#define N(name) {Py_##name, NUMBER, offsetof(PyNumberMethods, name)}
#define S(name) {Py_##name, SEQUENCE, offsetof(PySequenceMethods, name)}
#define M(name) {Py_##name, MAPPING, offsetof(PyMappingMethods, name)}
#define B(name) {Py_##name, BUFFER, offsetof(PyBufferProcs, name)}

static const struct field {
    int id;
    enum group group;
    size_t at; /* in its table */
} fields[] = {
    T(tp_dealloc), T(tp_getattr), T(tp_setattr), T(tp_repr), T(tp_hash),
    T(tp_call), T(tp_str), T(tp_getattro), T(tp_setattro), T(tp_traverse),
    T(tp_clear), T(tp_richcompare), T(tp_iter), T(tp_iternext),
    T(tp_descr_get), T(tp_descr_set), T(tp_init), T(tp_alloc), T(tp_new),
    T(tp_free), T(tp_is_gc), T(tp_del), T(tp_finalize), T(tp_doc),
    T(tp_methods), T(tp_members), T(tp_getset),
    {TYPESPEC_VECTORCALL, TYPE, offsetof(PyTypeObject, tp_vectorcall)},
    A(am_await), A(am_aiter), A(am_anext),
#ifdef Py_am_send
    A(am_send),
#endif
    N(nb_add), N(nb_subtract), N(nb_multiply), N(nb_remainder), N(nb_divmod),
    N(nb_power), N(nb_negative), N(nb_positive), N(nb_absolute), N(nb_bool),
    N(nb_invert), N(nb_lshift), N(nb_rshift), N(nb_and), N(nb_xor), N(nb_or),
    N(nb_int), N(nb_float), N(nb_inplace_add), N(nb_inplace_subtract),
    N(nb_inplace_multiply), N(nb_inplace_remainder), N(nb_inplace_power),
    N(nb_inplace_lshift), N(nb_inplace_rshift), N(nb_inplace_and),
    N(nb_inplace_xor), N(nb_inplace_or), N(nb_floor_divide),
    N(nb_true_divide), N(nb_inplace_floor_divide), N(nb_inplace_true_divide),
    N(nb_index), N(nb_matrix_multiply), N(nb_inplace_matrix_multiply),
    S(sq_length), S(sq_concat), S(sq_repeat), S(sq_item), S(sq_ass_item),
    S(sq_contains), S(sq_inplace_concat), S(sq_inplace_repeat),
    M(mp_length), M(mp_subscript), M(mp_ass_subscript),
    B(bf_getbuffer), B(bf_releasebuffer),
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

_Static_assert(FIELDS < STATICSPEC_SLOTS, "room for every slot and the end");

/* The table of the group, or NULL. */
static char *
table_of(const PyTypeObject *type, enum group group)
{
    char *table = (char *)type;
    if (group != TYPE) {
        memcpy(&table, (const char *)type + tables[group].at, sizeof(table));
    }
    return table;
}

void
staticspec_read(const PyTypeObject *type, struct staticspec *s)
{
    size_t count = 0;
    for (size_t i = 0; i < FIELDS; i++) {
        const char *table = table_of(type, fields[i].group);
        void *value = NULL;
        if (table != NULL) {
            memcpy(&value, table + fields[i].at, sizeof(value));
        }
        if (value != NULL) {
            s->slots[count++] = (PyType_Slot){fields[i].id, value};
        }
    }
    s->slots[count] = (PyType_Slot){0, NULL};
    s->spec.name = type->tp_name;
    s->spec.basicsize = (int)type->tp_basicsize;
    s->spec.itemsize = (int)type->tp_itemsize;
    s->spec.flags = (unsigned)type->tp_flags;
    s->spec.slots = s->slots;
}

static int
copy_tables(PyTypeObject *type, struct err *e)
{
    for (enum group g = ASYNC; g < GROUPS; g++) {
        const char *table = table_of(type, g);
        if (table == NULL) {
            continue;
        }
        char *copy = malloc(tables[g].len);
        if (copy == NULL) {
            return err_set(e, ERR_SYSTEM, "out of memory for a type");
        }
        memcpy(copy, table, tables[g].len);
        memcpy((char *)type + tables[g].at, &copy, sizeof(copy));
    }
    return 0;
}

int
staticspec_write(PyTypeObject *type, const PyType_Spec *copy, struct err *e)
{
    if (copy_tables(type, e) < 0) {
        return -1;
    }
    for (const PyType_Slot *s = copy->slots; s->slot != 0; s++) {
        size_t i = 0;
        while (fields[i].id != s->slot) {
            i++;
        }
        memcpy(table_of(type, fields[i].group) + fields[i].at, &s->pfunc,
               sizeof(s->pfunc));
    }
    type->tp_name = copy->name;
    return 0;
}
