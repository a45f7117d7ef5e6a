/* watch_hop: single names that paths wait for. Inside watch; nobody else
 * includes it.
 *
 * A hop says: when something happens to this name in that folder, look at
 * this path again. It serves links (an edit of the target is an edit of the
 * link), roots (deleted, they come back by name) and files outside the roots.
 * Runs in the loop's thread.
 */
#ifndef COWBIRD_WATCH_HOP_H
#define COWBIRD_WATCH_HOP_H

#include <stdbool.h>
#include <stddef.h>

struct folder;
struct folders;
struct list;

struct hops {
    struct folders *all; /* borrowed; hops watch the folders they need */
    struct hop {
        struct folder *folder; /* not owned */
        char *name;
        char *path; /* who waits */
    } *items;
    size_t count;
};

/* `path` waits for `start` and, while that is a link, for what it points to;
 * where a folder on the way is missing, for that one's name. NULL: only
 * forgets. Replaces what `path` waited for. */
void hops_place(struct hops *h, const char *path, const char *start);
void hops_remove(struct hops *h, const char *path);
void hops_remove_below(struct hops *h, const char *path);
/* Forgets all in a folder that is about to be dropped; who waited goes to
 * `waiting`. */
void hops_take(struct hops *h, struct folder *f, struct list *waiting);
/* Adds who waits for the name. */
void hops_find(const struct hops *h, const struct folder *f, const char *name,
               struct list *waiting);
bool hops_has(const struct hops *h, const struct folder *f, const char *name);
/* Leaves the folders to who disposes of them. */
void hops_dispose(struct hops *h);

/* Where a link points to, one step, as an absolute path to be freed; NULL:
 * it is no link. */
char *link_target(const char *path);

#endif
