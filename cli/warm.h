/* warm: compilers that have read a module's preamble ahead of its next save.
 *
 * Kept for the modules saved last, within a budget of memory; each is good
 * while flags, compilers, Python and every header are what they were when it
 * began. A warm compiler that is not there, does not fit or dies is a cold
 * compile, never an error. Only a `--dev` session has any. The bench's main
 * thread owns it; the processes die with the bench.
 */
#ifndef COWBIRD_WARM_H
#define COWBIRD_WARM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "compile.h"
#include "loop.h"

struct job;
struct key;
struct warm;

/* What all of them may take together. $COWBIRD_WARM_MB overrides; 0: none. */
#define WARM_BUDGET_MB 512

struct warm *warm_new(struct loop *loop);
struct warm_wish {
    const struct module *module;
    enum compile_tier tier;
    const char *artefact; /* what is live, in the cache: a plain module's
                             binding lies beside it; or NULL */
    bool scans;           /* its surface is to be read too */
};

/* After a compile: keeps what waits, or starts anew when it does not fit any
 * more. `p` is borrowed for the pool's life. */
void warm_prepare(struct warm *w, const struct toolchain *t,
                  const struct python *p, const struct warm_wish *wish);
/* Has a plain module's sources read again. Where the answer comes, for
 * job.scan_fd; -1: nobody does it. */
int warm_scan(struct warm *w, const struct job *j, const struct key *k);
/* Fills j->cc with what waits for a compile by gcc or clang: good for a child
 * that is forked now. */
void warm_offer(struct warm *w, struct job *j, const struct key *k);
/* Has a waiting compiler take what is left of the job's source and write its
 * record to `record`. The pid of the child that does it, which is the
 * caller's to wait for; 0: there is none that fits. `j->folder` is where it
 * writes. */
pid_t warm_order(struct warm *w, const struct job *j, const struct key *k,
                 int record);
/* How many wait, ready for an order. */
size_t warm_count(const struct warm *w);
void warm_free(struct warm *w);

#endif
