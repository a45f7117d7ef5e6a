/* tags: how many of its version tags each type has used up.
 *
 * From CPython 3.13 on a type that changes its shape a thousand times loses
 * its attribute cache for ever, and so do the types below it. Counted after
 * commits that change a shape, told to the bench long before. With the GIL,
 * but for telling.
 */
#ifndef COWBIRD_TAGS_H
#define COWBIRD_TAGS_H

#include "pyabi.h"

#include "wire/buf.h"

struct type;

/* After a save has changed the type's shape. */
void tags_count(struct type *t);
/* Writes MSG_TAGS if the bench does not know it yet; false: it does. Without
 * the GIL. */
bool tags_tell(struct buf *b);
/* A new line knows of none. Without the GIL. */
void tags_forget_told(void);

#endif
