/* watch: see watch.h. What is watched and what events mean: watch_tree. When
 * a save is over: settle. This file joins the two to the loop.
 */
#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "path.h"
#include "settle.h"
#include "watch_tree.h"

/* Where nobody can be asked, an empty file this young is still being written.
 */
#define EMPTY_AGE_S 1

struct watch {
    struct loop *loop; /* borrowed */
    struct tree *tree;
    struct settle *settle;
    watch_change_fn on_change;
    void *data;
    unsigned timer;
    int64_t timer_ns; /* when it fires */
};

/* The kernel gives a read lease only on a file that nobody has open for
 * writing. It is given back at once; a writer that opens the file in between
 * waits for that. The signal such a writer causes is one that is ignored by
 * default (SIGIO would end us). */
static bool
is_open_for_writing(int fd)
{
    if (fcntl(fd, F_SETSIG, SIGURG) < 0) {
        return false;
    }
    if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0) {
        return errno == EAGAIN;
    }
    (void)fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
}

static enum settle_look
look(void *data, const char *path)
{
    const struct watch *w = data;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0) {
        return LOOK_CLOSED;
    }
    enum settle_look result = LOOK_CLOSED;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        bool is_empty = st.st_size == 0;
        bool is_open = tree_is_blind(w->tree, path)
                           ? is_empty
                                 && time(NULL) - st.st_mtime <= EMPTY_AGE_S
                           : is_open_for_writing(fd);
        result = !is_open   ? LOOK_CLOSED
                 : is_empty ? LOOK_OPEN_EMPTY
                            : LOOK_OPEN;
    }
    close(fd);
    return result;
}

static void hand_on(void *data);

static void
set_timer(void *data)
{
    struct watch *w = data;
    int64_t due = settle_due_ns(w->settle);
    if (w->timer != 0 && due == w->timer_ns) {
        return;
    }
    loop_remove_timer(w->loop, w->timer);
    w->timer = due < 0 ? 0 : loop_add_timer(w->loop, due, hand_on, w);
    w->timer_ns = due;
}

/* Completes what settle cannot know: other names, and what came or went. */
static void
complete(struct watch *w, struct change *change)
{
    struct list others = LIST_INIT;
    change->is_structural = change->is_everything;
    for (size_t i = 0; i < change->paths.count; i++) {
        if (tree_refresh(w->tree, change->paths.items[i], &others)) {
            change->is_structural = true;
        }
    }
    for (size_t i = 0; i < others.count; i++) {
        list_add_new(&change->paths, others.items[i]);
    }
    list_dispose(&others);
}

static void
hand_on(void *data)
{
    struct watch *w = data;
    struct change change;
    w->timer = 0;
    bool is_ready = settle_take(w->settle, &change);
    if (is_ready && tree_is_stale(w->tree)) {
        tree_rebuild(w->tree);
    }
    if (is_ready) {
        complete(w, &change);
    }
    set_timer(w);
    if (is_ready) {
        w->on_change(w->data, &change); /* last: it may free `w` */
        list_dispose(&change.paths);
    }
}

struct watch *
watch_new(struct loop *loop, const struct watch_options *o, struct err *e)
{
    (void)e; /* what inotify lacks, polling does */
    struct watch *w = mem_new(sizeof(*w));
    w->loop = loop;
    w->on_change = o->on_change;
    w->data = o->data;
    w->settle = settle_new(o->quiet_ms, look, w);
    w->tree = tree_new(loop, o, w->settle, set_timer, w);
    return w;
}

int
watch_add(struct watch *w, const char *folder, struct err *e)
{
    return tree_add(w->tree, folder, e);
}

void
watch_add_file(struct watch *w, const char *path)
{
    tree_add_file(w->tree, path);
}

const char *
watch_method(const struct watch *w)
{
    return tree_method(w->tree);
}

const char *
watch_reason(const struct watch *w)
{
    return tree_reason(w->tree);
}

size_t
watch_folder_count(const struct watch *w)
{
    return tree_folder_count(w->tree);
}

void
watch_free(struct watch *w)
{
    if (w == NULL) {
        return;
    }
    loop_remove_timer(w->loop, w->timer);
    tree_free(w->tree);
    settle_free(w->settle);
    free(w);
}
