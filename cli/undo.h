/* undo: what goes back together, what is left behind, and what comes back.
 *
 * A header's change brings all modules that include it at once; the way back
 * is as whole. The bench's main thread.
 */
#ifndef COWBIRD_UNDO_H
#define COWBIRD_UNDO_H

#include "transaction.h"

/* Adds to `with` what went live in the transaction that brought what serves,
 * includes a header that `v`'s module includes too, and has a generation to go
 * back to. */
void undo_companions(const struct target *t, const struct served *v,
                     struct module_set *with);
/* Whether it goes back for another's sake. */
bool undo_is_companion(const struct txn *t, const struct txn_step *s);
/* "scoring is back at gen 1's code, as gen 3", for whoever asked. On the
 * heap. */
char *undo_words(const struct txn *t);
/* What helps where it was refused. On the heap. */
char *undo_help(const struct txn *t);
/* A step of an undo is live: notes what serves instead of what. The newer code
 * comes back with the next save of its source, or of one that went back with
 * it, unless it crashed. */
void undo_note(const struct txn *t, const struct txn_step *s);
/* Adds to `dirty` what went back together with one of it. */
void undo_join(const struct txn_env *env, struct module_set *dirty);

#endif
