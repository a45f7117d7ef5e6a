/* record: the arguments of an app's calls of one function, kept for whoever
 * compares builds of it.
 *
 * One recording at a time lies over the function's stub: a call goes through
 * it, is pickled in its caller's thread, and goes on as it was. Once it has
 * what was asked for the agent takes it off; then a call costs what it did.
 * Stubs are the main interpreter's alone, and so are recordings. With the GIL,
 * but for what says otherwise.
 */
#ifndef COWBIRD_RECORD_H
#define COWBIRD_RECORD_H

#include "pyabi.h"

#include "wire/buf.h"
#include "wire/msg.h"

/* MSG_RECORD; the agent's thread, with its thread state (gil.h) and without
 * the GIL. Writes the answer; -1: not our language. */
int record_order(struct msg *m, struct buf *answer);
/* The next call to tell the bench of; false: none. The same. */
bool record_tell(struct buf *b);
/* The line is gone, which alone has recordings begin. The same. */
void record_forget(void);
/* In the child of a fork. */
void record_abandon(void);

#endif
