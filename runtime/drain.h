/* drain: swaps that wait for calls in flight.
 *
 * Variables that go along are copied at the commit. A call that has begun on
 * the old code goes on writing to the old ones, and that would be lost: so a
 * module whose variables are carried, or whose state is migrated, is swapped
 * when none of its calls is on its way. Those that begin meanwhile are held up
 * for a moment, so that such an instant comes about under load too. A call
 * that does not end holds up nothing but its module: the change is put off
 * (VERDICT_BUSY), and the bench is told when the call has ended. The agent's
 * alone.
 */
#ifndef COWBIRD_DRAIN_H
#define COWBIRD_DRAIN_H

#include "pyabi.h"

#include "wire/buf.h"

struct swap;

/* Without the GIL, which it returns with: true at an instant when no call is
 * in the way, with the gates shut behind it; false when that has not come
 * about in about a second, and `*culprit` is the item and `reason` says which
 * call. */
bool drain_await(const struct swap *s, PyGILState_STATE *gil,
                 size_t *culprit, struct buf *reason);
/* How often gates have been opened: while that stays, calls that begin are
 * noted (native_was_called). With the GIL. */
unsigned drain_openings(void);
/* With the GIL: calls go on. */
void drain_open(const struct swap *s);

/* Milliseconds until somebody is to be asked again; -1: nobody. */
int drain_wait_ms(void);
/* Writes MSG_DRAINED of one module whose call has ended; false: none. Without
 * the GIL. */
bool drain_tell(struct buf *b);
/* In the child of a fork, and for a new line. */
void drain_forget(void);

#endif
