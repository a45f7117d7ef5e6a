/* capsule: tables of functions that a module gives other extensions
 * (PyCapsule), kept right by swaps.
 *
 * Whoever has asked for a capsule holds the address of its table. So the
 * first table and its capsule stay, in an image that is never unloaded, and a
 * swap writes the new functions into it. Of a table on the heap, whose length
 * nobody knows, that is done for its first run of functions, where the new
 * init's has functions of the same names at the same places and no more. Any
 * other table is replaced in the module; whoever holds the old one keeps the
 * old code, and the image stays for the reason said. With the GIL.
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
    void **table;         /* in `image`, or on the heap */
    size_t len;           /* words; 0 on the heap */
    struct image *image;  /* borrowed: it is pinned */
    struct capsule *next; /* of the module's */
};

/* One table's next content. */
struct capsule_change {
    void **to;
    void *const *from; /* the new image's own table, or `own` */
    size_t len;        /* words */
    void **own;        /* a copy; owned, or NULL */
};

/* After an init that serves: the capsules that it has made. */
int capsules_note(struct native *n);
/* After the init of a swap: what its capsules change. */
int capsules_plan(struct swap_item *item, struct err *e);
void capsules_dispose(struct swap_item *item);
/* How many words that will write … */
size_t capsules_words(const struct swap_item *item);
/* … which cannot fail. */
void capsules_store(const struct swap_item *item, struct journal *j);

#endif
