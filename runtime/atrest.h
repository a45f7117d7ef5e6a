/* atrest: a thread of this process, seen while it waits in the kernel.
 *
 * Its stack can then be read as it is: atrest_is_still tells afterwards that
 * it has not run meanwhile. No signal is sent and nothing is stopped. A thread
 * that computes is not at rest; one that waits for the GIL is.
 */
#ifndef COWBIRD_ATREST_H
#define COWBIRD_ATREST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ATREST_WORDS 8

struct atrest {
    long tid;
    uintptr_t stack; /* where its stack ends just now */
    uintptr_t words[ATREST_WORDS]; /* the call's arguments, the place of the
                                      code */
    size_t word_count;
    char seen[512]; /* what the kernel said, to compare */
};

enum atrest_end {
    ATREST_SEEN,
    ATREST_RUNS,
    ATREST_GONE,
    ATREST_UNKNOWN /* the kernel does not tell */
};

enum atrest_end atrest_see(long tid, struct atrest *a);
/* Whether it has not run since. */
bool atrest_is_still(const struct atrest *a);
/* The caller's own number. */
long atrest_own(void);
/* The numbers of all threads: how many, at most `max`; 0: unknown. */
size_t atrest_list(long *tids, size_t max);

#endif
