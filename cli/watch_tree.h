/* watch_tree: which folders are watched, and what a raw event in one of them
 * means. Inside watch; nobody else includes it.
 *
 * Owns the folders, the sources (inotify, polling) and the names last seen;
 * gives settle what happens to files. Never reads a file, never decides when
 * a save is over. Runs in the loop's thread.
 */
#ifndef COWBIRD_WATCH_TREE_H
#define COWBIRD_WATCH_TREE_H

#include "watch.h"
#include "watch_raw.h"

struct settle;
struct tree;

/* Borrows all; `rest` and its data are called after each batch of events. */
struct tree *tree_new(struct loop *loop, const struct watch_options *o,
                      struct settle *settle, void (*rest)(void *data),
                      void *data);
/* A folder and all below it, for as long as the tree lives. */
int tree_add(struct tree *t, const char *folder, struct err *e);
/* One file, wherever it lies, there or not. */
void tree_add_file(struct tree *t, const char *path);
/* What the sources call; a test may too. */
void tree_take(void *tree, const struct raw *raw);
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

#endif
