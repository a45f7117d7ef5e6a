/* watch_tree: which folders are watched, and what a raw event in one of them
 * means. Inside watch; nobody else includes it.
 *
 * Owns the folders, the sources (inotify, polling) and the names last seen;
 * gives settle what happens to files. Never reads a file, never decides when
 * a save is over. Runs in the loop's thread.
 */
#ifndef COWBIRD_WATCH_TREE_H
#define COWBIRD_WATCH_TREE_H

#include <sys/stat.h>

#include "watch.h"
#include "watch_folder.h"
#include "watch_hop.h"
#include "watch_raw.h"

struct settle;

/* Open to watch_tree.c and watch_event.c only. */
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

/* Borrows all; `rest` and its data are called after each batch of events. */
struct tree *tree_new(struct loop *loop, const struct watch_options *o,
                      struct settle *settle, void (*rest)(void *data),
                      void *data);
/* A folder and all below it, for as long as the tree lives. */
int tree_add(struct tree *t, const char *folder, struct err *e);
/* One file, wherever it lies, there or not. */
void tree_add_file(struct tree *t, const char *path);
/* After an overflow: watches all anew. */
bool tree_is_stale(const struct tree *t);
void tree_rebuild(struct tree *t);
/* Whether `path` came or went since it was last asked about; adds its other
 * name to `paths` where it has one (links resolved). */
bool tree_refresh(struct tree *t, const char *path, struct list *paths);
/* Whether `path` lies where the kernel does not know what others do. */
bool tree_is_blind(const struct tree *t, const char *path);
const char *tree_method(const struct tree *t);
const char *tree_reason(const struct tree *t);
size_t tree_folder_count(const struct tree *t);
void tree_free(struct tree *t);

/* Between the two files.
 *
 * Watches `path` and what is below it. `is_new`: it appeared, so the files in
 * it did too. What is watched under another name already is left alone,
 * which ends circles of links. */
void tree_enter(struct tree *t, const char *path, bool is_new);
/* `path` is no folder of ours any more, nor what was below it. */
void tree_leave(struct tree *t, const char *path);
/* One folder; who waits for a name in it goes to `waiting`. */
void tree_drop(struct tree *t, struct folder *f, struct list *waiting);
/* Waits for what the link `path` points to, if that is or may become of
 * interest; `st` tells what it is now. False: it points nowhere. */
bool tree_follow_link(struct tree *t, const char *path, struct stat *st);
/* Events were lost: the next change is about everything, and all is watched
 * anew before it. */
void tree_lose(struct tree *t);
bool tree_wants(const struct tree *t, const char *path, bool is_dir);
/* `out` holds PATH_MAX bytes; false: too long for anybody. */
bool tree_join(char *out, const char *dir, const char *name);
/* watch_event.c: what the sources call. */
void tree_take(void *tree, const struct raw *raw);
/* watch_event.c: looks at each path again and disposes of the list. */
void tree_look_at(struct tree *t, struct list *waiting, enum raw_kind kind);

#endif
