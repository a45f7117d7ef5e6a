/* slotplace: where a heap type keeps the function of each slot, and what its
 * callers take for a failure. Facts of CPython's headers, no state.
 */
#ifndef COWBIRD_SLOTPLACE_H
#define COWBIRD_SLOTPLACE_H

#include "pyabi.h"

enum slot_result {
    SLOT_GIVES_OBJECT, /* NULL: an exception is set */
    SLOT_GIVES_NUMBER, /* -1: an exception is set */
    SLOT_GIVES_NOTHING /* it must not raise */
};

struct slot_place {
    int id;    /* as in typeslots.h; 0 ends the list */
    size_t at; /* in a PyHeapTypeObject */
    enum slot_result result;
};

extern const struct slot_place slot_places[];
/* NULL: no slot whose place is known. */
const struct slot_place *slot_place(int id);

static inline void **
slot_word(PyTypeObject *type, const struct slot_place *p)
{
    return (void **)(void *)((char *)type + p->at);
}

#endif
