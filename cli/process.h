/* process: what the kernel shows of a process that is not ours to wait for.
 */
#ifndef COWBIRD_PROCESS_H
#define COWBIRD_PROCESS_H

#include <stdbool.h>

/* The letter of /proc/PID/stat (proc(5)): 'R', 'S', 'T', 'Z' ...; '?' where
 * there is none to be read. */
char process_state(long pid);
/* Whether it runs no more. A zombie is as dead as who is not there. */
bool process_is_dead(long pid);

#endif
