/* attrs: a module's namespace through a swap.
 *
 * Three dicts decide: what the last init made, what the new one made, and
 * what the module holds now. What the app has changed is the app's; what it
 * has not follows the new init, except mutable objects, which are state and
 * stay. With the GIL, inside a commit.
 */
#ifndef COWBIRD_ATTRS_H
#define COWBIRD_ATTRS_H

#include "pyabi.h"

struct journal;

struct attrs {
    PyObject *live;   /* the module's dict; borrowed */
    PyObject *before; /* what the generation that served made; borrowed */
    PyObject *after;  /* what the new one made; borrowed; the kept objects
                         are written into it */
};

/* -1 with the exception set: `live` is as far as the journal says. The journal
 * has room for one entry per name of `before` and of `after`. */
int attrs_commit(const struct attrs *a, struct journal *j);

#endif
