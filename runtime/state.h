/* state: a module's own state (PyModuleDef.m_size) over a swap.
 *
 * The block that the first load made stays where it is for ever: objects and
 * calls may have its address. While its struct keeps its layout nothing is
 * done. Another layout is refused, naming the field, unless the source says
 * how it becomes the new one (cowbird.h, MIGRATING): then its bytes are
 * written anew, at an instant when no call is in flight (drain.h). What is new
 * begins as the new init has left it in the shadow's state. With the GIL.
 */
#ifndef COWBIRD_STATE_H
#define COWBIRD_STATE_H

#include "pyabi.h"

#include "migration.h"
#include "wire/err.h"

struct journal;
struct native;
struct swap_item;

struct state_move {
    struct migration how; /* without a hook: there was no state before */
    size_t was_size, is_size, room; /* bytes; `room` is the block's */
    char reason[512];     /* what is said where it can't be done */
    bool is_spoiled; /* a hook whose result was not used may have freed what
                        the shadow's clean-up would free again */
    bool has_moved;  /* a hook's result is the state by now */
    bool is_run;     /* the copies are a hook's result; only for a commit: */
    char *was, *is;       /* the block's bytes before and after; owned */
    char *base;           /* the shadow's, which `is` began with; owned */
};

/* Before the first init runs: a block with room to grow. -1 with the
 * exception set. */
int state_make_room(struct native *n, const PyModuleDef *def);
/* Once the new definition is known: `item->state` is set where the state must
 * be moved. ERR_REFUSED when it can't. */
int state_plan(struct swap_item *item, struct err *e);
/* When the init has ended and no call is in flight: runs the hook, on
 * copies; -1 and nothing has changed. A second time it runs again, what was
 * made before is dropped. */
int state_ready(struct swap_item *item, struct err *e);
/* Whether what it made is still to be used. */
bool state_is_ready(const struct swap_item *item);
/* Can't fail; takes two entries of the journal. */
void state_store(const struct swap_item *item, struct journal *j);
/* After the commit: lets go of what the old state alone held. */
void state_settle(struct swap_item *item);
/* Whether the shadow's own clean-up may run. */
bool state_lets_shadow_go(struct swap_item *item);
void state_dispose(struct swap_item *item);

#endif
