/* defgate: see defgate.h. */
#include "defgate.h"

#include "image.h"
#include "native.h"
#include "swap.h"

#include "guard.h"

/* Slots of a definition that promise something to the interpreter. From 3.15
 * on slots have numbers of their own beside those of the stable ABI
 * (Include/slots_generated.h). */
#define SLOT_INTERPRETERS 3
#define SLOT_GIL 4
#define SLOT_RENUMBERED 83

static bool
is_slot(const PyModuleDef_Slot *s, int slot)
{
    return s->slot == slot
           || (PY_VERSION_HEX >= 0x030F0000
               && s->slot == slot + SLOT_RENUMBERED);
}

static const void *
slot_value(const PyModuleDef *def, int slot, bool *is_there)
{
    const PyModuleDef_Slot *s = def->m_slots;
    *is_there = false;
    for (; s != NULL && s->slot != 0; s++) {
        if (is_slot(s, slot)) {
            *is_there = true;
            return s->value;
        }
    }
    return NULL;
}

static int
check_slot(const struct swap_item *item, int slot, const char *name,
           struct err *e)
{
    bool was = false;
    bool is = false;
    const void *old = slot_value(item->native->def, slot, &was);
    const void *new = slot_value(item->image->def, slot, &is);
    if (was != is || old != new) {
        return err_set(e, ERR_REFUSED,
                       "%s in %s is not what it was: the interpreter asks "
                       "for it only at import; restart the app",
                       name, item->order.source);
    }
    return 0;
}

int
defgate_check(const struct swap_item *item, struct err *e)
{
    if (check_slot(item, SLOT_INTERPRETERS, "Py_mod_multiple_interpreters", e)
        < 0)
    {
        return -1;
    }
    return check_slot(item, SLOT_GIL, "Py_mod_gil", e);
}
