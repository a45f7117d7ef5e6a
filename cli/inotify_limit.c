/* inotify_limit: see inotify_limit.h. */
#include "inotify_limit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* -1: not known. */
static long
read_number(const char *path)
{
    FILE *file = fopen(path, "re");
    long number = 0;
    bool is_known = file != NULL && fscanf(file, "%ld", &number) == 1;
    if (file != NULL) {
        fclose(file);
    }
    return is_known ? number : -1;
}

struct inotify_limit
inotify_limit_of(const char *what)
{
    bool is_watches = strcmp(what, "watches") == 0;
    struct inotify_limit machine
        = {read_number(is_watches
                           ? "/proc/sys/fs/inotify/max_user_watches"
                           : "/proc/sys/fs/inotify/max_user_instances"),
           is_watches ? "fs.inotify.max_user_watches"
                      : "fs.inotify.max_user_instances"};
    struct inotify_limit own
        = {read_number(is_watches ? "/proc/sys/user/max_inotify_watches"
                                  : "/proc/sys/user/max_inotify_instances"),
           is_watches ? "user.max_inotify_watches"
                      : "user.max_inotify_instances"};
    bool is_own = machine.number < 0
                  || (own.number >= 0 && own.number < machine.number);
    return is_own ? own : machine;
}
