/* typemembers: fields that a type shows as attributes, when a save adds, drops
 * or changes them. With the GIL.
 */
#ifndef COWBIRD_TYPEMEMBERS_H
#define COWBIRD_TYPEMEMBERS_H

#include "pyabi.h"

#include "typechange.h"
#include "wire/err.h"

/* From the type's members to `c->members`. Where they lie is checked. */
int typemembers_plan(struct type_change *c, struct err *e);

#endif
