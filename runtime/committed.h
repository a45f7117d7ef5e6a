/* committed: what a commit has changed, for the bench.
 *
 * Per module that this process had: the names of functions, methods and types
 * that were swapped, added and removed; the variables that were not carried
 * and why; how many objects of which types a migrate hook has moved, "" being
 * the module's own state.
 */
#ifndef COWBIRD_COMMITTED_H
#define COWBIRD_COMMITTED_H

struct buf;
struct swap;

/* The last part of MSG_COMMITTED. No GIL is needed. */
void committed_put(struct buf *b, const struct swap *s);

#endif
