/* defgate: whether a module's new definition can serve the module that is
 * there.
 *
 * Says no with what differs. With the GIL.
 */
#ifndef COWBIRD_DEFGATE_H
#define COWBIRD_DEFGATE_H

#include "pyabi.h"

#include "wire/err.h"

struct swap_item;

int defgate_check(const struct swap_item *item, struct err *e);

#endif
