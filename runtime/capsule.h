/* capsule: tables of functions that a module gives other extensions
 * (PyCapsule), kept right by swaps.
 *
 * Whoever has asked for a capsule holds the address of its table. So the
 * first table and its capsule stay, in an image that is never unloaded, and a
 * swap writes the new functions into it. A table that is not in the image's
 * own data, or not of functions alone, is replaced in the module; whoever
 * holds the old one keeps the old code, and the image stays for the reason
 * said. With the GIL.
 */
#ifndef COWBIRD_CAPSULE_H
#define COWBIRD_CAPSULE_H

#include "pyabi.h"

#include "wire/err.h"

struct journal;
struct native;
struct swap_item;

/* One table that others may hold. A record lives as long as the process. */
struct capsule {
    void **table;         /* in `image` */
    size_t len;           /* words */
    struct image *image;  /* borrowed: it is pinned */
    struct capsule *next; /* of the module's */
};

/* One table's next content. */
struct capsule_change {
    struct capsule *capsule;
    void *const *from; /* the new image's own table */
};

/* After an init that serves: the capsules that it has made. */
int capsules_note(struct native *n);
/* After the init of a swap: what its capsules change. */
int capsules_plan(struct swap_item *item, struct err *e);
/* How many words that will write … */
size_t capsules_words(const struct swap_item *item);
/* … which cannot fail. */
void capsules_store(const struct swap_item *item, struct journal *j);

#endif
