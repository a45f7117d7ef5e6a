/* typelayout: which C struct (structs.h) a type's objects are, in the image
 * that serves and in the new one, and what differs between them. With the GIL.
 */
#ifndef COWBIRD_TYPELAYOUT_H
#define COWBIRD_TYPELAYOUT_H

#include "pyabi.h"

#include "structs.h"
#include "wire/err.h"

struct type;

struct typelayout {
    bool is_inside; /* plain C's: the struct is a part of each object */
    bool is_known; /* both artefacts say what their structs are */
    long was, is;  /* the structs; -1: several might be it */
    struct layout_change change;
};

/* -1 with `e` filled when out of memory. */
int typelayout_compare(const struct layout_pair *p, const struct type *t,
                       const PyType_Spec *spec, struct typelayout *out,
                       struct err *e);

#endif
