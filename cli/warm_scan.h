/* warm_scan: libclang that has read a plain module's sources and reads them
 * again on order, their leading #includes precompiled.
 *
 * A process of its own, forked by the bench; one that crashes or takes too
 * long has ended, and the compile's own child scans. Private to warm.
 */
#ifndef COWBIRD_WARM_SCAN_H
#define COWBIRD_WARM_SCAN_H

#include <sys/types.h>

struct job;

/* In the forked process: reads, then obeys `fd`: an order is any text, with
 * the descriptor that the answer goes to. What libclang precompiles lies in
 * `folder`. */
void warm_scan_run(const struct job *j, int fd, const char *folder,
                   pid_t parent) __attribute__((noreturn));

#endif
