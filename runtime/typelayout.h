/* typelayout: which C struct a type's objects are, in the image that serves
 * and in the new one, and what differs between them.
 *
 * Told by the debug information of both: of the structs that are as large as
 * the type says and begin as objects do, the one that the type's own functions
 * point at. Where that is not proven, each of them might be it. With the GIL,
 * but for opening.
 */
#ifndef COWBIRD_TYPELAYOUT_H
#define COWBIRD_TYPELAYOUT_H

#include "pyabi.h"

#include "wire/err.h"
#include "wire/layout.h"

struct image;
struct type;

struct layout_pair {
    struct layouts was, is;
    const struct image *old, *new; /* borrowed */
};

/* `p` is zero or open. Nothing where the images make no types. Without the
 * GIL. */
void layout_pair_open(struct layout_pair *p, const struct image *old,
                      const struct image *new);
void layout_pair_close(struct layout_pair *p);

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
