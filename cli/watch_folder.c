/* watch_folder: see watch_folder.h. */
#include "watch_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inotify_limit.h"
#include "mem.h"
#include "path.h"

/* Unwanted writes after which a folder is noisy. */
#define NOISE_MAX 64

static void
explain_limit(struct folders *all, const char *what)
{
    long number = inotify_limit_of(what).number;
    if (number >= 0) {
        snprintf(all->reason, sizeof(all->reason),
                 "limit of %ld inotify %s", number, what);
    }
    else {
        snprintf(all->reason, sizeof(all->reason),
                 "no more inotify %s", what);
    }
}

static void
explain_mount(struct folders *all, const char *name, const char *real)
{
    struct stat st;
    struct stat above;
    char *mount = mem_copy_str(real);
    while (strcmp(mount, "/") != 0) {
        char *parent = path_dir(mount);
        if (stat(mount, &st) < 0 || stat(parent, &above) < 0
            || st.st_dev != above.st_dev)
        {
            free(parent);
            break;
        }
        free(mount);
        mount = parent;
    }
    snprintf(all->reason, sizeof(all->reason), "%s at %s", name, mount);
    free(mount);
}

void
folders_init(struct folders *all, struct loop *loop,
             const struct raw_sink *sink, bool force_polling)
{
    *all = (struct folders){.loop = loop, .sink = *sink};
    all->poll = watch_poll_new(loop, sink);
    int why = 0;
    if (force_polling) {
        snprintf(all->reason, sizeof(all->reason),
                 "COWBIRD_FORCE_POLLING is set");
        return;
    }
    all->inotify = watch_inotify_new(loop, sink, &why);
    if (all->inotify != NULL) {
        return;
    }
    if (why == EMFILE) {
        explain_limit(all, "instances");
    }
    else {
        snprintf(all->reason, sizeof(all->reason), "no inotify: %s",
                 strerror(why));
    }
}

/* Where the folder with `id` stands, or would stand. */
static size_t
place_of(const struct folders *all, int id)
{
    size_t low = 0;
    size_t high = all->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (all->items[middle]->id < id) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

struct folder *
folders_find(const struct folders *all, int id)
{
    size_t at = place_of(all, id);
    return at < all->count && all->items[at]->id == id ? all->items[at]
                                                       : NULL;
}

/* Fills what the disk says about `real`; false: it cannot be watched. */
static bool
inspect(struct folders *all, const char *real, struct folder *f)
{
    struct stat st;
    int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_there = fd >= 0 && fstat(fd, &st) == 0;
    if (is_there) {
        if (!all->is_dev_known || all->blind_dev != st.st_dev) {
            const char *name = watch_blind_name(watch_fs_type(fd));
            all->is_dev_known = true;
            all->blind_dev = st.st_dev;
            all->is_dev_blind = name != NULL;
            if (name != NULL && all->inotify != NULL) {
                explain_mount(all, name, real);
            }
        }
        f->is_blind = all->is_dev_blind;
        f->dev = st.st_dev;
        f->inode = st.st_ino;
    }
    if (fd >= 0) {
        close(fd);
    }
    return is_there;
}

/* The same folder is watched under another path already: a second mount of
 * it, or it moved here and the event that says so is still to come. */
static void
note_twin(struct folders *all, const struct folder *f)
{
    struct stat st;
    if (stat(f->real, &st) < 0 || st.st_dev != f->dev
        || st.st_ino != f->inode)
    {
        all->is_confused = true;
    }
}

/* An id from inotify where that works, else from polling; 0: none. */
static int
watch_id(struct folders *all, const char *real, bool is_blind, bool is_quiet)
{
    if (all->inotify != NULL && !is_blind) {
        int id = watch_inotify_add(all->inotify, real, is_quiet);
        const struct folder *twin = id > 0 ? folders_find(all, id) : NULL;
        if (twin != NULL) {
            note_twin(all, twin);
            return 0;
        }
        if (id > 0) {
            return id;
        }
        if (id != -ENOSPC && id != -ENOMEM) {
            return 0;
        }
        explain_limit(all, "watches");
    }
    return watch_poll_add(all->poll, real);
}

struct folder *
folders_watch(struct folders *all, const char *real, bool is_quiet)
{
    struct folder *f = table_get(&all->by_real, real);
    if (f != NULL) {
        return f;
    }
    f = mem_new(sizeof(*f));
    if (inspect(all, real, f)) {
        f->id = watch_id(all, real, f->is_blind, is_quiet);
    }
    if (f->id == 0) {
        free(f);
        return NULL;
    }
    f->is_quiet = is_quiet;
    f->real = mem_copy_str(real);
    f->path = mem_copy_str(real);
    size_t at = place_of(all, f->id);
    all->items = mem_resize(all->items, all->count + 1, sizeof(*all->items));
    memmove(&all->items[at + 1], &all->items[at],
            (all->count - at) * sizeof(*all->items));
    all->items[at] = f;
    all->count++;
    table_set(&all->by_real, real, f);
    return f;
}

static void
count_child(struct folders *all, const struct folder *f, int step)
{
    char *dir = path_dir(f->path);
    struct folder *above = table_get(&all->by_path, dir);
    if (above != NULL && above != f) {
        above->child_count += (unsigned)step;
    }
    free(dir);
}

static void
set_quiet(struct folders *all, struct folder *f, bool is_quiet)
{
    if (f->id < 0) {
        return;
    }
    f->is_quiet = is_quiet;
    int id = watch_inotify_add(all->inotify, f->real, is_quiet);
    if (id > 0 && id != f->id && folders_find(all, id) == NULL) {
        /* Another folder has its name by now; its event is on the way. */
        watch_inotify_remove(all->inotify, id);
    }
}

void
folders_make_whole(struct folders *all, struct folder *f, const char *path)
{
    free(f->path);
    f->path = mem_copy_str(path);
    f->is_whole = true;
    if (f->is_quiet) {
        set_quiet(all, f, false);
    }
    table_set(&all->by_path, path, f);
    count_child(all, f, 1);
    folders_want_more(all, f);
}

void
folders_want_more(struct folders *all, struct folder *f)
{
    if (f->id < 0) {
        watch_poll_begin(all->poll, f->id);
    }
}

void
folders_note_noise(struct folders *all, struct folder *f)
{
    if (!f->is_quiet && ++f->noise >= NOISE_MAX) {
        set_quiet(all, f, true);
    }
}

static void
free_folder(struct folder *f)
{
    table_dispose(&f->names);
    free(f->path);
    free(f->real);
    free(f);
}

void
folders_drop(struct folders *all, struct folder *f)
{
    if (f->id > 0) {
        watch_inotify_remove(all->inotify, f->id);
    }
    else {
        watch_poll_remove(all->poll, f->id);
    }
    table_remove(&all->by_real, f->real);
    if (f->is_whole) {
        count_child(all, f, -1);
        table_remove(&all->by_path, f->path);
    }
    size_t at = place_of(all, f->id);
    memmove(&all->items[at], &all->items[at + 1],
            (all->count - at - 1) * sizeof(*all->items));
    all->count--;
    free_folder(f);
}

void
folders_dispose(struct folders *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free_folder(all->items[i]);
    }
    free(all->items);
    table_dispose(&all->by_path);
    table_dispose(&all->by_real);
    watch_inotify_free(all->inotify);
    watch_poll_free(all->poll);
    *all = (struct folders){.count = 0};
}
