/* threadlocal: the variables that each thread has its own of, kept by a swap.
 *
 * They can't be copied: other threads' are out of reach. But code finds them
 * by words that the loader writes, a module's number and an offset (ELF
 * Handling For Thread-Local Storage, 3.4.2, general and local dynamic). Where
 * old and new code have the same ones of the same types at the same places,
 * beginning with the same bytes, the new image's words are made to lead to
 * where the old code has them, which stays loaded for ever. Otherwise every
 * thread begins anew, and that is said. So it is with other models than these
 * two, with C++ objects that are constructed for each thread, and on other
 * machines than x86-64.
 */
#ifndef COWBIRD_THREADLOCAL_H
#define COWBIRD_THREADLOCAL_H

#include "pyabi.h"

#include "wire/err.h"

struct carry;
struct image;
struct statics;

/* Of `old`, which serves, and of `now`, whose words are opened for
 * threadlocal_join; what begins anew is told to `carry`. -1 when out of
 * memory. */
int threadlocal_plan(struct image *now, const struct image *old,
                     const struct statics *was, const struct statics *is,
                     struct carry *carry, struct err *e);
/* At the commit, with the GIL; cannot fail. */
void threadlocal_join(struct image *now);

#endif
