/* ready: between the halves of a swap (swap.h): hooks that may still say no.
 *
 * They run at the instant that drain.h has found, so that what they make of
 * the live state is right; until the commit the gates stay shut, and a call
 * that goes through all the same has them run again. Objects of a type may
 * change without a call of the module's: their hook always runs again.
 */
#include "swap.h"

#include "clock.h"
#include "drain.h"
#include "native.h"
#include "state.h"
#include "typechange.h"

#include "guard.h"

/* The user's code is measured apart. */
static int
run_hooks(struct swap *s, struct swap_item *item, struct err *e)
{
    if (item->state == NULL && !type_changes_move_objects(item->types)) {
        return 0;
    }
    bool was_measured = hold_pause(&s->now);
    uint64_t started_ns = clock_now_ns();
    int done = state_ready(item, e);
    if (done == 0) {
        done = type_changes_ready(item->types, e);
    }
    s->init_ns += clock_now_ns() - started_ns;
    if (was_measured) {
        hold_begin(&s->now);
    }
    return done;
}

bool
swap_ready(struct swap *s, size_t *culprit)
{
    struct err e = ERR_INIT;
    s->openings = drain_openings();
    for (size_t i = 0; i < s->count; i++) {
        if (run_hooks(s, &s->items[i], &e) < 0) {
            swap_fail(s, &s->items[i], &e);
            *culprit = i;
            return false;
        }
    }
    return true;
}
