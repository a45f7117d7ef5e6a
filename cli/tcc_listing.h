/* tcc_listing: the files that libtcc says it has read (its -vv), each once, in
 * the order in which it came to them. Private to who runs libtcc.
 */
#ifndef COWBIRD_TCC_LISTING_H
#define COWBIRD_TCC_LISTING_H

#include "list.h"
#include "table.h"

struct tcc_listing {
    struct list files;
    struct table seen; /* the same files */
};

#define TCC_LISTING_INIT {LIST_INIT, TABLE_INIT}

/* What libtcc wrote; files in memory are nobody's. */
void tcc_listing_read(struct tcc_listing *l, const char *text);
void tcc_listing_add(struct tcc_listing *l, const char *path);
void tcc_listing_add_all(struct tcc_listing *l, const struct list *paths);
void tcc_listing_dispose(struct tcc_listing *l);

#endif
