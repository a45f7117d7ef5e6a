/* compile_key: the digest of all that decides an artefact, before and after a
 * compile.
 *
 * Before: the sources' bytes, the flags, the compilers and the Python name a
 * memory of which files the last such compile read; their contents complete
 * the key. After: the compiler has said what it read. What changed meanwhile
 * makes the artefact good for now but not for the cache. Private to
 * compile.
 */
#ifndef COWBIRD_COMPILE_KEY_H
#define COWBIRD_COMPILE_KEY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "digest.h"
#include "list.h"

struct buf;
struct job;
struct record;

struct key {
    struct digest reading;   /* all that decides how a source reads, but not
                                which compiler of the two builds it */
    struct digest setup;     /* with that, without sources */
    struct digest base;      /* with them, without what was included */
    struct digest content;   /* of sources and headers alone: whoever compiles
                                them, and how */
    struct timespec started; /* the clock of file times */
    int64_t started_ns;      /* clock.h's */
    struct list paths;       /* files whose digests were taken at the start:
                                the sources, then the headers by text */
    size_t source_count;
    struct digest *digests;  /* one a path */
    struct buf *texts;       /* one a source, as it was digested; empty: it
                                could not be read */
    struct digest_state before_tier; /* what `setup` goes on from */
};

void key_begin(struct key *k, const struct job *j);
/* The same files for another of the two tiers: the job's, as it is now. */
void key_set_tier(struct key *k, const struct job *j);
/* From memory: false when such a compile is not remembered. `headers` gets
 * the project's own, `system` the others. */
bool key_recall(const struct key *k, struct digest *whole,
                struct list *headers, struct list *system);
/* After a compile that read `r->files`. False: something changed while it
 * ran, `whole` is then a name of its own and nothing is remembered. */
bool key_settle(const struct key *k, const struct job *j,
                const struct record *r, struct digest *whole,
                struct list *headers, struct list *system);
void key_dispose(struct key *k);

#endif
