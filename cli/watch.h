/* watch: which files may have changed.
 *
 * inotify on folders (never on files: a save by rename replaces the inode):
 * close-write, moved-to, and what creates and removes names. A queue overflow
 * is reported as "everything". Where inotify is blind (network and FUSE file
 * systems, no watches left) it polls mtimes and says so. Only says *may*: the
 * digests in graph decide. One thread owns a watch; it hooks itself into the
 * bench's loop.
 *
 * What it cannot see: an edit in place through another hard link, and a
 * rename of a folder two or more above a watched one.
 */
#ifndef COWBIRD_WATCH_H
#define COWBIRD_WATCH_H

#include <stdbool.h>

#include "list.h"
#include "loop.h"
#include "wire/err.h"

/* What settle hands on: one change. */
struct change {
    struct list paths;  /* absolute, each once: files that may differ; one
                           behind a link has both names */
    bool is_everything; /* overflow or a lost folder: look at all */
    bool is_structural; /* files or folders came or went: scan again */
    int64_t saved_ns;   /* first event of this change */
};

struct watch;

typedef bool (*watch_filter_fn)(void *data, const char *path, bool is_dir);
typedef void (*watch_change_fn)(void *data, const struct change *change);

struct watch_options {
    watch_filter_fn is_interesting; /* false: no event, and a folder is not
                                       entered */
    watch_change_fn on_change;      /* after settling; `change` is borrowed */
    void *data;                     /* for both */
    bool force_polling;             /* COWBIRD_FORCE_POLLING */
    int quiet_ms; /* how long an in-place write may pause before it counts as
                     finished (longer while the kernel says that somebody
                     has it open); a rename and a close-write are complete
                     at once. 0: the default */
};

struct watch *watch_new(struct loop *loop, const struct watch_options *o,
                        struct err *e);
/* The folder and every interesting one below it, now and as they appear; a
 * watched folder that is deleted and comes back is watched again. */
int watch_add(struct watch *w, const char *folder, struct err *e);
/* One file wherever it lies, there or not, links followed: a header outside
 * the folders, say. The filter is not asked. `path` is absolute. */
void watch_add_file(struct watch *w, const char *path);
/* How it watches, for speech: "inotify", "polling", "inotify and polling"
 * (where a limit was met or a mount is blind); and why ("" or "nfs at
 * /mnt/x", "limit of 8192 inotify watches"). Borrowed. */
const char *watch_method(const struct watch *w);
const char *watch_reason(const struct watch *w);
size_t watch_folder_count(const struct watch *w);
void watch_free(struct watch *w);

#endif
