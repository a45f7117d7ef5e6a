/* watch_tree: see watch_tree.h.
 *
 * The races it lives with: a folder is watched first and listed after, so a
 * file is seen by the list or by an event, never by neither; an event may
 * tell of a name that meanwhile means something else, so what matters is
 * asked from the disk.
 */
#include "watch_tree.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mem.h"
#include "path.h"
#include "settle.h"

/* Folders still to be entered. */
struct queue {
    struct list paths;
    struct list reals; /* one for each */
};

bool
tree_wants(const struct tree *t, const char *path, bool is_dir)
{
    return (is_dir || !settle_is_temporary(path_base(path)))
           && t->is_interesting(t->filter_data, path, is_dir);
}

bool
tree_join(char *out, const char *dir, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s",
                       strcmp(dir, "/") == 0 ? "" : dir, name);
    return len > 0 && len < PATH_MAX;
}

void
tree_drop(struct tree *t, struct folder *f, struct list *waiting)
{
    size_t at = 0;
    const struct table_slot *slot;
    char path[PATH_MAX];
    while ((slot = table_next(&f->names, &at)) != NULL) {
        if (tree_join(path, f->path, slot->key)) {
            settle_note(t->settle, path, SETTLE_GONE);
        }
    }
    hops_take(&t->hops, f, waiting);
    folders_drop(&t->all, f);
}

void
tree_leave(struct tree *t, const char *path)
{
    struct list waiting = LIST_INIT;
    struct folder *top = table_get(&t->all.by_path, path);
    hops_remove_below(&t->hops, path);
    if (top != NULL && top->child_count == 0) {
        tree_drop(t, top, &waiting); /* as most are: deleted from below */
        tree_look_at(t, &waiting, RAW_WENT);
        return;
    }
    for (size_t i = t->all.count; i-- > 0;) {
        struct folder *f = t->all.items[i];
        if (f->is_whole
            && (strcmp(f->path, path) == 0 || path_is_below(f->path, path)))
        {
            tree_drop(t, f, &waiting);
        }
    }
    tree_look_at(t, &waiting, RAW_WENT);
}

bool
tree_follow_link(struct tree *t, const char *path, struct stat *st)
{
    bool is_there = stat(path, st) == 0;
    bool is_folder = is_there && S_ISDIR(st->st_mode);
    char *target =
        tree_wants(t, path, is_folder) ? link_target(path) : NULL;
    hops_place(&t->hops, path, target);
    free(target);
    return is_there;
}

static void
find_entry(struct tree *t, struct folder *f, const struct dirent *entry,
           bool is_new, struct queue *queue)
{
    char path[PATH_MAX];
    struct stat st = {.st_mode = entry->d_type == DT_DIR   ? S_IFDIR
                                 : entry->d_type == DT_REG ? S_IFREG
                                                           : 0};
    if (!tree_join(path, f->path, entry->d_name)
        || (st.st_mode == 0 && lstat(path, &st) < 0))
    {
        return;
    }
    bool is_link = S_ISLNK(st.st_mode);
    if (is_link
        && (settle_is_temporary(entry->d_name)
            || !tree_follow_link(t, path, &st)))
    {
        return;
    }
    if (S_ISDIR(st.st_mode) && tree_wants(t, path, true)) {
        list_add(&queue->paths, path);
        list_add_taken(&queue->reals,
                       is_link ? path_real(path)
                               : path_join(f->real, entry->d_name));
    }
    else if (S_ISREG(st.st_mode) && tree_wants(t, path, false)) {
        if (is_new) {
            settle_note(t->settle, path, SETTLE_WRITING);
        }
        else {
            table_set(&f->names, entry->d_name, f);
        }
    }
}

static void
list_folder(struct tree *t, struct folder *f, bool is_new,
            struct queue *queue)
{
    DIR *dir = opendir(f->path);
    const struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0)
        {
            find_entry(t, f, entry, is_new, queue);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
}

void
tree_enter(struct tree *t, const char *path, bool is_new)
{
    struct queue queue = {LIST_INIT, LIST_INIT};
    list_add(&queue.paths, path);
    list_add_taken(&queue.reals, path_real(path));
    while (queue.paths.count > 0) {
        size_t last = queue.paths.count - 1;
        char *next = mem_copy_str(queue.paths.items[last]);
        struct folder *f =
            folders_watch(&t->all, queue.reals.items[last], false);
        list_remove_at(&queue.paths, last);
        list_remove_at(&queue.reals, last);
        if (f != NULL && !f->is_whole) {
            folders_make_whole(&t->all, f, next);
            list_folder(t, f, is_new, &queue);
        }
        free(next);
    }
    list_dispose(&queue.paths);
    list_dispose(&queue.reals);
}

/* Polling asks whether to remember a name. */
static bool
wants(void *data, int folder, const char *name, bool is_dir)
{
    struct tree *t = data;
    const struct folder *f = folders_find(&t->all, folder);
    char path[PATH_MAX];
    if (f == NULL || !tree_join(path, f->path, name)) {
        return false;
    }
    return hops_has(&t->hops, f, name)
           || (f->is_whole && tree_wants(t, path, is_dir));
}

static void
rest(void *data)
{
    struct tree *t = data;
    t->rest(t->rest_data);
}

static void
start_sources(struct tree *t)
{
    struct raw_sink sink = {tree_take, rest, wants, t};
    folders_init(&t->all, t->loop, &sink, t->force_polling);
}

struct tree *
tree_new(struct loop *loop, const struct watch_options *o,
         struct settle *settle, void (*when_resting)(void *data), void *data)
{
    struct tree *t = mem_new(sizeof(*t));
    t->loop = loop;
    t->settle = settle;
    t->is_interesting = o->is_interesting;
    t->filter_data = o->data;
    t->rest = when_resting;
    t->rest_data = data;
    t->force_polling = o->force_polling;
    t->hops.all = &t->all;
    start_sources(t);
    return t;
}

int
tree_add(struct tree *t, const char *folder, struct err *e)
{
    char *real = path_real(folder);
    struct stat st;
    int status = -1;
    if (stat(real, &st) < 0) {
        err_set(e, ERR_SYSTEM, "watching %s:", folder);
    }
    else if (!S_ISDIR(st.st_mode)) {
        err_set(e, ERR_SYSTEM, "watching %s: it is no folder", folder);
    }
    else {
        tree_enter(t, real, false);
        list_add_new(&t->roots, real);
        hops_place(&t->hops, real, real);
        status = 0;
    }
    free(real);
    return status;
}

void
tree_add_file(struct tree *t, const char *path)
{
    char *dir = path_dir(path);
    char *real = path_real(dir);
    const struct folder *f = table_get(&t->all.by_real, real);
    char seen[PATH_MAX];
    bool is_seen = f != NULL && f->is_whole
                   && tree_join(seen, f->path, path_base(path))
                   && tree_wants(t, seen, false);
    if (!is_seen && !list_has(&t->files, path)) {
        list_add(&t->files, path);
        hops_place(&t->hops, path, path);
    }
    free(real);
    free(dir);
}

void
tree_lose(struct tree *t)
{
    t->is_stale = true;
    settle_note_everything(t->settle);
}

bool
tree_is_stale(const struct tree *t)
{
    return t->is_stale;
}

void
tree_rebuild(struct tree *t)
{
    hops_dispose(&t->hops);
    folders_dispose(&t->all);
    start_sources(t);
    t->is_stale = false;
    for (size_t i = 0; i < t->roots.count; i++) {
        const char *root = t->roots.items[i];
        if (path_is_dir(root)) {
            tree_enter(t, root, false);
        }
        hops_place(&t->hops, root, root);
    }
    for (size_t i = 0; i < t->files.count; i++) {
        hops_place(&t->hops, t->files.items[i], t->files.items[i]);
    }
}

bool
tree_refresh(struct tree *t, const char *path, struct list *paths)
{
    struct stat st = {.st_mode = 0};
    bool is_link = lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
    bool is_there =
        (!is_link || stat(path, &st) == 0) && S_ISREG(st.st_mode);
    char *dir = path_dir(path);
    struct folder *f = table_get(&t->all.by_path, dir);
    free(dir);
    if (f == NULL) {
        return !is_there;
    }
    const char *name = path_base(path);
    bool was_there = table_get(&f->names, name) != NULL;
    if (is_there && !was_there) {
        table_set(&f->names, name, f);
    }
    else if (!is_there && was_there) {
        table_remove(&f->names, name);
    }
    if (is_link || strcmp(f->real, f->path) != 0) {
        char *real =
            is_link ? path_real(path) : path_join(f->real, name);
        list_add_taken(paths, real);
    }
    return is_there != was_there;
}

bool
tree_is_blind(const struct tree *t, const char *path)
{
    char *dir = path_dir(path);
    const struct folder *f = table_get(&t->all.by_path, dir);
    free(dir);
    return f != NULL && f->is_blind;
}

const char *
tree_method(const struct tree *t)
{
    bool has_polling = t->all.count > 0 && t->all.items[0]->id < 0;
    bool has_inotify =
        t->all.count > 0 && t->all.items[t->all.count - 1]->id > 0;
    if (has_polling && has_inotify) {
        return "inotify and polling";
    }
    return has_polling || t->all.inotify == NULL ? "polling" : "inotify";
}

const char *
tree_reason(const struct tree *t)
{
    return t->all.reason;
}

size_t
tree_folder_count(const struct tree *t)
{
    return t->all.by_path.count;
}

void
tree_free(struct tree *t)
{
    if (t == NULL) {
        return;
    }
    hops_dispose(&t->hops);
    folders_dispose(&t->all);
    list_dispose(&t->roots);
    list_dispose(&t->files);
    free(t);
}
