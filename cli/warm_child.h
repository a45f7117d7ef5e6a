/* warm_child: what the processes that wait have in common: a life of their
 * own, and orders. Private to warm, warm_tcc and warm_scan.
 */
#ifndef COWBIRD_WARM_CHILD_H
#define COWBIRD_WARM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/buf.h"

/* What such a process says over its socket when it has begun to wait; each
 * word is a datagram. */
#define WARM_READY ((pid_t)-1)

/* Leaves the bench's group and closes all that is the bench's but `a` and
 * `b`, which may be one. */
void warm_child_begin(pid_t parent, int a, int b);
/* Waits for the next order: a text and up to two descriptors, -1 where there
 * is none. False when the bench is gone. */
bool warm_child_wait(int fd, struct buf *text, int fds[2]);
/* A file in memory that holds `b`; ends the process where that fails. */
int warm_child_file(const char *name, const struct buf *b);

/* The bench's side: false when it could not be sent. A descriptor of -1 is
 * left out. */
bool warm_child_order(int fd, const char *text, const int fds[2]);

#endif
