/* inotify_limit: how much inotify the kernel lets a user have. */
#ifndef COWBIRD_INOTIFY_LIMIT_H
#define COWBIRD_INOTIFY_LIMIT_H

struct inotify_limit {
    long number;      /* -1: not known */
    const char *name; /* of its sysctl, "fs.inotify.max_user_watches"; a
                         constant */
};

/* Of "watches" or "instances". The machine's limit is fs.inotify.max_user_…,
 * that of a user namespace of a container's user.max_inotify_…; the lower one
 * is met (Linux 6.1, kernel/ucount.c, inc_ucount). */
struct inotify_limit inotify_limit_of(const char *what);

#endif
