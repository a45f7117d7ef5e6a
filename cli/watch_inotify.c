/* watch_inotify: folders watched by the kernel, as raw events.
 *
 * Owns one inotify descriptor; never looks at what lies in the folders. Runs
 * in the loop's thread.
 */
#include "watch_raw.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "mem.h"

/* About a thousand events a read. */
#define BYTES 32768

struct watch_inotify {
    struct loop *loop; /* borrowed */
    struct raw_sink sink;
    int fd;
    _Alignas(struct inotify_event) char bytes[BYTES];
};

static long
fs_type(int fd)
{
    struct statfs fs;
    return fstatfs(fd, &fs) < 0 ? -1 : (long)fs.f_type;
}

static const struct watch_system kernel = {inotify_init1, inotify_add_watch,
                                           fs_type};
static const struct watch_system *sys = &kernel;

void
watch_stand_in(const struct watch_system *system)
{
    sys = system == NULL ? &kernel : system;
}

long
watch_fs_type(int fd)
{
    return sys->fs_type(fd);
}

static const struct {
    uint32_t mask;
    enum raw_kind kind;
} meanings[] = {
    {IN_Q_OVERFLOW, RAW_OVERFLOW},
    {IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED, RAW_LOST},
    {IN_MODIFY, RAW_WRITTEN},
    {IN_CLOSE_WRITE, RAW_CLOSED},
    {IN_CREATE, RAW_CAME},
    {IN_MOVED_TO, RAW_MOVED_IN},
    {IN_DELETE | IN_MOVED_FROM, RAW_WENT},
    {IN_ATTRIB, RAW_TOUCHED},
};

static void
take(struct watch_inotify *i, const struct inotify_event *event)
{
    struct raw raw = {.folder = event->wd,
                      .is_dir = (event->mask & IN_ISDIR) != 0,
                      .name = event->len > 0 ? event->name : ""};
    for (size_t m = 0; m < sizeof(meanings) / sizeof(meanings[0]); m++) {
        if ((event->mask & meanings[m].mask) == 0) {
            continue;
        }
        raw.kind = meanings[m].kind;
        bool has_name = raw.name[0] != '\0';
        if (has_name || raw.kind == RAW_LOST || raw.kind == RAW_OVERFLOW) {
            i->sink.take(i->sink.data, &raw);
        }
        return;
    }
}

static void
read_events(void *data, int fd, short events)
{
    (void)events;
    struct watch_inotify *i = data;
    ssize_t len = read(fd, i->bytes, sizeof(i->bytes));
    for (ssize_t at = 0; at < len;) {
        const void *start = &i->bytes[at];
        const struct inotify_event *event = start;
        at += (ssize_t)(sizeof(*event) + event->len);
        take(i, event);
    }
    i->sink.rest(i->sink.data);
}

struct watch_inotify *
watch_inotify_new(struct loop *loop, const struct raw_sink *sink, int *why)
{
    int fd = sys->init(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        *why = errno;
        return NULL;
    }
    struct watch_inotify *i = mem_new(sizeof(*i));
    i->loop = loop;
    i->sink = *sink;
    i->fd = fd;
    loop_add_fd(loop, fd, POLLIN, read_events, i);
    return i;
}

int
watch_inotify_add(struct watch_inotify *i, const char *path, bool is_quiet)
{
    uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE
                    | IN_DELETE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
                    | IN_ONLYDIR | IN_EXCL_UNLINK;
    int id = sys->add(i->fd, path, is_quiet ? mask : mask | IN_MODIFY);
    return id < 0 ? -errno : id;
}

void
watch_inotify_remove(struct watch_inotify *i, int id)
{
    (void)inotify_rm_watch(i->fd, id); /* fails when the folder is gone */
}

void
watch_inotify_free(struct watch_inotify *i)
{
    if (i == NULL) {
        return;
    }
    loop_remove_fd(i->loop, i->fd);
    close(i->fd);
    free(i);
}
