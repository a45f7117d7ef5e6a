/* slotplace: see slotplace.h. The numbers are those of typeslots.h, the fields
 * those of PyHeapTypeObject (cpython/object.h), 3.9 to 3.14. */
#include "slotplace.h"

#include <stddef.h>

#include "guard.h"

#define IN_TYPE(name, result)                                                 \
    {Py_tp_##name, offsetof(PyHeapTypeObject, ht_type.tp_##name),             \
     SLOT_GIVES_##result},
#define IN(table, name, result)                                               \
    {Py_##name, offsetof(PyHeapTypeObject, table.name), SLOT_GIVES_##result},

const struct slot_place slot_places[] = {
    IN_TYPE(alloc, OBJECT)
    IN_TYPE(call, OBJECT)
    IN_TYPE(clear, NOTHING)
    IN_TYPE(dealloc, NOTHING)
    IN_TYPE(del, NOTHING)
    IN_TYPE(descr_get, OBJECT)
    IN_TYPE(descr_set, NUMBER)
    IN_TYPE(finalize, NOTHING)
    IN_TYPE(free, NOTHING)
    IN_TYPE(getattr, OBJECT)
    IN_TYPE(getattro, OBJECT)
    IN_TYPE(hash, NUMBER)
    IN_TYPE(init, NUMBER)
    IN_TYPE(is_gc, NOTHING)
    IN_TYPE(iter, OBJECT)
    IN_TYPE(iternext, OBJECT)
    IN_TYPE(new, OBJECT)
    IN_TYPE(repr, OBJECT)
    IN_TYPE(richcompare, OBJECT)
    IN_TYPE(setattr, NUMBER)
    IN_TYPE(setattro, NUMBER)
    IN_TYPE(str, OBJECT)
    IN_TYPE(traverse, NOTHING)
    IN(as_async, am_aiter, OBJECT)
    IN(as_async, am_anext, OBJECT)
    IN(as_async, am_await, OBJECT)
#ifdef Py_am_send
    IN(as_async, am_send, NUMBER)
#endif
    IN(as_buffer, bf_getbuffer, NUMBER)
    IN(as_buffer, bf_releasebuffer, NOTHING)
    IN(as_mapping, mp_ass_subscript, NUMBER)
    IN(as_mapping, mp_length, NUMBER)
    IN(as_mapping, mp_subscript, OBJECT)
    IN(as_number, nb_absolute, OBJECT)
    IN(as_number, nb_add, OBJECT)
    IN(as_number, nb_and, OBJECT)
    IN(as_number, nb_bool, NUMBER)
    IN(as_number, nb_divmod, OBJECT)
    IN(as_number, nb_float, OBJECT)
    IN(as_number, nb_floor_divide, OBJECT)
    IN(as_number, nb_index, OBJECT)
    IN(as_number, nb_inplace_add, OBJECT)
    IN(as_number, nb_inplace_and, OBJECT)
    IN(as_number, nb_inplace_floor_divide, OBJECT)
    IN(as_number, nb_inplace_lshift, OBJECT)
    IN(as_number, nb_inplace_matrix_multiply, OBJECT)
    IN(as_number, nb_inplace_multiply, OBJECT)
    IN(as_number, nb_inplace_or, OBJECT)
    IN(as_number, nb_inplace_power, OBJECT)
    IN(as_number, nb_inplace_remainder, OBJECT)
    IN(as_number, nb_inplace_rshift, OBJECT)
    IN(as_number, nb_inplace_subtract, OBJECT)
    IN(as_number, nb_inplace_true_divide, OBJECT)
    IN(as_number, nb_inplace_xor, OBJECT)
    IN(as_number, nb_int, OBJECT)
    IN(as_number, nb_invert, OBJECT)
    IN(as_number, nb_lshift, OBJECT)
    IN(as_number, nb_matrix_multiply, OBJECT)
    IN(as_number, nb_multiply, OBJECT)
    IN(as_number, nb_negative, OBJECT)
    IN(as_number, nb_or, OBJECT)
    IN(as_number, nb_positive, OBJECT)
    IN(as_number, nb_power, OBJECT)
    IN(as_number, nb_remainder, OBJECT)
    IN(as_number, nb_rshift, OBJECT)
    IN(as_number, nb_subtract, OBJECT)
    IN(as_number, nb_true_divide, OBJECT)
    IN(as_number, nb_xor, OBJECT)
    IN(as_sequence, sq_ass_item, NUMBER)
    IN(as_sequence, sq_concat, OBJECT)
    IN(as_sequence, sq_contains, NUMBER)
    IN(as_sequence, sq_inplace_concat, OBJECT)
    IN(as_sequence, sq_inplace_repeat, OBJECT)
    IN(as_sequence, sq_item, OBJECT)
    IN(as_sequence, sq_length, NUMBER)
    IN(as_sequence, sq_repeat, OBJECT)
    {0, 0, SLOT_GIVES_NOTHING}};

const struct slot_place *
slot_place(int id)
{
    for (const struct slot_place *p = slot_places; p->id != 0; p++) {
        if (p->id == id) {
            return p;
        }
    }
    return NULL;
}
