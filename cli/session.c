/* session: see session.h. */
#include "session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cache.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "wire/buf.h"

/* "/" + id + "/s" and the NUL behind the base. */
#define SOCKET_TAIL 12

/* Makes `path` (0700) or checks that it is ours alone: in a shared temporary
 * folder somebody else may have put a name there first. */
static int
make_private(const char *path, struct err *e)
{
    if (mkdir(path, 0700) < 0 && errno != EEXIST) {
        return err_set(e, ERR_SYSTEM, "making the folder %s:", path);
    }
    struct stat st;
    if (lstat(path, &st) < 0) {
        return err_set(e, ERR_SYSTEM, "looking at %s:", path);
    }
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid()) {
        return err_set(e, ERR_SYSTEM,
                       "%s is not a folder of yours: remove it or set "
                       "XDG_RUNTIME_DIR", path);
    }
    if ((st.st_mode & 077) != 0 && chmod(path, 0700) < 0) {
        return err_set(e, ERR_SYSTEM, "closing %s to others:", path);
    }
    return 0;
}

/* The folder that holds one folder a session, or NULL. */
static char *
base_dir(struct err *e)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (runtime != NULL && runtime[0] == '/' && path_is_dir(runtime)
        && access(runtime, W_OK) == 0)
    {
        char *base = path_join(runtime, "cowbird");
        if (strlen(base) + SOCKET_TAIL < sizeof(((struct sockaddr_un *)0)
                                                    ->sun_path)
            && make_private(base, e) == 0)
        {
            return base;
        }
        free(base);
        err_clear(e);
    }
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > 60
        || !path_is_dir(tmp))
    {
        tmp = "/tmp";
    }
    char *base = mem_format("%s/cowbird-%u", tmp, (unsigned)geteuid());
    if (make_private(base, e) < 0) {
        free(base);
        return NULL;
    }
    return base;
}

/* An exclusive lock on `dir`/lock, or -1 when somebody lives there. */
static int
take_lock(const char *dir)
{
    char *path = path_join(dir, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(path);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool
is_id(const char *name)
{
    return strlen(name) == 8 && strspn(name, "0123456789abcdef") == 8;
}

static void
remove_dead(const char *dir, const char *id)
{
    file_remove_tree(dir, NULL);
    char *sessions = cache_subdir("sessions", NULL);
    if (sessions != NULL) {
        char *images = path_join(sessions, id);
        file_remove_tree(images, NULL);
        free(images);
        free(sessions);
    }
}

static void
read_lines(const char *text, struct list *lines)
{
    while (text[0] != '\0') {
        size_t len = strcspn(text, "\n");
        list_add_taken(lines, mem_copy_range(text, len));
        text += len;
        text += text[0] == '\n';
    }
}

/* "PID ROOT", then a compile path a line. */
static int
read_info(const char *dir, const char *id, struct session_info *i)
{
    char *path = path_join(dir, "info");
    struct buf text = BUF_INIT;
    int status = -1;
    long pid = 0;
    int at = 0;
    if (file_read(path, &text, NULL) == 0
        && sscanf(buf_text(&text), "%ld %n", &pid, &at) == 1 && at > 0)
    {
        struct list lines = LIST_INIT;
        read_lines(text.data + at, &lines);
        *i = (struct session_info){.pid = pid};
        i->id = mem_copy_str(id);
        i->root = mem_copy_str(lines.count > 0 ? lines.items[0] : "");
        for (size_t line = 1; line < lines.count; line++) {
            list_add(&i->compile_paths, lines.items[line]);
        }
        list_dispose(&lines);
        i->socket = path_join(dir, "s");
        status = 0;
    }
    free(path);
    buf_dispose(&text);
    return status;
}

static int
by_pid(const void *a, const void *b)
{
    const struct session_info *x = a;
    const struct session_info *y = b;
    return x->pid < y->pid ? -1 : x->pid > y->pid;
}

int
session_list(struct session_info **infos, size_t *count, struct err *e)
{
    *infos = NULL;
    *count = 0;
    char *base = base_dir(e);
    if (base == NULL) {
        return -1;
    }
    DIR *dir = opendir(base);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (!is_id(entry->d_name)) {
            continue;
        }
        char *path = path_join(base, entry->d_name);
        int lock = take_lock(path);
        if (lock >= 0) {
            remove_dead(path, entry->d_name);
            close(lock);
        }
        else {
            *infos = mem_resize(*infos, *count + 1, sizeof(**infos));
            if (read_info(path, entry->d_name, &(*infos)[*count]) == 0) {
                (*count)++;
            }
        }
        free(path);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    free(base);
    if (*count > 1) {
        qsort(*infos, *count, sizeof(**infos), by_pid);
    }
    return 0;
}

void
session_info_dispose(struct session_info *i)
{
    free(i->id);
    free(i->root);
    free(i->socket);
    list_dispose(&i->compile_paths);
}

bool
session_compiles(const struct session_info *i, const char *path)
{
    for (size_t p = 0; p < i->compile_paths.count; p++) {
        if (path_is_below(path, i->compile_paths.items[p])) {
            return true;
        }
    }
    return false;
}

/* Removes the sessions of processes that were killed. */
static void
sweep(void)
{
    struct session_info *infos = NULL;
    size_t count = 0;
    session_list(&infos, &count, NULL);
    for (size_t i = 0; i < count; i++) {
        session_info_dispose(&infos[i]);
    }
    free(infos);
}

/* A folder of a fresh name in `base`, its lock in `lock_fd`. The lock is
 * taken before anyone can list the folder without it: the folder is made
 * under a name that is_id refuses, then renamed. */
static int
make_folder(struct session *s, const char *base, struct err *e)
{
    for (int attempt = 0; attempt < 16; attempt++) {
        unsigned random = 0;
        if (getrandom(&random, sizeof(random), 0) != sizeof(random)) {
            return err_set(e, ERR_SYSTEM, "asking for random bytes:");
        }
        char *fresh = mem_format("%s/new-%08x", base, random);
        s->id = mem_format("%08x", random);
        s->dir = path_join(base, s->id);
        if (!path_is_dir(s->dir) && mkdir(fresh, 0700) == 0) {
            s->lock_fd = take_lock(fresh);
            if (s->lock_fd >= 0 && rename(fresh, s->dir) == 0) {
                free(fresh);
                return 0;
            }
            rmdir(fresh);
        }
        free(fresh);
        free(s->dir);
        free(s->id);
        s->dir = NULL;
        s->id = NULL;
    }
    return err_set(e, ERR_SYSTEM, "making a session folder in %s:", base);
}

static int
listen_on(struct session *s, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *path = path_join(s->dir, "s");
    size_t len = strlen(path);
    if (len >= sizeof(address.sun_path)) {
        err_set(e, ERR_SYSTEM,
                "the session's path %s is too long for a socket: set "
                "XDG_RUNTIME_DIR to a shorter one", path);
        free(path);
        return -1;
    }
    memcpy(address.sun_path, path, len + 1);
    free(path);
    s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          0);
    if (s->listen_fd < 0
        || bind(s->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0
        || listen(s->listen_fd, 128) < 0)
    {
        return err_set(e, ERR_SYSTEM, "listening on %s:", address.sun_path);
    }
    return 0;
}

static int
write_info(const struct session *s, const struct list *compile_paths,
           struct err *e)
{
    char *path = path_join(s->dir, "info");
    char *watched = list_join(compile_paths, "\n");
    char *text = mem_format("%ld %s\n%s\n", (long)getpid(), s->root, watched);
    int status = file_write(path, text, strlen(text), e);
    free(path);
    free(watched);
    free(text);
    return status;
}

int
session_open(struct session *s, const char *root,
             const struct list *compile_paths, struct err *e)
{
    *s = (struct session){.lock_fd = -1, .listen_fd = -1};
    sweep();
    char *base = base_dir(e);
    if (base == NULL) {
        return -1;
    }
    int status = make_folder(s, base, e);
    free(base);
    if (status < 0) {
        return -1;
    }
    s->root = mem_copy_str(root);
    char *sessions = cache_subdir("sessions", e);
    if (sessions == NULL) {
        return -1;
    }
    s->images = path_join(sessions, s->id);
    free(sessions);
    if (write_info(s, compile_paths, e) < 0
        || path_make_dirs(s->images, 0700, e) < 0)
    {
        return -1;
    }
    return listen_on(s, e);
}

void
session_close(struct session *s)
{
    if (s->listen_fd >= 0) {
        close(s->listen_fd);
    }
    if (s->images != NULL) {
        file_remove_tree(s->images, NULL);
    }
    if (s->dir != NULL) {
        file_remove_tree(s->dir, NULL);
    }
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    free(s->id);
    free(s->dir);
    free(s->images);
    free(s->root);
    *s = (struct session){.lock_fd = -1, .listen_fd = -1};
}

int
session_connect(const struct session_info *i, struct err *e)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(i->socket);
    if (len >= sizeof(address.sun_path)) {
        return err_set(e, ERR_SYSTEM, "%s is too long for a socket",
                       i->socket);
    }
    memcpy(address.sun_path, i->socket, len + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0
        || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    {
        err_set(e, ERR_SYSTEM, "connecting to session %s:", i->id);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    return fd;
}
