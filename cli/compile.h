/* compile: one module turned into one artefact, in a forked child with a
 * deadline, so that no compiler can hurt the bench.
 *
 * The child (its own process group; it dies with the bench) tries tcc first
 * where the policy says so and goes to cc by itself when tcc cannot do it;
 * parent and child share nothing but a pipe and the cache. compile_tcc and
 * compile_cc know one compiler each; this file knows the order, the deadline
 * and the record that comes back. Speaks to nobody.
 */
#ifndef COWBIRD_COMPILE_H
#define COWBIRD_COMPILE_H

#include <stdbool.h>
#include <stdint.h>

#include "diag.h"
#include "digest.h"
#include "graph.h"
#include "list.h"
#include "python.h"
#include "span.h"

struct toolchain;
struct warm;

enum compile_tier {
    TIER_FAST,      /* libtcc, cc behind it */
    TIER_OPTIMISED, /* cc -O2 */
};

/* Where artefacts come from: which compilers there are, what they are called
 * and how their identity enters the cache key. Made once. `cc` is --cc:
 * "auto", "tcc", "gcc", "clang" or a path, NULL for auto; CC, CFLAGS,
 * CPPFLAGS, LDFLAGS, CXX, CXXFLAGS and launchers in CC ("ccache gcc") are
 * respected. ERR_USAGE when `cc` names what is not there; with "auto" a
 * machine without any compiler is an error whose text names the package. */
struct toolchain *toolchain_new(const char *cc, struct err *e);
void toolchain_free(struct toolchain *t);
/* What one compile may take from now on; 0: the default of two minutes. */
void toolchain_limit(struct toolchain *t, int seconds);
/* What cc gets in the place of -O2; empty: -O2. */
void toolchain_optimise(struct toolchain *t, const struct list *words);
/* Borrowed, for speech: "gcc -O2 -g" and "gcc 12.2.0"; NULL without a cc. */
const char *toolchain_cc(const struct toolchain *t);
const char *toolchain_cc_version(const struct toolchain *t);
/* The same for tcc; NULL when there is no libtcc. */
const char *toolchain_tcc_version(const struct toolchain *t);
/* Whether tcc goes first and cc follows: neither is pinned or missing. */
bool toolchain_has_both(const struct toolchain *t);

/* What one compile gave. */
struct build {
    struct module *module; /* borrowed */
    bool is_good;
    bool is_cached;     /* nothing was run; diags are a replay */
    bool is_cancelled;  /* compile_cancel: nothing else is filled */
    bool is_timed_out;
    bool is_warm;       /* by a compiler that had read the preamble */
    unsigned pieces;    /* that its source was cut into; 0: it was not */
    unsigned compiled;  /* of these, now; the others were kept */
    bool is_rebound;    /* with the binding of the build before: the edit was
                           inside a body */
    bool is_stale;      /* a source or a header changed while it was built:
                           good for now, but to be built again */
    char *artefact;     /* absolute path in the cache, never rewritten; NULL
                           when it failed */
    char *stub;         /* the .pyi beside it in the cache; NULL: none */
    struct digest key;  /* of all that decided the artefact */
    struct digest content; /* of sources and headers as they were read */
    char *compiler;     /* what served: "tcc", "gcc -O2 -g" */
    char *fallback;     /* why tcc did not serve: "tcc: '__int128' …"; NULL */
    struct diag_list diags;
    struct list headers; /* project headers, absolute, and the places where
                            one that appeared would be found first */
    struct list system; /* the other headers that it read */
    int64_t took_ns;
    struct list texts;  /* its sources, and the project's headers that their
                           text leads to */
    struct span_list spans; /* where it went; empty when cached */
    struct compile *pending; /* owned: what compile_settle has yet to do */
};

#define BUILD_INIT {.module = NULL}
void build_dispose(struct build *b);

/* Looks in the cache only: true and `b` filled when all that decides the
 * artefact is as it was. Failures are not cached. */
bool compile_lookup(const struct toolchain *t, const struct python *p,
                    struct module *m, enum compile_tier tier,
                    struct build *b);

struct compile;

struct compile_options {
    enum compile_tier tier;
    int deadline_ms;   /* for all of it; 0: the toolchain's limit, of which
                          a warm tcc gets 10 s */
    struct warm *warm; /* compilers that wait, or NULL */
    const char *before; /* the module's last artefact, whose binding serves
                           again when only bodies have changed; or NULL */
    bool is_idle;       /* nobody waits for it: it gets what the machine's
                          other work leaves, and ten times the limit */
    bool is_ahead;      /* of a save: the source's pieces are compiled, for the
                           cache, and nothing else; the build is not good */
};

/* Starts the child, or has a warm compiler go on; one that dies is followed
 * by the child. */
struct compile *compile_start(const struct toolchain *t,
                              const struct python *p, struct module *m,
                              const struct compile_options *o,
                              struct err *e);
/* For a save: the optimised artefact when the cache has it, or that of the
 * options' tier, into `b`; else the compile that was started. The sources are
 * read once for all three. NULL: look at `b->is_good`, then at `e`. */
struct compile *compile_begin(const struct toolchain *t,
                              const struct python *p, struct module *m,
                              const struct compile_options *o,
                              struct build *b, struct err *e);
/* Readable when there is something for compile_step to do. */
int compile_fd(const struct compile *c);
/* Reads what is there; true when the compile is over (or its deadline has
 * passed: call it at compile_deadline_ns as well). */
bool compile_step(struct compile *c);
int64_t compile_deadline_ns(const struct compile *c);
/* Kills the child's whole process group; compile_finish then says
 * is_cancelled. */
void compile_cancel(struct compile *c);
/* Reaps, fills `b` and frees `c`. A child that died of a signal, ran out of
 * memory or time is a failed build whose diag says so. */
void compile_finish(struct compile *c, struct build *b);
/* The same in two steps, for who is in a hurry: after the first a good
 * build's artefact is there to be copied, in a private folder; its key, its
 * headers and its place in the cache come with the second, which anybody may
 * call at any time. False: the artefact could not be kept. */
void compile_take(struct compile *c, struct build *b);
bool compile_settle(struct build *b, struct err *e);

/* Appends the words by which a compiler reads the module's sources: -I, -D,
 * -std and the module's own flags, but nothing about output. For editors. -1
 * when pkg-config does not give its part. */
int compile_words(const struct toolchain *t, const struct python *p,
                  const struct module *m, struct list *words);

/* Appends the binding of a plain module to `out` and its stub to `stub` (may
 * be NULL). -1 with `e` when there is
 * none; 1 when `diags` holds what cannot be bound. Loads
 * libclang into this process: for a command that does nothing else. */
int compile_expand(const struct toolchain *t, const struct python *p,
                   struct module *m, struct buf *out, struct buf *stub,
                   struct diag_list *diags, struct err *e);

/* Adds libclang's warnings about the module's sources to `diags`: for a
 * command, after a compiler with few of its own. libclang runs in a forked
 * child; without it nothing is added. Blocks. */
void compile_review(const struct toolchain *t, const struct python *p,
                    struct module *m, struct diag_list *diags);

/* Builds all modules that are not gone, from the cache or with at most `jobs`
 * children (0: one per core), blocking. `each` (may be NULL) hears every
 * finished build in the order they end and must not keep it. Returns the
 * number that failed, or -1. `builds` gets one entry a module, in the graph's
 * order; the caller disposes them. */
typedef void (*compile_each_fn)(void *data, const struct build *b);
int compile_all(const struct toolchain *t, const struct python *p,
                struct graph *g, enum compile_tier tier, int jobs,
                compile_each_fn each, void *data, struct build **builds,
                struct err *e);

#endif
