/* carry: what variables with static storage hold, taken along by a swap.
 *
 * One is carried when both artefacts have it under the same name, with the
 * same size and the same initial bytes; a new initialiser stands instead.
 * What cannot be carried keeps what the new init gave it. With the GIL.
 */
#ifndef COWBIRD_CARRY_H
#define COWBIRD_CARRY_H

#include "pyabi.h"

#include "wire/err.h"

struct image;

struct carry_item {
    char *from, *to; /* in the old and the new image */
    size_t size;     /* bytes */
    bool is_left;    /* found at the commit to hold what can't be carried */
};

struct carry {
    struct carry_item *items;
    size_t count;
    const struct image *old; /* borrowed */
};

int carry_plan(struct carry *c, const struct image *old,
               const struct image *new, struct err *e);
/* Cannot fail; what it overwrites is the new image's alone. */
void carry_store(struct carry *c);
/* Whether it has copied anything. */
bool carry_moved(const struct carry *c);
void carry_dispose(struct carry *c);

#endif
