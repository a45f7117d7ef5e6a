/* watch_event: what a raw event means for the files of a tree. See
 * watch_tree.h. Runs in the loop's thread.
 */
#include "watch_tree.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "path.h"
#include "settle.h"

static void look_again(struct tree *t, const char *path, enum raw_kind kind);

static bool
is_same_folder(const struct folder *f, const struct stat *st)
{
    return f->dev == st->st_dev && f->inode == st->st_ino;
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

/* Something happened to the link `path`, to a folder or file it points to, or
 * to what has taken its place. */
static void
look_at_link(struct tree *t, const char *path, enum raw_kind kind)
{
    if (kind == RAW_WRITTEN || kind == RAW_CLOSED || kind == RAW_TOUCHED) {
        if (tree_wants(t, path, false)) {
            settle_note(t->settle, path, meaning(kind));
        }
        return;
    }
    struct stat st;
    bool is_there = tree_follow_link(t, path, &st);
    struct folder *f = table_get(&t->all.by_path, path);
    if (f != NULL && (!is_there || !is_same_folder(f, &st))) {
        tree_leave(t, path);
    }
    if (is_there && S_ISDIR(st.st_mode)) {
        if (tree_wants(t, path, true)) {
            tree_enter(t, path, true);
        }
    }
    else if (tree_wants(t, path, false)) {
        settle_note(t->settle, path, is_there ? meaning(kind) : SETTLE_GONE);
    }
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
        tree_leave(t, path);
    }
    hops_place(&t->hops, path, path);
    if (path_is_dir(path)) {
        tree_enter(t, path, true);
    }
}

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
        tree_leave(t, path);
        return;
    }
    struct stat st;
    if (kind == RAW_WENT || !tree_wants(t, path, true) || stat(path, &st) < 0
        || (f != NULL && is_same_folder(f, &st)))
    {
        return;
    }
    if (f != NULL) {
        tree_leave(t, path);
    }
    tree_enter(t, path, true);
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
        tree_leave(t, path); /* it was a link to a folder */
    }
    if (!tree_wants(t, path, false)) {
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
    if (!f->is_whole || !tree_join(path, f->path, raw->name)) {
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
    else if (is_written && tree_wants(t, path, false)) {
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
        tree_leave(t, waiting.items[0]);
    }
    else {
        tree_drop(t, f, &waiting);
    }
    tree_look_at(t, &waiting, RAW_LOST);
}

void
tree_take(void *tree, const struct raw *raw)
{
    struct tree *t = tree;
    if (raw->kind == RAW_OVERFLOW) {
        tree_lose(t);
        return;
    }
    struct folder *f = folders_find(&t->all, raw->folder);
    if (f != NULL && raw->kind == RAW_LOST) {
        take_lost(t, f);
        return;
    }
    if (f != NULL && f->hop_count > 0) {
        struct list waiting = LIST_INIT;
        hops_find(&t->hops, f, raw->name, &waiting);
        tree_look_at(t, &waiting, raw->kind);
        f = folders_find(&t->all, raw->folder); /* that may have dropped it */
    }
    if (f != NULL) {
        take_in_folder(t, f, raw);
    }
    if (t->all.is_confused) {
        t->all.is_confused = false;
        tree_lose(t);
    }
}

void
tree_look_at(struct tree *t, struct list *waiting, enum raw_kind kind)
{
    for (size_t i = 0; i < waiting->count; i++) {
        look_again(t, waiting->items[i], kind);
    }
    list_dispose(waiting);
}
