/* crash_records: what a process that never said hello leaves when it crashes,
 * found as it comes. See dev.h.
 *
 * Of a worker that is known, or the app, the end is waited for where it is
 * told from an exit. A record is written before the signal kills: its process
 * is awaited by a pidfd (Linux 5.3); without that, or without inotify, the
 * record is found when the next worker comes or goes.
 */
#include "dev.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool
is_known(const struct dev *d, long pid)
{
    bool is = pid == d->app_pid;
    for (struct peer *p = peers_next(d->peers, NULL); p != NULL && !is;
         p = peers_next(d->peers, p))
    {
        is = p->is_worker && p->pid == pid;
    }
    return is;
}

static void
on_death(void *data, int fd, short events)
{
    struct dev *d = data;
    (void)events;
    loop_remove_fd(d->loop, fd);
    close(fd);
    crashes_look(d, 0, false);
}

static void
await(struct dev *d, long pid)
{
    int fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
    if (fd >= 0) {
        loop_add_fd(d->loop, fd, POLLIN, on_death, d);
    }
    else if (errno == ESRCH) {
        crashes_look(d, 0, false);
    }
}

static void
on_record(void *data, int fd, short events)
{
    struct dev *d = data;
    _Alignas(struct inotify_event) char bytes[4096];
    static const char start[] = "crash.";
    (void)events;
    ssize_t len = read(fd, bytes, sizeof(bytes));
    for (ssize_t at = 0; at < len;) {
        const void *here = &bytes[at];
        const struct inotify_event *event = here;
        at += (ssize_t)(sizeof(*event) + event->len);
        if (event->len == 0
            || strncmp(event->name, start, sizeof(start) - 1) != 0)
        {
            continue;
        }
        long pid = strtol(event->name + sizeof(start) - 1, NULL, 10);
        if (pid > 0 && !is_known(d, pid)) {
            await(d, pid);
        }
    }
}

void
crash_records_watch(struct dev *d)
{
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        return;
    }
    if (inotify_add_watch(fd, d->session.dir, IN_CLOSE_WRITE) < 0) {
        close(fd);
        return;
    }
    d->records_fd = fd;
    loop_add_fd(d->loop, fd, POLLIN, on_record, d);
}

void
crash_records_end(struct dev *d)
{
    if (d->records_fd >= 0) {
        loop_remove_fd(d->loop, d->records_fd);
        close(d->records_fd);
        d->records_fd = -1;
    }
}
