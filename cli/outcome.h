/* outcome: what a transaction's end says to the user, in words and in JSON.
 *
 * Composes report events; decides nothing.
 */
#ifndef COWBIRD_OUTCOME_H
#define COWBIRD_OUTCOME_H

#include "transaction.h"

/* One line a module, and below it what belongs to it. Also leaves in each
 * served its `why`. */
void outcome_report(struct txn *t);
/* The optimised build serves. */
void outcome_report_tier(const struct txn *t);
/* "3 modules" of a startup: "scoring, geo            cc -O2, 380ms (geo from
 * cache)", and the failures. */
void outcome_report_builds(const struct build *builds, size_t count,
                           int64_t took_ns);
/* Its first half: the line about what was built. */
void outcome_report_good(const struct build *builds, size_t count,
                         int64_t took_ns);
/* The modules in that line, "3 modules" when they are many; on the heap. And
 * the line, when a start found them all as they were. */
char *outcome_names(const struct build *builds, size_t count);
void outcome_report_kept(const char *names);
/* "31ms", "1.20s". On the heap. */
char *outcome_duration(int64_t ns);

#endif
