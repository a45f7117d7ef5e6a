/* warm_tcc: libtcc that has read a source's preamble and waits for the rest.
 *
 * A process of its own, forked by the bench. For each order it forks once
 * more, so that what it has read serves every save; that child takes the rest
 * of the source and ends as any compile's child does. Private to warm.
 */
#ifndef COWBIRD_WARM_TCC_H
#define COWBIRD_WARM_TCC_H

#include <stddef.h>
#include <sys/types.h>

struct job;

/* What is said over the pair of sockets, a datagram each: the process says
 * WARM_READY once; the bench sends a folder's path with the descriptor that
 * the record goes to; the process answers with the child's pid, or with 0
 * when the source is not the one it began. */
#define WARM_READY ((pid_t)-1)

/* In the forked process: reads the preamble, then obeys `fd`. `listing` is
 * an empty file for the names of what it reads. */
void warm_tcc_run(struct job *j, int fd, int listing, pid_t parent)
    __attribute__((noreturn));

#endif
