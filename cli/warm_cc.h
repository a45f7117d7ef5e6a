/* warm_cc: gcc or clang that has read a source's preamble and waits for the
 * rest.
 *
 * A process of its own, forked by the bench, that becomes the compiler proper
 * with our library in it (warm_stop). gcc's cc1 stops at an include of a file
 * that does not exist, behind the preamble: what it reads there is the
 * source's rest. clang, which has precompiled the preamble as its own editors'
 * library does, stops where it opens the source. Private to warm.
 */
#ifndef COWBIRD_WARM_CC_H
#define COWBIRD_WARM_CC_H

#include <stdbool.h>
#include <sys/types.h>

struct job;
struct list;

/* Whether a compiler could wait for this job at all. */
bool warm_cc_is_possible(const struct job *j);
/* The command whose compiler waits; that of its order's asker too. */
void warm_cc_words(struct list *argv, const struct job *j);
/* The file that gcc stops at, on the heap: beside the source, so that what the
 * rest includes is found as from the source. */
char *warm_cc_place(const char *source);
/* In the forked process: becomes the compiler, which obeys `fd`. `listing` is
 * an empty file for the names of what it reads; `folder` is private. */
void warm_cc_run(struct job *j, int fd, int listing, const char *folder,
                 pid_t parent) __attribute__((noreturn));

#endif
