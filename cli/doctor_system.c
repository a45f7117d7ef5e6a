/* doctor_system: see doctor.h; the part that asks the kernel and the file
 * system. Main thread.
 */
#include "doctor.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "cache.h"
#include "config.h"
#include "graph.h"
#include "inotify_limit.h"
#include "mem.h"
#include "path.h"
#include "session.h"

/* Room to grow, and for the editors that watch the same folders. */
static long
enough(long needed)
{
    long limit = 65536;
    while (limit < needed * 2 && limit < LONG_MAX / 2) {
        limit *= 2;
    }
    return limit;
}

void
doctor_inotify(struct findings *f, const struct config *c,
               const struct graph *g)
{
    long needed = (long)g->folders.count;
    if (c->force_polling) {
        finding_add(f, HEALTH_OK, "inotify",
                    "not used: polling is forced, %ld folders", needed);
        return;
    }
    int fd = inotify_init1(IN_CLOEXEC);
    if (fd < 0 && errno == EMFILE) {
        struct inotify_limit most = inotify_limit_of("instances");
        finding_add(f, HEALTH_WARN, "inotify",
                    "all %ld instances are taken: polling instead",
                    most.number);
        finding_fix(f, "sysctl %s=1024", most.name);
        return;
    }
    if (fd < 0) {
        finding_add(f, HEALTH_WARN, "inotify",
                    "not available (%s): polling instead", strerror(errno));
        return;
    }
    close(fd);
    struct inotify_limit limit = inotify_limit_of("watches");
    if (limit.number >= 0 && limit.number < needed) {
        finding_add(f, HEALTH_WARN, "inotify",
                    "limit %ld watches, project needs %ld", limit.number,
                    needed);
        finding_fix(f, "sysctl %s=%ld", limit.name, enough(needed));
        return;
    }
    finding_add(f, HEALTH_OK, "inotify",
                "limit %ld watches, project needs %ld", limit.number, needed);
}

void
doctor_cache(struct findings *f)
{
    struct err e = ERR_INIT;
    const char *dir = cache_dir(&e);
    char *filled = dir == NULL ? NULL : cache_begin(&e);
    if (filled == NULL) {
        finding_add(f, HEALTH_FAIL, "cache", "%s", e.text);
        finding_fix(f, "set COWBIRD_CACHE_DIR to a folder of yours");
        return;
    }
    cache_abandon(filled);
    free(filled);
    finding_add(f, HEALTH_OK, "cache", "%s", dir);
}

void
doctor_session(struct findings *f, const struct config *c)
{
    struct session s;
    struct err e = ERR_INIT;
    if (session_open(&s, c->root, &c->compile_paths, &e) < 0) {
        finding_add(f, HEALTH_FAIL, "session", "%s", e.text);
        finding_fix(f, "set XDG_RUNTIME_DIR to a short path of a folder of "
                       "yours");
        return;
    }
    finding_add(f, HEALTH_OK, "session", "%s (%zu of 107 bytes)", s.dir,
                strlen(s.dir) + strlen("/s"));
    session_close(&s);
}
