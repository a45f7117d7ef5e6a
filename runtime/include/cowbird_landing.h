/* cowbird_landing.h: what a binding and the guest of a dev session both know
 * of a call that is let go of when its C faults (CB_FAULTS).
 *
 * The call makes a landing where it stands and asks the desk, which is the
 * guest's (runtime/landing.h), to have the fault lead there. Nobody writes
 * `cb_fault_desk` anywhere else: then a fault is a fault.
 */
#ifndef COWBIRD_LANDING_H
#define COWBIRD_LANDING_H

#include <setjmp.h>
#include <stdint.h>

/* One call, on its own stack. */
struct cb_landing {
    sigjmp_buf back;
    void *state;              /* the thread state that the call gave up */
    struct cb_landing *outer; /* of the same thread; the guest's */
    uintptr_t floor;          /* of the stack: the call's frames lie below */
    uintptr_t low;            /* and above this, when it faulted */
    int number;               /* of the signal; 0: it has not faulted */
    int is_caller;            /* `pc` is where the code would have gone on */
    int is_deep;              /* the stack was full */
    int has_address;
    uintptr_t pc;      /* in an image of the session */
    uintptr_t address; /* that could not be used */
};

struct cb_fault_desk {
    /* Between the two, and only while this thread has no GIL, a fault leads
     * to `back`. */
    void (*enter)(struct cb_landing *l);
    void (*leave)(struct cb_landing *l);
    /* With the GIL: sets an exception of the class `kind` (a PyObject *) that
     * says what has happened; `l` has landed. */
    void (*raise)(struct cb_landing *l, void *kind);
};

/* Of each image whose binding has such calls. */
#define CB_FAULT_DESK "cb_fault_desk"

#endif
