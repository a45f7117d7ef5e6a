/* file: see file.h. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

int
file_read(const char *path, struct buf *out, struct err *e)
{
    /* O_NONBLOCK: opening a FIFO that somebody left in the tree must not
     * hang the bench. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return err_set(e, ERR_SYSTEM, "reading %s:", path);
    }
    int status = -1;
    struct stat st;
    if (fstat(fd, &st) < 0) {
        err_set(e, ERR_SYSTEM, "reading %s:", path);
        goto done;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, ERR_SYSTEM, "%s is no regular file", path);
        goto done;
    }
    char bytes[65536];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n > 0) {
            buf_add(out, bytes, (size_t)n);
        }
        else if (n == 0) {
            break;
        }
        else if (errno != EINTR) {
            err_set(e, ERR_SYSTEM, "reading %s:", path);
            goto done;
        }
    }
    if (out->is_broken) {
        err_set(e, ERR_SYSTEM, "out of memory reading %s", path);
        goto done;
    }
    status = 0;
done:
    close(fd);
    return status;
}

static int
write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* A fresh sibling of `path`, its descriptor in `*fd`. */
static char *
open_sibling(const char *path, int *fd, struct err *e)
{
    char *name = mem_format("%s.%d.XXXXXX.tmp", path, (int)getpid());
    *fd = mkostemps(name, 4, O_CLOEXEC);
    if (*fd < 0) {
        err_set(e, ERR_SYSTEM, "writing %s:", path);
        free(name);
        return NULL;
    }
    mode_t mask = umask(0);
    umask(mask);
    fchmod(*fd, 0644 & ~mask);
    return name;
}

/* Renames the sibling into place, or removes it when `is_whole` is false. */
static int
finish_sibling(char *name, int fd, const char *path, bool is_whole,
               struct err *e)
{
    int status = -1;
    if (close(fd) < 0 || !is_whole || rename(name, path) < 0) {
        err_set(e, ERR_SYSTEM, "writing %s:", path);
        unlink(name);
    }
    else {
        status = 0;
    }
    free(name);
    return status;
}

int64_t
file_changed_ns(const char *path)
{
    struct stat st;
    return stat(path, &st) < 0 ? 0
                               : (int64_t)st.st_mtim.tv_sec * 1000000000
                                     + st.st_mtim.tv_nsec;
}

int
file_write(const char *path, const void *bytes, size_t len, struct err *e)
{
    int fd = -1;
    char *name = open_sibling(path, &fd, e);
    if (name == NULL) {
        return -1;
    }
    return finish_sibling(name, fd, path, write_all(fd, bytes, len) == 0, e);
}

int
file_write_new(const char *path, const void *bytes, size_t len, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool is_whole = fd >= 0 && write_all(fd, bytes, len) == 0;
    if (fd < 0 || close(fd) < 0 || !is_whole) {
        return err_set(e, ERR_SYSTEM, "writing %s:", path);
    }
    return 0;
}

int
file_copy(const char *from, const char *to, struct err *e)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) {
        return err_set(e, ERR_SYSTEM, "reading %s:", from);
    }
    int out = -1;
    char *name = open_sibling(to, &out, e);
    if (name == NULL) {
        close(in);
        return -1;
    }
    bool is_whole = false;
    char bytes[65536];
    for (;;) {
        ssize_t n = copy_file_range(in, NULL, out, NULL, 1u << 30, 0);
        if (n < 0) {
            n = read(in, bytes, sizeof(bytes));
            if (n > 0 && write_all(out, bytes, (size_t)n) < 0) {
                break;
            }
        }
        if (n == 0) {
            is_whole = true;
            break;
        }
        if (n < 0 && errno != EINTR) {
            break;
        }
    }
    close(in);
    return finish_sibling(name, out, to, is_whole, e);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

int
file_remove_tree(const char *path, struct err *e)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0
        && errno != ENOENT)
    {
        return err_set(e, ERR_SYSTEM, "removing %s:", path);
    }
    return 0;
}
