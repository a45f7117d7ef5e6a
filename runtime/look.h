/* look: one pass over everything in this process that could lead into an old
 * image: the stack and the registers of each thread, the signal handlers, and
 * every word of memory that was ever written.
 *
 * Conservative: a word that looks like an address is one, so an image that
 * nothing points into cannot be entered again. Threads go on while it looks,
 * so a single pass proves little; retire.h takes two, apart. Runs on the
 * agent's thread without the GIL, except for a moment where a thread computes
 * Python and so is never at rest by itself.
 */
#ifndef COWBIRD_LOOK_H
#define COWBIRD_LOOK_H

#include "pyabi.h"

#include "maps.h"
#include "ranges.h"
#include "wire/msg.h"

struct look {
    struct ranges ranges; /* what is looked for */
    bool (*is_over)(void *); /* asked now and then: is there better to do? */
    void *data;
    uintptr_t base;   /* the caller's own stack matters only above this */
    struct msg_hold holds; /* of the GIL */
    char blind[RANGES_WHY]; /* why nothing is known, or empty */

    /* The rest is look.c's. */
    void *room; /* mapped; everything of a look is in it */
    size_t room_len;
    struct maps maps;
    unsigned char *bytes; /* a piece of memory */
    uint64_t *pages;      /* what the kernel says of a piece's pages */
    uintptr_t *stacks;    /* of the threads at rest */
    size_t stack_count;
    uintptr_t own_stack; /* where the caller's begins */
    int memory, pagemap; /* descriptors, or -1 */
    bool is_cut;
};

/* NULL when there is no memory. Fill `ranges`, then run. */
struct look *look_new(void);
/* False when it was cut short or could not see (`blind`): then nothing is
 * known. */
bool look_run(struct look *l);
void look_free(struct look *l);

#endif
