/* binding_file: see binding_file.h. */
#include "binding_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "digest.h"
#include "file.h"
#include "mem.h"
#include "path.h"

#define KIND "bindings"
/* Whoever tidies up the cache may have taken the folder just now. */
#define TRIES 3

/* The folder, with a lock that this process keeps: what tidies up (evict)
 * leaves it alone. False when it has been taken away meanwhile. */
static bool
hold(const char *folder, struct err *e)
{
    struct stat held;
    struct stat there;
    if (path_make_dirs(folder, 0700, e) < 0) {
        return false;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_held = fd >= 0 && flock(fd, LOCK_SH) == 0
                   && fstat(fd, &held) == 0 && stat(folder, &there) == 0
                   && held.st_ino == there.st_ino
                   && held.st_dev == there.st_dev;
    if (is_held) {
        futimens(fd, NULL); /* the use that evict goes by */
    }
    else {
        err_set(e, ERR_SYSTEM, "locking %s:", folder);
        if (fd >= 0) {
            close(fd);
        }
    }
    return is_held;
}

static bool
holds_text(const char *path, const char *text)
{
    struct buf there = BUF_INIT;
    bool is_same = path_is_file(path) && file_read(path, &there, NULL) == 0
                   && strcmp(buf_text(&there), text) == 0;
    buf_dispose(&there);
    return is_same;
}

char *
binding_file_write(const char *stem, const char *text, struct err *e)
{
    struct digest_state s;
    bool is_there;
    bool is_held = false;
    digest_start(&s);
    digest_add_str(&s, text);
    struct digest key = digest_end(&s);
    char *folder = cache_entry(KIND, &key, &is_there, e);
    if (folder == NULL) {
        return NULL;
    }
    for (int i = 0; i < TRIES && !is_held; i++) {
        is_held = hold(folder, e);
    }
    char *path = mem_format("%s/%s.binding.c", folder, stem);
    free(folder);
    if (!is_held
        || (!holds_text(path, text)
            && file_write(path, text, strlen(text), e) < 0))
    {
        free(path);
        return NULL;
    }
    return path;
}

bool
binding_file_is(const char *path)
{
    const char *dir = cache_dir(NULL);
    char *ours = dir == NULL ? NULL : path_join(dir, KIND);
    bool is_ours = ours != NULL && path_is_below(path, ours);
    free(ours);
    return is_ours;
}
