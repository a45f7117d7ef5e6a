/* retire: old images, from the moment that newer code has taken their place
 * until they are unloaded.
 *
 * An image goes when two looks (look.h) in a row, some time apart, have seen
 * nothing that could lead into it. Its shadow module goes before it, by the
 * same rule; one that something seems to hold lives on without the image, and
 * unless somebody owns it what its init has opened is closed.
 * What can't go is kept, with the reason, and told to the bench. All of it
 * happens in the agent's idle time; a look is given up when there is work.
 */
#ifndef COWBIRD_RETIRE_H
#define COWBIRD_RETIRE_H

#include "pyabi.h"

#include "wire/buf.h"
#include "wire/msg.h"

/* Milliseconds until there is something to do; -1: nothing. */
int retire_wait_ms(void);

struct retire_caller {
    bool (*is_over)(void *); /* whether there is better to do */
    void *data;
    uintptr_t base; /* see struct look */
};

/* Unloads what never ran: images of a swap that was refused before their
 * init. Without the GIL. */
void retire_unused(void);
/* Does what is due. Without the GIL. */
void retire_step(const struct retire_caller *caller);
/* Writes MSG_IMAGES if the bench does not know it yet; false: it does.
 * Without the GIL. */
bool retire_tell(struct buf *b);
/* The GIL was held to let go of what a swap left: it is told with the rest.
 * The agent's thread. */
void retire_note_hold(const struct msg_hold *h);
/* A new line knows of no old image. */
void retire_forget_told(void);

/* How many images have been unloaded. */
size_t retire_count(void);
/* How many shadow modules live on without theirs. */
size_t retire_loose_count(void);

#endif
