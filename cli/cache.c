/* cache: see cache.h. The bench's main thread; the locks are between
 * processes. */
#include "cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file.h"
#include "list.h"
#include "mem.h"
#include "path.h"

/* Folders being filled, and the descriptors whose flocks tell other
 * processes so. */
struct filling {
    char *path;
    int fd;
};

static char *last_dir;
static struct filling *fillings;
static size_t filling_count;

/* One of them for whoever comes next. */
static struct {
    char *path;
    pid_t owner; /* a fork of it has none */
} ahead;

/* Resolved once: each of its parts is a system call, and a save asks often. */
static char *
real_own(const char *own)
{
    static char *asked, *found;
    if (asked == NULL || strcmp(asked, own) != 0) {
        free(asked);
        free(found);
        asked = mem_copy_str(own);
        found = path_real(own);
    }
    return mem_copy_str(found);
}

static char *
wanted_dir(struct err *e)
{
    const char *own = getenv("COWBIRD_CACHE_DIR");
    if (own != NULL && own[0] != '\0') {
        return real_own(own);
    }
    const char *xdg = getenv("XDG_CACHE_HOME");
    if (xdg != NULL && xdg[0] == '/') {
        return path_join(xdg, "cowbird");
    }
    const char *home = getenv("HOME");
    if (home == NULL || home[0] != '/') {
        err_set(e, ERR_SYSTEM,
                "no place for the cache: set COWBIRD_CACHE_DIR or HOME");
        return NULL;
    }
    return path_join(home, ".cache/cowbird");
}

static int
prepare(const char *dir, struct err *e)
{
    static const char tag[]
        = "Signature: 8a477f597d28d172789f06886806bc55\n"
          "# This folder is cowbird's cache; see `cowbird cache`.\n";
    if (path_make_dirs(dir, 0700, e) < 0) {
        return -1;
    }
    if (access(dir, W_OK | X_OK) < 0) {
        return err_set(e, ERR_SYSTEM,
                       "the cache %s cannot be written (COWBIRD_CACHE_DIR "
                       "names another):",
                       dir);
    }
    struct statvfs fs;
    if (statvfs(dir, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0) {
        return err_set(e, ERR_USAGE,
                       "the cache %s is mounted noexec: no module can be "
                       "loaded from it (COWBIRD_CACHE_DIR names another)",
                       dir);
    }
    char *path = path_join(dir, "CACHEDIR.TAG");
    int status = path_is_file(path)
                     ? 0
                     : file_write(path, tag, sizeof(tag) - 1, e);
    free(path);
    return status;
}

const char *
cache_dir(struct err *e)
{
    char *dir = wanted_dir(e);
    if (dir == NULL) {
        return NULL;
    }
    if (last_dir != NULL && strcmp(dir, last_dir) == 0 && path_is_dir(dir)) {
        free(dir);
        return last_dir;
    }
    if (prepare(dir, e) < 0) {
        free(dir);
        return NULL;
    }
    free(last_dir);
    last_dir = dir;
    return last_dir;
}

bool
cache_is_at(const char *folder)
{
    struct stat is;
    struct stat ours;
    char *dir = wanted_dir(NULL);
    bool is_at = dir != NULL && stat(folder, &is) == 0
                 && stat(dir, &ours) == 0 && is.st_dev == ours.st_dev
                 && is.st_ino == ours.st_ino;
    free(dir);
    return is_at;
}

char *
cache_subdir(const char *name, struct err *e)
{
    const char *dir = cache_dir(e);
    if (dir == NULL) {
        return NULL;
    }
    char *path = path_join(dir, name);
    if (path_make_dirs(path, 0700, e) < 0) {
        free(path);
        return NULL;
    }
    return path;
}

char *
cache_file(const char *kind, const struct digest *key, struct err *e)
{
    char text[DIGEST_TEXT];
    char *dir = cache_subdir(kind, e);
    digest_text(key, text);
    char *path = dir == NULL ? NULL : path_join(dir, text);
    free(dir);
    return path;
}

char *
cache_entry(const char *kind, const struct digest *key, bool *is_there,
            struct err *e)
{
    *is_there = false;
    const char *dir = cache_dir(e);
    if (dir == NULL) {
        return NULL;
    }
    char text[DIGEST_TEXT];
    digest_text(key, text);
    char *path = mem_format("%s/%s/%.2s/%s", dir, kind, text, text);
    *is_there = path_is_dir(path);
    return path;
}

/* Whoever is about to make or to sweep private folders holds this, so that
 * a new one is never taken for one that was left behind. */
static int
lock_fillings(const char *dir, struct err *e)
{
    char *path = path_join(dir, "tmp.lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || flock(fd, LOCK_EX) < 0) {
        err_set(e, ERR_SYSTEM, "locking %s:", path);
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    free(path);
    return fd;
}

/* Removes what killed processes left. */
static void
sweep(const char *tmp)
{
    DIR *d = opendir(tmp);
    if (d == NULL) {
        return;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char *path = path_join(tmp, entry->d_name);
        int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
            file_remove_tree(path, NULL);
        }
        if (fd >= 0) {
            close(fd);
        }
        free(path);
    }
    closedir(d);
}

static char *
make_filling(const char *tmp, struct err *e)
{
    char *path = mem_format("%s/%d-XXXXXX", tmp, (int)getpid());
    int fd = -1;
    if (mkdtemp(path) != NULL) {
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (fd < 0 || flock(fd, LOCK_EX) < 0) {
        err_set(e, ERR_SYSTEM, "making a folder in %s:", tmp);
        if (fd >= 0) {
            close(fd);
        }
        free(path);
        return NULL;
    }
    fillings = mem_resize(fillings, filling_count + 1, sizeof(*fillings));
    fillings[filling_count++] = (struct filling){mem_copy_str(path), fd};
    return path;
}

static char *
begin(struct err *e)
{
    static bool is_swept;
    char *tmp = cache_subdir("tmp", e);
    if (tmp == NULL) {
        return NULL;
    }
    char *path = NULL;
    int lock = lock_fillings(last_dir, e);
    if (lock >= 0) {
        if (!is_swept) {
            sweep(tmp);
            is_swept = true;
        }
        path = make_filling(tmp, e);
        close(lock);
    }
    free(tmp);
    return path;
}

static void
forget_filling(const char *path)
{
    for (size_t i = 0; i < filling_count; i++) {
        if (strcmp(fillings[i].path, path) == 0) {
            close(fillings[i].fd);
            free(fillings[i].path);
            fillings[i] = fillings[--filling_count];
            break;
        }
    }
    if (filling_count == 0) {
        free(fillings);
        fillings = NULL;
    }
}

char *
cache_begin(struct err *e)
{
    char *path = ahead.owner == getpid() ? ahead.path : NULL;
    if (path == NULL) {
        return begin(e);
    }
    ahead.path = NULL;
    if (!path_is_dir(path)) {
        forget_filling(path);
        free(path);
        path = begin(e);
    }
    return path;
}

void
cache_begin_ahead(void)
{
    if (ahead.path == NULL) {
        ahead.path = begin(NULL);
        ahead.owner = getpid();
    }
}

void
cache_abandon_ahead(void)
{
    if (ahead.path != NULL) {
        cache_abandon(ahead.path);
        free(ahead.path);
        ahead.path = NULL;
    }
}

void
cache_abandon(const char *filled)
{
    file_remove_tree(filled, NULL);
    forget_filling(filled);
}

int
cache_publish(const char *filled, const char *kind, const struct digest *key,
              struct err *e)
{
    bool is_there;
    char *entry = cache_entry(kind, key, &is_there, e);
    if (entry == NULL) {
        return -1;
    }
    char *parent = path_dir(entry);
    int status = path_make_dirs(parent, 0700, e);
    if (status == 0 && rename(filled, entry) < 0) {
        if (errno == EEXIST || errno == ENOTEMPTY) {
            file_remove_tree(filled, NULL);
        }
        else {
            status = err_set(e, ERR_SYSTEM, "writing %s:", entry);
        }
    }
    if (status == 0) {
        forget_filling(filled);
    }
    free(parent);
    free(entry);
    return status;
}

int
cache_hold(const char *folder, struct err *e)
{
    char *path = path_join(folder, "lock");
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    if (fd < 0 || flock(fd, LOCK_SH) < 0) {
        err_set(e, ERR_SYSTEM, "locking %s:", path);
        if (fd >= 0) {
            close(fd);
        }
        fd = -1;
    }
    free(path);
    return fd;
}
