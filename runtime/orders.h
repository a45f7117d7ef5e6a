/* orders: what the bench asks of this process: prepare, commit, abort.
 *
 * Called by the agent's thread, without the GIL, which is taken for as short
 * as can be: once per module at prepare, once at commit.
 */
#ifndef COWBIRD_ORDERS_H
#define COWBIRD_ORDERS_H

#include <stdbool.h>

#include "wire/buf.h"
#include "wire/msg.h"

/* Acts on `m` and writes the answer, if there is one; -1: not our language. */
int orders_handle(struct msg *m, struct buf *answer);
/* After the answer went out: lets go of what the last commit replaced. */
void orders_tidy(void);
/* Whether images are opened that a prepare is to take: what they refer to in
 * older ones must not go meanwhile. */
bool orders_wait_for_prepare(void);
/* The line is gone: what was prepared is dropped. */
void orders_forget(void);
/* In the child of a fork, with the GIL: what the parent's thread was at is
 * left as it is, in an unknown state. */
void orders_abandon(void);

#endif
