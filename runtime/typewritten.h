/* typewritten: code that an init writes into a type object by hand
 * (`type->tp_vectorcall = …`), past the spec.
 *
 * A newer generation's init is handed the type that is there, so what it
 * writes would be live at once and stay when the swap is refused. It is taken
 * out again when the init has ended, and goes live with the commit, through a
 * stub. With the GIL.
 */
#ifndef COWBIRD_TYPEWRITTEN_H
#define COWBIRD_TYPEWRITTEN_H

#include "pyabi.h"

#include "wire/err.h"

struct image;
struct journal;
struct native;
struct type;
struct type_change;

/* One of the type's words that an init has written. */
struct type_written {
    unsigned offset; /* bytes, in the type object */
    struct stub *stub;
};

/* After a first init: what it has written into its types goes through stubs
 * from now on. */
int typewritten_adopt(struct native *n, struct err *e);
/* Before an init may write into the type that is there. */
int typewritten_begin(struct type_change *c, struct err *e);
/* It has ended, well or not: takes out what leads to code of `image`. */
void typewritten_take(struct type_change *c, const struct image *image);
/* It has ended well: what was taken will be stored. */
int typewritten_plan(struct type_change *c, const struct native *n,
                     const struct image *image, struct err *e);
/* How many words that is; and does it. */
size_t typewritten_count(const struct type_change *c);
void typewritten_store(const struct type_change *c, struct journal *j);
void typewritten_dispose(struct type_change *c);

#endif
