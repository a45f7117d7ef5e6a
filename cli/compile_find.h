/* compile_find: an artefact in the cache for sources as they are now.
 *
 * Runs nothing. Private to compile.
 */
#ifndef COWBIRD_COMPILE_FIND_H
#define COWBIRD_COMPILE_FIND_H

#include <stdbool.h>
#include <stdint.h>

struct build;
struct job;
struct key;

/* Fills `b`, whose module stays as it is. False: there is none, and `b` is
 * empty but for the module. */
bool find_artefact(const struct job *j, const struct key *k,
                   int64_t started_ns, struct build *b);
/* The same with the optimised artefact first, as it is better. The job and
 * its key are of the tier that they were of again when there is none. */
bool find_best(struct job *j, struct key *k, int64_t started_ns,
               struct build *b);

#endif
