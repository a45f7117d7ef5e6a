/* gil: the agent's thread state, without which it cannot take the GIL.
 *
 * PyGILState_Ensure makes one where a thread has none, and ends the process
 * when there is no memory for it (Python/pystate.c, "Couldn't create
 * thread-state for new thread"). So the agent makes its own for each time that
 * it has something to do, and waits where it gets none. It keeps none in
 * between: what Python code has left on the state's stack would seem to need
 * images (look.h). The agent's thread only.
 */
#ifndef COWBIRD_GIL_H
#define COWBIRD_GIL_H

#include <stdbool.h>

/* Without the GIL. Waits where memory is short; false when `gives_up` says so
 * meanwhile. */
bool gil_attach(bool (*gives_up)(void));
/* Without the GIL, which it takes for a moment. */
void gil_detach(void);

#endif
