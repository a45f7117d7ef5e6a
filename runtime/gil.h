/* gil: the agent's thread state, without which it cannot take the GIL.
 *
 * PyGILState_Ensure makes one where a thread has none, and ends the process
 * when there is no memory for it (Python/pystate.c, "Couldn't create
 * thread-state for new thread"). So the agent makes its own, once, and waits
 * where it gets none. Once, because making one is an allocation without the
 * GIL, and when an app stops tracemalloc just then, CPython goes on with what
 * is freed (Modules/_tracemalloc.c, 3.11: tracemalloc_raw_alloc has looked
 * before it waits for the GIL). The agent's thread only.
 */
#ifndef COWBIRD_GIL_H
#define COWBIRD_GIL_H

#include "pyabi.h"

#include <stdbool.h>

/* Without the GIL. Waits where memory is short; false when `gives_up` says so
 * meanwhile. */
bool gil_attach(bool (*gives_up)(void));
/* PyGILState_Ensure. Where the GIL was kept from it for long, Python's next
 * bytecode waits for the agent in turn (late.h). */
PyGILState_STATE gil_take(void);
/* With the state, when the agent has done something: wipes what Python code
 * has left on the state's stack, which would seem to need images (look.h). */
void gil_rest(void);
/* At the thread's end. Without the GIL, which it takes for a moment. */
void gil_detach(void);

#endif
