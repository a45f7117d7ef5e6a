/* outcome_changes: what has changed in a module that went live, in words. */
#ifndef COWBIRD_OUTCOME_CHANGES_H
#define COWBIRD_OUTCOME_CHANGES_H

#include "transaction.h"

/* Functions, variables that are not carried, objects that were moved: two
 * spaces follow each. */
void outcome_add_changes(const struct txn_step *s, struct buf *b);
/* The reasons, a line each. On the heap; NULL: there are none. */
char *outcome_note(const struct txn *t, const struct txn_step *s);

#endif
