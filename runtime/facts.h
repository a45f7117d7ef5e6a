/* facts: what an image's file tells beside what the loader maps of it: its
 * variables and its structs, from symbols and debug information.
 *
 * Read when a swap asks and kept by the image that serves: what is the new
 * side of one swap is the old side of the next, and a save waits for one file
 * to be read instead of two. A swap takes them out of the image while it uses
 * them, so nobody else finds them meanwhile. Taking, keeping and dropping: any
 * thread.
 */
#ifndef COWBIRD_FACTS_H
#define COWBIRD_FACTS_H

#include "pyabi.h"

#include <stdbool.h>

#include "statics.h"
#include "wire/err.h"
#include "wire/layout.h"

struct image;

struct facts {
    const struct image *image; /* borrowed */
    struct statics statics;    /* when `has_statics` */
    struct layouts layouts;    /* when `has_layouts`; without debug information
                                  empty */
    bool has_statics, has_layouts;
    struct facts *next; /* of those that were dropped */
};

/* Those that the image keeps, or new ones, of which nothing is read yet; NULL
 * when out of memory. The caller's. */
struct facts *facts_take(struct image *i);
/* Reads the file unless that was done. -1 when it could not be read. */
int facts_read_statics(struct facts *f, struct err *e);
int facts_read_layouts(struct facts *f, struct err *e);
/* Hands them to the image that they are of. Accepts NULL. */
void facts_keep(struct facts *f, struct image *i);
/* For whoever holds the GIL, which is no time to free them: facts_sweep does.
 * Accepts NULL. */
void facts_drop(struct facts *f);
/* Frees what was dropped. Without the GIL. */
void facts_sweep(void);
/* Of an image that goes. */
void facts_forget(struct image *i);

#endif
