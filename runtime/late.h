/* late: a worker that the bench gave up waiting for catches up before it
 * serves.
 *
 * A process that was stopped and goes on has orders on its line, perhaps from
 * before, and requests in its queues. All its threads go on at once, so the
 * main one is held up until the agent has carried the orders out: by a
 * handler for SIGCONT where it does not hold the GIL, and at its next bytecode
 * otherwise (a pending call). The latter also holds up a worker whose C code
 * kept the GIL for longer than the bench waits. Never for more than
 * LATE_WAIT_NS, and not a thread in a call for which a swap waits in turn.
 */
#ifndef COWBIRD_LATE_H
#define COWBIRD_LATE_H

#include <stdbool.h>
#include <stdint.h>

#include "line.h"

/* The agent's line is open: what arrives there is to be waited for. */
void late_begin(const struct handle *line);
/* It is closed, or in a fork's child somebody else's. */
void late_end(void);
/* The agent is at work on what has arrived. */
void late_work(bool is_at_work);
/* Told by the bench that there are more workers: sets the handler, where the
 * app has none. With the GIL, so that no Python code sets one meanwhile. An
 * app of one process does without it, so that its pause(2) goes on over a
 * stop. */
void late_handle(void);
/* Told by the bench: it was late, or is no more. With the GIL. */
void late_set(bool is_late);
/* With the GIL, for which the agent has waited since then: where that was
 * long, the bench may say so. */
void late_since(uint64_t asked_ns);

#endif
