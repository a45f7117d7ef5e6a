/* wipe: memory that held addresses of an image, freed without a trace.
 *
 * Whether anything needs an image is told by looking for such addresses in all
 * of the process's memory (look.h); freed memory is part of that.
 */
#ifndef COWBIRD_WIPE_H
#define COWBIRD_WIPE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wiped.h"

/* What a jump has left on this thread's stack, from `low` up to the caller.
 * Nothing where `low` lies elsewhere. */
void wipe_stack(uintptr_t low);
/* At the end of a thread: glibc keeps its stack for the next one, and of that
 * the topmost pages as they are (nptl/allocatestack.c, advise_stack_range with
 * PTHREAD_STACK_MIN). */
void wipe_ended_stack(void);
/* Once, with the GIL: looks whether the user has free() overwrite already. */
void wipe_begin(void);
/* Between two calls free() overwrites what it frees, whoever calls it: the
 * loader does not know wiped_free. Of all threads, so for moments only. */
void wipe_frees(bool does);

#endif
