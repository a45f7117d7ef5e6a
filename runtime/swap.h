/* swap: a transaction that moves one or more modules to newer code.
 *
 * Life: swap_new, swap_add for each module, swap_prepare (user code runs, and
 * nothing that the app can see is touched), then swap_commit (all or nothing,
 * in one hold of the GIL) or swap_drop. One at a time; the agent's thread
 * owns it, importers look at it with the GIL (swap_pending).
 */
#ifndef COWBIRD_SWAP_H
#define COWBIRD_SWAP_H

#include "pyabi.h"

#include "carry.h"
#include "hold.h"
#include "typelayout.h"
#include "wire/buf.h"
#include "wire/err.h"
#include "wire/msg.h"

struct facts;
struct function_change;
struct image;
struct native;
struct state_move;

/* One module's order, as the bench gave it; texts are owned. `saved` is when
 * its source was; empty: it was not, another compiler has built it. */
struct order {
    char *name, *stem, *artefact, *source, *saved, *tier;
    uint64_t generation;
    uint64_t shown; /* the generation in module.__cowbird__ */
};

void order_dispose(struct order *o);

/* What a commit did, for its report; names are borrowed from functions, which
 * stay. */
struct swap_names {
    const char **items;
    size_t count;
};

struct swap_item {
    struct order order;
    struct native *native; /* NULL: not imported here, nothing to do */
    struct image *image;
    bool is_kept;     /* it is in the list of all images */
    struct err fault; /* why it could not be opened */
    PyObject *shadow; /* the module the new init made; owned */
    PyObject *made;   /* dict: what that init left in it; owned */
    PyObject *stamp;  /* the generation to show, as an int; owned */
    PyObject *tier;   /* its tier as a str; owned */
    PyObject *source; /* and the source as a str; owned */
    struct function_change *changes;
    size_t change_count;
    struct function **removed; /* borrowed */
    char **farewells;          /* one per removed; owned until stored */
    size_t removed_count;
    struct type_change *types; /* see type.h; owned */
    struct twin_change *twins; /* see twin.h; owned */
    struct capsule_change *capsules; /* see capsule.h; owned */
    size_t capsule_count;
    struct carry carry;        /* of static variables */
    struct state_move *state;  /* NULL: the module's state stays as it is;
                                  owned */
    struct facts *was, *is;     /* of the image that served at prepare and of
                                   the new one; owned */
    struct layout_pair layouts; /* of the old and the new structs */
    struct swap_names swapped, added, dropped;
    char *kept_source; /* the native's next `source`; owned */
};

struct swap {
    uint64_t txn;
    struct swap_item *items;
    size_t count;
    enum msg_verdict verdict;
    struct buf reason;
    unsigned openings;     /* of gates, when hooks ran; see drain.h */
    uint64_t init_ns;      /* in the user's init */
    struct hold now;       /* this hold of the GIL */
    struct msg_hold holds; /* all of them, without that init */
};

struct swap *swap_new(uint64_t txn);
/* Takes the texts of `o`. */
int swap_add(struct swap *s, struct order *o, struct err *e);

/* Without the GIL, which it takes for a moment: opens what can be opened
 * without it. */
void swap_open(struct swap *s);
/* With the GIL: what swap_open has left to do for the item. */
int swap_open_rest(struct swap_item *item, struct err *e);
/* With the GIL: prepares the item; false when the verdict is no longer
 * READY and the rest is pointless. */
bool swap_prepare_item(struct swap *s, size_t index);
/* With the GIL, when all are prepared and no call is in the way: runs the
 * hooks that may still say no. False when one has; `*culprit` is its item. */
bool swap_ready(struct swap *s, size_t *culprit);
/* With the GIL: the verdict for an item that failed. */
void swap_fail(struct swap *s, const struct swap_item *item,
               const struct err *e);
/* With the GIL, not let go in between: all items, or -1 and nothing. */
int swap_commit(struct swap *s, struct err *e);
/* With the GIL; accepts NULL and either outcome. */
void swap_free(struct swap *s);

/* The transaction whose outcome is open, or NULL; set by the agent. */
extern struct swap *swap_pending;
/* With the GIL, which it lets go of while it waits: until no open transaction
 * names the module, for two seconds at most. */
void swap_await(const char *name);
/* The newest order for `name` that was committed before the module was
 * imported here, or NULL; borrowed. */
const struct order *swap_newest(const char *name);
/* Takes `o` as the newest order of its module. */
void swap_remember(struct order *o);
/* Moves one live module to `o` at once; for one that came in between prepare
 * and commit. A failure leaves it where it is. */
void swap_catch_up(const struct order *o);

#endif
