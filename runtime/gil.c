/* gil: see gil.h. */
#include "pyabi.h"

#include "gil.h"

#include <string.h>

#include "clock.h"
#include "late.h"
#include "line.h"

#include "guard.h"

/* More than a thread state is. */
#define ROOM 8192

/* 3.11's PyThreadState_New writes into what it has allocated before it asks
 * whether it has got it (Python/pystate.c, new_threadstate). So that is asked
 * here. */
static bool
has_room(void)
{
    void *room = PyMem_RawMalloc(ROOM);
    PyMem_RawFree(room);
    return room != NULL;
}

static bool
attach(void)
{
    return PyGILState_GetThisThreadState() != NULL
           || (has_room()
               && PyThreadState_New(PyInterpreterState_Main()) != NULL);
}

bool
gil_attach(bool (*gives_up)(void))
{
    bool is_attached = attach();
    while (!is_attached && !gives_up()) {
        line_pause();
        is_attached = attach();
    }
    return is_attached;
}

PyGILState_STATE
gil_take(void)
{
    uint64_t asked_ns = clock_now_ns();
    PyGILState_STATE state = PyGILState_Ensure();
    late_since(asked_ns);
    return state;
}

void
gil_rest(void)
{
#if PY_VERSION_HEX >= 0x030b0000
    /* From here to the limit of its last chunk the stack of Python's frames
     * is free (Include/cpython/pystate.h, struct _ts). */
    PyThreadState *state = PyGILState_GetThisThreadState();
    PyObject **top = state == NULL ? NULL : state->datastack_top;
    if (top != NULL) {
        memset(top, 0, (size_t)((char *)state->datastack_limit - (char *)top));
    }
#endif
}

void
gil_detach(void)
{
    (void)PyGILState_Ensure();
    PyThreadState_Clear(PyThreadState_Get());
    PyThreadState_DeleteCurrent();
}
