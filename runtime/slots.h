/* slots: the arrays that define modules and types, of either form.
 *
 * A PyModuleDef and a PyType_Spec have an array of a number and a pointer.
 * From 3.15 on there is a PySlot, too, which alone defines a module
 * (PyModExport_<name>, PEP 793) or a type (PyType_FromSlots), and arrays of
 * both forms nest (PEP 820). Reads them, changes nothing. With the GIL.
 */
#ifndef COWBIRD_SLOTS_H
#define COWBIRD_SLOTS_H

#include "pyabi.h"

#define SLOTS_HAS_PYSLOT (PY_VERSION_HEX >= 0x030F0000)

/* The numbers of a module's slots up to 3.14. Those that 3.15 has given them
 * are read as these, which it takes as well (Include/slots_generated.h). */
enum slots_module {
    SLOTS_CREATE = 1,
    SLOTS_EXEC,
    SLOTS_INTERPRETERS,
    SLOTS_GIL,
    SLOTS_RENUMBERED = 83 /* is what 3.15 added */
};

enum slots_form {
    SLOTS_OF_MODULE, /* PyModuleDef_Slot */
    SLOTS_OF_TYPE,   /* PyType_Slot */
    SLOTS_NEW        /* PySlot */
};

/* Called for each slot of an array and of those in it; false ends it. */
typedef bool (*slots_take)(void *data, int id, void *value);

/* In the order in which CPython reads them. False when `take` has ended it, or
 * they nest deeper than CPython allows. Accepts NULL. */
bool slots_each(const void *array, enum slots_form form, slots_take take,
                void *data);
/* The first of that number in a definition's array. */
void *slots_of_module(const PyModuleDef *def, int id, bool *is_there);

#if SLOTS_HAS_PYSLOT

/* Fills `def`, which is all zeros but for its head, and up to `room` of
 * `rest`, which is what `def` has no field for; `*token` stays what it is
 * where they name none. False when only CPython can say what they mean. */
bool slots_define(const PySlot *array, PyModuleDef *def,
                  PyModuleDef_Slot *rest, size_t room, void **token);

/* A type's, as one spec. */
struct slots_type {
    PyType_Spec spec; /* with flat slots; owned */
    size_t count, room;
    PyTypeObject *metaclass; /* borrowed, or NULL; so is … */
    PyObject *module;
};

/* False when only CPython can say what they mean. */
bool slots_type_init(struct slots_type *t, const PySlot *array);
void slots_type_dispose(struct slots_type *t);

#endif

#endif
