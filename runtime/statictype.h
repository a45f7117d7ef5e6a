/* statictype: types that lie in a module's own data and are made ready there
 * (PyType_Ready).
 *
 * The first one is CPython's for ever, with stubs where the module's
 * functions stood. A newer image makes its own ready, for its init alone: the
 * shadow type, from which the change is read off. After the init whatever
 * leads to the shadow is turned to the type that is there (refs.h). With the
 * GIL.
 */
#ifndef COWBIRD_STATICTYPE_H
#define COWBIRD_STATICTYPE_H

#include "pyabi.h"

#include "wire/err.h"

struct image;
struct swap_item;
struct type_change;

/* From now on the image's calls that make static types ready come to us. */
int statictype_watch(struct image *image, struct err *e);
/* `o`, or the type that is there where it is the shadow type of one of the
 * changes. Borrowed. */
PyObject *statictype_live(const struct type_change *c, PyObject *o);
/* After the init of a swap: ERR_REFUSED where something would lead to a
 * shadow type and can't be turned. */
int statictype_settle(struct swap_item *item, struct err *e);

#endif
