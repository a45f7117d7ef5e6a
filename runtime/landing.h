/* landing: faults of calls that want them as exceptions (CB_FAULTS) lead back
 * into the call.
 *
 * Only where that is sure to leave the app whole: the thread that faults is in
 * such a call, without the GIL, and has gone from there through code of ours
 * alone, but for one function of a library, that faulted. Whoever was asked by
 * a library (a comparison of qsort's) or is deep in one (malloc's lists, a
 * stream's lock) is a crash as ever.
 */
#ifndef COWBIRD_LANDING_OF_GUEST_H
#define COWBIRD_LANDING_OF_GUEST_H

#include "pyabi.h" /* first, see there */

#include <signal.h>

struct elf;

/* Lets the calls of a loaded image know that somebody is here to catch. */
void landing_offer(void *handle, const struct elf *elf);
/* In a signal handler: does not return when the fault lands. */
void landing_try(int number, const siginfo_t *info, const void *context);

#endif
