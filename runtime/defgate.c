/* defgate: see defgate.h. */
#include "defgate.h"

#include "image.h"
#include "native.h"
#include "slots.h"
#include "swap.h"

#include "guard.h"

/* Of slots that promise something to the interpreter. */
static int
check_slot(const struct swap_item *item, int slot, const char *name,
           struct err *e)
{
    bool was = false;
    bool is = false;
    const void *old = slots_of_module(item->native->def, slot, &was);
    const void *new = slots_of_module(item->image->def, slot, &is);
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
    if (check_slot(item, SLOTS_INTERPRETERS, "Py_mod_multiple_interpreters", e)
        < 0)
    {
        return -1;
    }
    return check_slot(item, SLOTS_GIL, "Py_mod_gil", e);
}
