/* dispatch: a module's own tables of functions, one place for each whatever
 * code asks.
 *
 * A struct that holds functions ("ops"), perhaps with names and numbers beside
 * them, is held by whatever lives long: an object keeps `&fast_ops`, code asks
 * `self->ops == &fast_ops` and calls `self->ops->read`. So the new image's
 * code is turned to where the table was first, and at the commit the new
 * functions are written there: what holds the table calls new code. Words of
 * it that the app has changed stay, but for functions of the module's own,
 * which lead to the new ones. Only where everything in the new code that leads
 * into the table is known for what it is, and none of its words begins empty,
 * as what an init fills or links does; of a constant one, what is read by its
 * name is the new image's own. Arrays, and whatever the interpreter reads, are
 * left alone. On x86-64; elsewhere nothing is turned. An init that asks
 * through such a table is answered by the code that serves.
 */
#ifndef COWBIRD_DISPATCH_H
#define COWBIRD_DISPATCH_H

#include "pyabi.h"

#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct carry;
struct image;
struct statics;

struct dispatch {
    uintptr_t at; /* in its image, before the loader's bias */
    size_t size;  /* bytes, whole words */
    struct image *home; /* borrowed: where the table is … */
    uintptr_t home_at;  /* … and its place there, before the bias */
    uintptr_t *was;     /* what the words began with in the image before this
                           one, and then what they hold at home; owned, until
                           the commit */
};

/* Turns the code of `now`, which nobody runs yet, and takes the tables out of
 * what is carried. `was` and `is` are the variables of `old`, which serves,
 * and of `now`. -1 when out of memory. */
int dispatch_turn(struct image *now, struct image *old,
                  const struct statics *was, const struct statics *is,
                  struct carry *carry, struct err *e);
/* Of those that the newer code has in a place of its own again: pointers at
 * them are led there. -1 when out of memory. */
int dispatch_plan_return(const struct image *old, struct carry *carry,
                         struct err *e);
/* Before the variables are carried, of those that the newer code has in a
 * place of its own again: `old` has them as they are. At the commit, with the
 * GIL; neither can fail. */
void dispatch_return(const struct image *old, const struct carry *carry);
/* Writes the new functions, and pins the tables' images. */
void dispatch_store(struct image *now, const struct carry *carry);
/* Of an image that never serves: what its init has put there goes too. With
 * the GIL; the others have nothing left to dispose of but the list. */
void dispatch_dispose(struct image *i);

#endif
