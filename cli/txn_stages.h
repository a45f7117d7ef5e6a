/* txn_stages: what the files of a transaction say to each other:
 * transaction.c (its life), txn_build.c and txn_agree.c (compile, canary),
 * txn_commit.c and txn_late.c (prepare, commit). Nobody else includes this.
 */
#ifndef COWBIRD_TXN_STAGES_H
#define COWBIRD_TXN_STAGES_H

#include "transaction.h"

/* Compiles what is not started yet; goes on when the last one is through. */
void txn_build(struct txn *t);
/* Whether cc has to compile what tcc has built, before it goes live. */
bool txn_needs_cc(const struct txn *t, const struct txn_step *s);
/* It has, and `by_tcc` is tcc's: what they agree on goes live by cc. */
void txn_agree(struct txn_step *s);
/* Stages images and runs the canary; then txn_prepare. */
void txn_try(struct txn *t);
/* Takes what a compile that is being cancelled leaves. */
void txn_finish_compile(struct txn *t, struct txn_step *s);
/* Has workers open ahead what the canary still tries. */
void txn_open(struct txn *t);
/* Has workers forget what they have opened or prepared. */
void txn_abort(struct txn *t);
void txn_prepare(struct txn *t);
/* Who has not answered that step is late, and told so. */
void txn_give_up_on(struct txn *t, enum peer_step step);
/* One that it does without. */
void txn_count_late(struct txn *t, const struct peer *p);
/* Brings a build to its place in the cache, now or when nobody waits. False:
 * it could not be brought there, the transaction's reason says why, and the
 * artefact is a name of the image, or NULL where there is none. */
bool txn_keep(struct txn *t, struct txn_step *s);
void txn_keep_all(struct txn *t);

/* Ends it; on_over is called from the loop's next round. */
void txn_over(struct txn *t, enum txn_result result);
/* The same without effect on anything that serves. `reason` is copied; NULL
 * when the builds say why. */
void txn_fail(struct txn *t, enum txn_result result, const char *reason);
void txn_set_phase(struct txn *t, enum module_phase phase);
void txn_drop_staged(struct txn *t);

#endif
