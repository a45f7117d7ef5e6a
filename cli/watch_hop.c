/* watch_hop: see watch_hop.h. */
#include "watch_hop.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "list.h"
#include "mem.h"
#include "path.h"
#include "watch_folder.h"

/* Steps of a chain of links, and tries to catch a folder that comes and goes.
 */
#define STEPS_MAX 16

static bool
add(struct hops *h, const char *dir, const char *name, const char *path)
{
    char *real = path_real(dir);
    struct folder *f = folders_watch(h->all, real, true);
    free(real);
    if (f == NULL) {
        return false;
    }
    h->items = mem_resize(h->items, h->count + 1, sizeof(*h->items));
    h->items[h->count++] =
        (struct hop){f, mem_copy_str(name), mem_copy_str(path)};
    f->hop_count++;
    folders_want_more(h->all, f);
    return true;
}

/* The folder stays watched when somebody else needs it. */
static void
remove_at(struct hops *h, size_t i)
{
    struct hop hop = h->items[i];
    h->items[i] = h->items[--h->count];
    hop.folder->hop_count--;
    if (hop.folder->hop_count == 0 && !hop.folder->is_whole) {
        folders_drop(h->all, hop.folder);
    }
    free(hop.name);
    free(hop.path);
}

/* Waits for the name `at`, or, while its folder is missing, for the first
 * part of its path that is. True: for `at` itself. */
static bool
wait_for(struct hops *h, const char *at, const char *path)
{
    char *name = mem_copy_str(at);
    int tries = 0;
    bool is_itself = true;
    while (strcmp(name, "/") != 0) {
        char *dir = path_dir(name);
        struct stat st;
        if (!add(h, dir, path_base(name), path)) {
            free(name);
            name = dir;
            is_itself = false;
            continue;
        }
        free(dir);
        if (is_itself || stat(name, &st) < 0 || ++tries == STEPS_MAX) {
            break;
        }
        /* It came while we climbed: down again. */
        free(name);
        name = mem_copy_str(at);
        is_itself = true;
    }
    free(name);
    return is_itself;
}

char *
link_target(const char *path)
{
    char target[PATH_MAX];
    ssize_t len = readlink(path, target, sizeof(target) - 1);
    if (len <= 0) {
        return NULL;
    }
    target[len] = '\0';
    char *dir = path_dir(path);
    char *result = path_join(dir, target);
    free(dir);
    return result;
}

void
hops_place(struct hops *h, const char *path, const char *start)
{
    /* The new ones first: a folder that both need stays watched and misses
     * nothing. */
    size_t old_count = h->count;
    char *at = mem_copy_str(start);
    for (int i = 0; at != NULL && i < STEPS_MAX; i++) {
        char *next = wait_for(h, at, path) ? link_target(at) : NULL;
        free(at);
        at = next;
    }
    free(at);
    for (size_t i = old_count; i-- > 0;) {
        if (strcmp(h->items[i].path, path) == 0) {
            remove_at(h, i);
        }
    }
}

void
hops_remove(struct hops *h, const char *path)
{
    hops_place(h, path, NULL);
}

void
hops_remove_below(struct hops *h, const char *path)
{
    for (size_t i = h->count; i-- > 0;) {
        if (path_is_below(h->items[i].path, path)) {
            remove_at(h, i);
        }
    }
}

void
hops_take(struct hops *h, struct folder *f, struct list *waiting)
{
    for (size_t i = h->count; i-- > 0 && f->hop_count > 0;) {
        struct hop hop = h->items[i];
        if (hop.folder == f) {
            h->items[i] = h->items[--h->count];
            f->hop_count--;
            list_add_new(waiting, hop.path);
            free(hop.name);
            free(hop.path);
        }
    }
}

void
hops_find(const struct hops *h, const struct folder *f, const char *name,
          struct list *waiting)
{
    for (size_t i = 0; f->hop_count > 0 && i < h->count; i++) {
        const struct hop *hop = &h->items[i];
        if (hop->folder == f && strcmp(hop->name, name) == 0) {
            list_add_new(waiting, hop->path);
        }
    }
}

bool
hops_has(const struct hops *h, const struct folder *f, const char *name)
{
    for (size_t i = 0; f->hop_count > 0 && i < h->count; i++) {
        const struct hop *hop = &h->items[i];
        if (hop->folder == f && strcmp(hop->name, name) == 0) {
            return true;
        }
    }
    return false;
}

void
hops_dispose(struct hops *h)
{
    for (size_t i = 0; i < h->count; i++) {
        free(h->items[i].name);
        free(h->items[i].path);
    }
    free(h->items);
    h->items = NULL;
    h->count = 0;
}
