/* maps: this process's memory as the kernel lists it (/proc/self/maps).
 *
 * Uses nothing but the room it is given, so that a look leaves no trace in
 * the memory it looks at. One thread.
 */
#ifndef COWBIRD_MAPS_H
#define COWBIRD_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    uintptr_t start, end;
    bool can_read, can_write, can_run;
    bool is_shared;
    const char *name; /* "" where it has none; in `text` */
};

struct maps {
    char *text; /* room that the caller gives … */
    size_t room;
    struct mapping *items; /* … and this */
    size_t items_room;
    size_t count;
};

/* False when it can't be read or does not fit. */
bool maps_read(struct maps *m);
/* The mapping that holds `address`, or NULL. */
const struct mapping *maps_find(const struct maps *m, uintptr_t address);

#endif
