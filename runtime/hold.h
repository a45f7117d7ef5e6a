/* hold: one stretch of time with the GIL, in which no thread of the app runs
 * Python: how long it was, and why.
 *
 * The clock alone would not tell our work from a core that the kernel gave to
 * somebody else meanwhile: so the thread's own time, its involuntary switches
 * and its page faults are taken too. Owned by the thread that has the GIL.
 */
#ifndef COWBIRD_HOLD_H
#define COWBIRD_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/msg.h"

struct hold {
    struct msg_hold cost; /* so far */
    uint64_t began_ns, began_work_ns;
    uint64_t switches, faults; /* of the thread when it began */
    bool allocates; /* objects: then the garbage collector stands still, which
                       CPython would run in the middle of an allocation */
    bool was_collecting;
};

#define HOLD_INIT {.began_ns = 0}

/* Right after the GIL was taken. */
void hold_begin(struct hold *h);
/* For the user's own code; then begin again, if this was true: it had
 * begun. */
bool hold_pause(struct hold *h);
/* Right before the GIL is given back: joins the cost to `all`. */
void hold_end(struct hold *h, struct msg_hold *all);

#endif
