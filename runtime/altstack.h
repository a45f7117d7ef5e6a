/* altstack: a second stack for signal handlers, one a thread: without it a
 * full stack ends the process before any handler could say so.
 *
 * A thread that has one already keeps it. Any thread.
 */
#ifndef COWBIRD_ALTSTACK_H
#define COWBIRD_ALTSTACK_H

/* For the calling thread, until it ends; once is enough. When it ends, what
 * its calls have left on its own stack is wiped. */
void altstack_give(void);
/* Overwrites what a handler that was left by a jump has written there: words
 * that lead into images. Not from a handler. */
void altstack_wipe(void);

#endif
