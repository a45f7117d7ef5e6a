/* held: modules that were saved without fault and could not go live, because
 * others of the same change could not, or calls in flight were in the way.
 * They are part of a later change. The bench's main thread.
 */
#ifndef COWBIRD_HELD_H
#define COWBIRD_HELD_H

struct dev;
struct module_set;
struct txn;

/* Adds to `dirty` what goes with the change; `same` was saved as it was. */
void held_join(struct dev *d, struct module_set *dirty,
               const struct module_set *same);
/* A transaction is over: keeps what it could not bring along. */
void held_over(struct dev *d, const struct txn *t);

#endif
