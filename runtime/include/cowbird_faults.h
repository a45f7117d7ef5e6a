/* cowbird_faults.h: calls whose faults raise (CB_FAULTS).
 *
 * Part of cowbird_binding.h, for bindings that have some. In a wheel, and
 * wherever no dev session has written the desk, the call is made as without
 * the word. What the C function held when it faulted it holds for ever: its
 * results are forgotten, and only what the binding took is given back.
 */
#ifndef COWBIRD_FAULTS_H
#define COWBIRD_FAULTS_H

#include <cowbird_binding.h>

#ifdef CB_IS_HOT
#include <cowbird_landing.h>

/* What a call changes between the two returns of sigsetjmp nobody reads after
 * the second; gcc does not see that (-Wextra). */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__TINYC__)
#pragma GCC diagnostic ignored "-Wclobbered"
#endif

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const struct cb_fault_desk *cb_fault_desk;

/* Followed by the call, once; the landing has to stand in the function that
 * makes it. */
#define CB_TRY(l, away)                                                       \
    (l).number = 0;                                                           \
    (l).state = (away).state;                                                 \
    if (cb_fault_desk == NULL || sigsetjmp((l).back, 0) == 0)

CB_INLINE void
cb_enter_call(struct cb_landing *l)
{
    if (cb_fault_desk != NULL) {
        cb_fault_desk->enter(l);
    }
}

CB_INLINE void
cb_leave_call(struct cb_landing *l)
{
    if (cb_fault_desk != NULL) {
        cb_fault_desk->leave(l);
    }
}

/* With the GIL; the exception is set where it has. */
CB_INLINE bool
cb_has_faulted(struct cb_landing *l, PyObject *kind)
{
    if (CB_LIKELY(l->number == 0)) {
        return false;
    }
    cb_fault_desk->raise(l, kind);
    return true;
}

#else /* a wheel */

struct cb_landing {
    char unused;
};

#define CB_TRY(l, away)
#define cb_enter_call(l) ((void)(l))
#define cb_leave_call(l) ((void)(l))
#define cb_has_faulted(l, kind) ((void)(l), (void)(kind), false)

#endif

#endif
