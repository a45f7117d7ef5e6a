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
#include "watch_folder.h"
#include "watch_hop.h"

struct tree {
    struct folders all;
    struct hops hops;
    struct loop *loop; /* borrowed, as all below */
    struct settle *settle;
    watch_filter_fn is_interesting;
    void *filter_data;
    void (*rest)(void *data);
    void *rest_data;
    bool force_polling;
    bool is_stale;
    struct list roots; /* with links resolved */
    struct list files; /* single ones */
};

/* Folders still to be entered. */
struct queue {
    struct list paths;
    struct list reals; /* one for each */
};

static void enter(struct tree *t, const char *path, bool is_new);
static void look_again(struct tree *t, const char *path, enum raw_kind kind);

static bool
is_wanted(const struct tree *t, const char *path, bool is_dir)
{
    return (is_dir || !settle_is_temporary(path_base(path)))
           && t->is_interesting(t->filter_data, path, is_dir);
}

/* False: the path is too long for anybody. */
static bool
join(char out[PATH_MAX], const char *dir, const char *name)
{
    int len = snprintf(out, PATH_MAX, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir,
                       name);
    return len > 0 && len < PATH_MAX;
}

static enum settle_what
meaning(enum raw_kind kind)
{
    switch (kind) {
    case RAW_CAME:
    case RAW_WRITTEN:
        return SETTLE_WRITING;
    case RAW_CLOSED:
        return SETTLE_CLOSED;
    case RAW_TOUCHED:
        return SETTLE_TOUCHED;
    case RAW_WENT:
    case RAW_LOST:
        return SETTLE_GONE;
    default:
        return SETTLE_REPLACED;
    }
}

/* ---- entering and leaving ---- */

static void
drop_folder(struct tree *t, struct folder *f, struct list *waiting)
{
    size_t at = 0;
    const struct table_slot *slot;
    char path[PATH_MAX];
    while ((slot = table_next(&f->names, &at)) != NULL) {
        if (join(path, f->path, slot->key)) {
            settle_note(t->settle, path, SETTLE_GONE);
        }
    }
    hops_take(&t->hops, f, waiting);
    folders_drop(&t->all, f);
}

static void
look_at_waiting(struct tree *t, struct list *waiting, enum raw_kind kind)
{
    for (size_t i = 0; i < waiting->count; i++) {
        look_again(t, waiting->items[i], kind);
    }
    list_dispose(waiting);
}

/* `path` is no folder of ours any more, nor what was below it. */
static void
leave(struct tree *t, const char *path)
{
    struct list waiting = LIST_INIT;
    hops_remove_below(&t->hops, path);
    for (size_t i = t->all.count; i-- > 0;) {
        struct folder *f = t->all.items[i];
        if (f->is_whole
            && (strcmp(f->path, path) == 0 || path_is_below(f->path, path)))
        {
            drop_folder(t, f, &waiting);
        }
    }
    look_at_waiting(t, &waiting, RAW_WENT);
}

static bool
is_same_folder(const struct folder *f, const struct stat *st)
{
    return f->dev == st->st_dev && f->inode == st->st_ino;
}

/* Waits for what the link `path` points to, if that is or may become of
 * interest; `st` tells what it is now. False: it points nowhere. */
static bool
follow_link(struct tree *t, const char *path, struct stat *st)
{
    bool is_there = stat(path, st) == 0;
    bool is_folder = is_there && S_ISDIR(st->st_mode);
    char *target =
        is_wanted(t, path, is_folder) ? link_target(path) : NULL;
    hops_place(&t->hops, path, target);
    free(target);
    return is_there;
}

/* Something happened to the link `path`, to a folder or file it points to, or
 * to what has taken its place. */
static void
look_at_link(struct tree *t, const char *path, enum raw_kind kind)
{
    if (kind == RAW_WRITTEN || kind == RAW_CLOSED || kind == RAW_TOUCHED) {
        if (is_wanted(t, path, false)) {
            settle_note(t->settle, path, meaning(kind));
        }
        return;
    }
    struct stat st;
    bool is_there = follow_link(t, path, &st);
    struct folder *f = table_get(&t->all.by_path, path);
    if (f != NULL && (!is_there || !is_same_folder(f, &st))) {
        leave(t, path);
    }
    if (is_there && S_ISDIR(st.st_mode)) {
        if (is_wanted(t, path, true)) {
            enter(t, path, true);
        }
    }
    else if (is_wanted(t, path, false)) {
        settle_note(t->settle, path, is_there ? meaning(kind) : SETTLE_GONE);
    }
}

static void
find_entry(struct tree *t, struct folder *f, const struct dirent *entry,
           bool is_new, struct queue *queue)
{
    char path[PATH_MAX];
    struct stat st = {.st_mode = entry->d_type == DT_DIR   ? S_IFDIR
                                 : entry->d_type == DT_REG ? S_IFREG
                                                           : 0};
    if (!join(path, f->path, entry->d_name)
        || (st.st_mode == 0 && lstat(path, &st) < 0))
    {
        return;
    }
    bool is_link = S_ISLNK(st.st_mode);
    if (is_link
        && (settle_is_temporary(entry->d_name) || !follow_link(t, path, &st)))
    {
        return;
    }
    if (S_ISDIR(st.st_mode) && is_wanted(t, path, true)) {
        list_add(&queue->paths, path);
        list_add_taken(&queue->reals,
                       is_link ? path_real(path)
                               : path_join(f->real, entry->d_name));
    }
    else if (S_ISREG(st.st_mode) && is_wanted(t, path, false)) {
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

/* Watches `path` and what is below it. `is_new`: it appeared, so the files in
 * it did too. What is watched under another name already is left alone,
 * which ends circles of links. */
static void
enter(struct tree *t, const char *path, bool is_new)
{
    struct queue queue = {LIST_INIT, LIST_INIT};
    list_add(&queue.paths, path);
    list_add_taken(&queue.reals, path_real(path));
    while (queue.paths.count > 0) {
        size_t last = queue.paths.count - 1;
        char *next = mem_copy_str(queue.paths.items[last]);
        struct folder *f = folders_watch(&t->all, queue.reals.items[last]);
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

static void
look_at_root(struct tree *t, const char *path)
{
    struct stat st;
    struct folder *f = table_get(&t->all.by_path, path);
    bool is_there = stat(path, &st) == 0;
    if (f != NULL && is_there && is_same_folder(f, &st)) {
        return;
    }
    if (f != NULL) {
        leave(t, path);
    }
    hops_place(&t->hops, path, path);
    if (path_is_dir(path)) {
        enter(t, path, true);
    }
}

/* ---- what events mean ---- */

/* Something happened to a name that `path` waits for. */
static void
look_again(struct tree *t, const char *path, enum raw_kind kind)
{
    if (list_has(&t->roots, path)) {
        look_at_root(t, path);
        return;
    }
    if (!list_has(&t->files, path)) {
        look_at_link(t, path, kind);
        return;
    }
    enum settle_what what = meaning(kind);
    if (kind != RAW_WRITTEN && kind != RAW_CLOSED && kind != RAW_TOUCHED) {
        hops_place(&t->hops, path, path);
        what = path_is_file(path) ? what : SETTLE_GONE;
    }
    settle_note(t->settle, path, what);
}

static void
take_folder(struct tree *t, const char *path, enum raw_kind kind)
{
    struct folder *f = table_get(&t->all.by_path, path);
    if (kind == RAW_WENT && f != NULL) {
        leave(t, path);
        return;
    }
    struct stat st;
    if (kind == RAW_WENT || !is_wanted(t, path, true) || stat(path, &st) < 0
        || (f != NULL && is_same_folder(f, &st)))
    {
        return;
    }
    if (f != NULL) {
        leave(t, path);
    }
    enter(t, path, true);
}

/* A name came, went or was touched: what is it now? */
static void
take_name(struct tree *t, const char *path, enum raw_kind kind)
{
    struct stat st;
    bool is_there = kind != RAW_WENT && lstat(path, &st) == 0;
    if (is_there && S_ISLNK(st.st_mode)) {
        look_at_link(t, path, RAW_MOVED_IN);
        return;
    }
    hops_remove(&t->hops, path);
    if (table_get(&t->all.by_path, path) != NULL) {
        leave(t, path); /* it was a link to a folder */
    }
    if (!is_wanted(t, path, false)) {
        return;
    }
    if (kind == RAW_WENT) {
        settle_note(t->settle, path, SETTLE_GONE);
    }
    else if (is_there && S_ISREG(st.st_mode)) {
        /* A second name of a file is never closed. */
        bool is_whole = kind == RAW_CAME && st.st_nlink > 1;
        settle_note(t->settle, path,
                    is_whole ? SETTLE_REPLACED : meaning(kind));
    }
}

static void
take_in_folder(struct tree *t, struct folder *f, const struct raw *raw)
{
    char path[PATH_MAX];
    if (!f->is_whole || !join(path, f->path, raw->name)) {
        return;
    }
    if (raw->is_dir) {
        take_folder(t, path, raw->kind);
        return;
    }
    bool is_written = raw->kind == RAW_WRITTEN || raw->kind == RAW_CLOSED;
    if (!is_written && !settle_is_temporary(raw->name)) {
        take_name(t, path, raw->kind);
    }
    else if (is_written && is_wanted(t, path, false)) {
        settle_note(t->settle, path, meaning(raw->kind));
    }
    else if (raw->kind == RAW_WRITTEN) {
        folders_note_noise(&t->all, f);
    }
}

/* The folder under the watch went away, not just its name. */
static void
take_lost(struct tree *t, struct folder *f)
{
    struct list waiting = LIST_INIT;
    if (f->is_whole) {
        list_add(&waiting, f->path);
        leave(t, waiting.items[0]);
    }
    else {
        drop_folder(t, f, &waiting);
    }
    look_at_waiting(t, &waiting, RAW_LOST);
}

/* True: somebody waited for the name. */
static bool
take_hops(struct tree *t, const struct folder *f, const struct raw *raw)
{
    struct list paths = LIST_INIT;
    hops_find(&t->hops, f, raw->name, &paths);
    bool is_awaited = paths.count > 0;
    look_at_waiting(t, &paths, raw->kind);
    return is_awaited;
}

void
tree_take(void *tree, const struct raw *raw)
{
    struct tree *t = tree;
    if (raw->kind == RAW_OVERFLOW) {
        t->is_stale = true;
        settle_note_everything(t->settle);
        return;
    }
    struct folder *f = folders_find(&t->all, raw->folder);
    if (f != NULL && raw->kind == RAW_LOST) {
        take_lost(t, f);
        return;
    }
    bool is_awaited =
        f != NULL && f->hop_count > 0 && take_hops(t, f, raw);
    f = folders_find(&t->all, raw->folder); /* hops may have dropped it */
    if (f != NULL && f->is_whole) {
        take_in_folder(t, f, raw);
    }
    else if (f != NULL && !is_awaited && raw->kind == RAW_WRITTEN) {
        folders_note_noise(&t->all, f);
    }
}

/* Polling asks whether to remember a name. */
static bool
wants(void *data, int folder, const char *name, bool is_dir)
{
    struct tree *t = data;
    const struct folder *f = folders_find(&t->all, folder);
    char path[PATH_MAX];
    if (f == NULL || !join(path, f->path, name)) {
        return false;
    }
    return hops_has(&t->hops, f, name)
           || (f->is_whole && is_wanted(t, path, is_dir));
}

/* ---- life ---- */

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
        enter(t, real, false);
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
    if (!list_has(&t->files, path)) {
        list_add(&t->files, path);
        hops_place(&t->hops, path, path);
    }
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
            enter(t, root, false);
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
