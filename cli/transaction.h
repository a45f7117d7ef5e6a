/* transaction: one change on its way to every worker: compile, try in the
 * canary, prepare everywhere, commit everywhere; or nothing.
 *
 * A state machine on the bench's loop. Until it asks the first worker it can
 * be cancelled without a trace. It fills in what happened and leaves the
 * words to outcome.
 */
#ifndef COWBIRD_TRANSACTION_H
#define COWBIRD_TRANSACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "compile.h"
#include "loop.h"
#include "peer.h"
#include "target.h"

/* How long a worker may take to answer before it is `late`. */
#define WORKER_PATIENCE_MS 2000
/* How long new code's own init may take in the canary. */
#define CANARY_DEADLINE_MS 5000

enum txn_stage {
    TXN_COMPILING,
    TXN_TRYING,
    TXN_PREPARING,
    TXN_COMMITTING,
    TXN_OVER
};

enum txn_result {
    TXN_LIVE,         /* committed (perhaps with late workers) */
    TXN_SAME,         /* every artefact is the one that is live already */
    TXN_BUILD_FAILED, /* steps' builds say why */
    TXN_INIT_FAILED,  /* `reason`, `culprit`: init raised, crashed, hung */
    TXN_REFUSED,      /* `reason`, `culprit`, `culprit_pid`: a worker's
                         veto */
    TXN_BUSY,         /* `reason`, `culprit`: a call in flight is in the way
                         of a worker; MSG_DRAINED tells when it is not */
    TXN_BROKEN        /* `reason`: the machine said no */
};

struct txn_step {
    struct target *target; /* borrowed */
    struct served *served; /* borrowed */
    enum compile_tier tier;
    struct compile *compile;
    struct build build;
    struct build by_tcc; /* waits for cc's word on its layouts, or is empty */
    struct staged staged;
    uint64_t generation; /* what it became */
    bool is_started;
    bool is_over;
    bool is_same; /* its artefact is live already: nothing to swap */
    bool runs_at_load; /* some of its code, or a library that it brings */
    struct list swapped, added, removed; /* function names, from the first
                                            worker that committed */
    struct list state; /* what became of variables that are not carried:
                          "count reset: its type changed (int to long)" */
    struct list moved_types; /* whose objects a migrate hook has moved; "" is
                                the module's own state */
    uint64_t moved_objects;  /* in all workers, states apart */
    unsigned workers; /* that have it imported */
    unsigned moved;   /* of them, on the new generation */
};

struct txn_env {
    struct loop *loop;
    struct toolchain *chain;
    struct warm *warm;
    struct peers *peers;
    struct target **targets;
    size_t target_count;
    enum compile_tier tier;
    int jobs; /* at least 1 */
};

struct txn {
    const struct txn_env *env; /* borrowed */
    uint64_t id;
    enum txn_stage stage;
    enum txn_result result;
    struct txn_step *steps;
    size_t step_count;
    size_t next_try;
    char *reason;
    const struct txn_step *culprit; /* or NULL */
    enum msg_verdict verdict;       /* of the culprit */
    long culprit_pid;               /* 0: the canary */
    char saved[9];                  /* wall time of the save */
    int64_t saved_ns, started_ns, built_ns, tried_ns, prepared_ns, over_ns;
    struct msg_hold holds; /* of GILs, user's init apart */
    uint64_t init_ns;   /* longest init of the user's in a worker */
    uint64_t waited_ns; /* longest wait for a GIL */
    struct span_list spans; /* of the workers */
    unsigned late;      /* workers that did not answer in time */
    const char *late_why; /* why the last of them is, a constant; NULL: none */
    unsigned timer;
    bool is_undo;
    bool is_tier;      /* another compiler's artefact of what is live */
    bool is_crash;     /* an undo that nobody asked for: the newer code
                          crashed in a call */
    bool is_condemned; /* refused by ourselves: this code has crashed */
    void (*on_over)(void *data, struct txn *t);
    void *data;
};

/* Starts it for the modules in every target that matters. `on_over` is
 * called from the loop, never before this returns; it frees the txn. */
struct txn *txn_start(const struct txn_env *env, const struct module_set *set,
                      int64_t saved_ns,
                      void (*on_over)(void *data, struct txn *t), void *data);
/* One module back to the generation before, where there is one, and what came
 * along with it (undo.h). */
enum undo_kind {
    UNDO_ASKED,
    UNDO_CRASH,      /* of the module that crashed, with what came with it … */
    UNDO_CRASH_ALONE /* … or, where that can't go back, without */
};
struct txn *txn_start_undo(const struct txn_env *env, struct module *m,
                           enum undo_kind kind,
                           void (*on_over)(void *data, struct txn *t),
                           void *data);
/* What is live in one target, replaced by `build` (taken over), which is of
 * the same sources. */
struct txn *txn_start_tier(const struct txn_env *env, struct target *target,
                           struct build *build,
                           void (*on_over)(void *data, struct txn *t),
                           void *data);
/* Writes to the trace, when there is one, where the time of a transaction
 * that is over went. */
void txn_trace(const struct txn *t);
bool txn_can_cancel(const struct txn *t);
/* Kills compilers and forgets; on_over is not called. Frees it. */
void txn_cancel(struct txn *t);

/* Reads the rest of the message; true when the message was this
 * transaction's; else nothing of it is read. */
bool txn_take(struct txn *t, struct peer *p, struct msg *m);
/* A worker went away: nobody waits for it any more. */
void txn_lose(struct txn *t, struct peer *p);
void txn_free(struct txn *t);

/* The next number for anything that is prepared and committed. */
uint64_t txn_next_id(void);
/* Writes the part of MSG_PREPARE that describes one module. */
struct txn_module {
    const struct served *served;
    uint64_t generation;
    const char *image, *compiler;
};
void txn_put_module(struct buf *b, const struct txn_module *m,
                    const char *saved);
/* Reads what MSG_COMMITTED says of one module; NULL: nobody asks. */
void txn_get_names(struct msg *m, struct txn_step *s);

#endif
