/* warm_stop: makes a compiler wait in the middle of its work; preloaded into
 * gcc's cc1 and into clang, nothing of it runs in cowbird itself.
 *
 * The compiler stops when it opens a file that the bench has named, and takes
 * orders from a socket there: for each it forks, and the child goes on with
 * the descriptors that came along, as a compiler does that was started just
 * now. What it has parsed serves every order. On its way to the stop it lists
 * the files that it opens. One thread, as compilers have.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "warm_stop.h"

static struct {
    char *place;  /* the file at which to wait; NULL: no longer */
    char *source; /* is read from `text`, once; NULL: it is itself */
    int text;     /* -1: no longer */
    int order;    /* the socket */
    int listing;
    int answer;   /* in the child of an order: its pipe */
} stop = {NULL, NULL, -1, -1, -1, -1};

static int
take_number(const char *name)
{
    const char *value = getenv(name);
    int number = value == NULL ? -1 : atoi(value);
    unsetenv(name);
    return number;
}

static char *
take_text(const char *name)
{
    const char *value = getenv(name);
    char *copy = value == NULL ? NULL : strdup(value);
    unsetenv(name);
    return copy;
}

__attribute__((constructor)) static void
begin(void)
{
    unsetenv("LD_PRELOAD");
    stop.place = take_text(WARM_STOP_PLACE);
    stop.source = take_text(WARM_STOP_SOURCE);
    stop.text = stop.source == NULL ? -1 : take_number(WARM_STOP_TEXT);
    stop.order = take_number(WARM_STOP_ORDER);
    stop.listing = take_number(WARM_STOP_LISTING);
}

/* -- an order's child ----------------------------------------------------- */

/* The compiler ends: what it wrote is whole. The memory of a compiler takes a
 * while to be given back; nobody has to wait for that. */
static void
tell_end(int status, void *data)
{
    unsigned char word[2] = {WARM_STOP_ENDED, (unsigned char)status};
    (void)data;
    fflush(NULL);
    close(STDOUT_FILENO);
    ssize_t n = write(stop.answer, word, sizeof(word));
    _exit(n == sizeof(word) ? status : 1);
}

/* `fd` takes the place of the compiler's output, with what it holds already:
 * a compiler writes its first lines before it reads. */
static int
replace(int ours, int fd)
{
    off_t at = 0;
    struct stat st;
    fflush(NULL);
    if (fstat(ours, &st) == 0 && S_ISREG(st.st_mode)) {
        while (at < st.st_size
               && sendfile(fd, ours, &at, (size_t)(st.st_size - at)) > 0)
        {
        }
    }
    return dup2(fd, ours);
}

static int
go_on(const struct warm_stop_order *o, const int fds[WARM_STOP_FDS])
{
    int saved[WARM_STOP_FDS];
    unsigned char word = WARM_STOP_BEGUN;
    stop.answer = fds[WARM_STOP_FD_ANSWER];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_DFL);
    if (setpgid(0, o->group) < 0
        || write(stop.answer, &word, 1) != 1
        || replace(STDOUT_FILENO, fds[WARM_STOP_FD_OUT]) < 0
        || replace(STDERR_FILENO, fds[WARM_STOP_FD_WORDS]) < 0
        || dup2(fds[WARM_STOP_FD_RULE], WARM_STOP_RULE) < 0)
    {
        _exit(1);
    }
    setpriority(PRIO_PROCESS, 0, o->nice);
    memcpy(saved, fds, sizeof(saved));
    close(saved[WARM_STOP_FD_OUT]);
    close(saved[WARM_STOP_FD_WORDS]);
    close(stop.order);
    stop.listing = -1;
    on_exit(tell_end, NULL);
    return saved[WARM_STOP_FD_REST];
}

/* -- the stop ------------------------------------------------------------- */

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(WARM_STOP_FDS * sizeof(int))];
};

/* False when the bench is gone or speaks otherwise. */
static bool
take_order(struct warm_stop_order *o, int fds[WARM_STOP_FDS])
{
    union control control;
    struct iovec io = {o, sizeof(*o)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    ssize_t n;
    do {
        n = recvmsg(stop.order, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n == sizeof(*o) ? CMSG_FIRSTHDR(&m) : NULL;
    if (c == NULL || c->cmsg_type != SCM_RIGHTS
        || c->cmsg_len != CMSG_LEN(WARM_STOP_FDS * sizeof(int)))
    {
        return false;
    }
    memcpy(fds, CMSG_DATA(c), WARM_STOP_FDS * sizeof(int));
    return true;
}

/* What it says about headers an order's child says too, for it is in the file
 * already. But after an error there is nothing to wait for; and a line that it
 * has quoted from the source it would quote again, whatever it is by then. */
static bool
is_in_vain(void)
{
    static char words[65536];
    ssize_t n = pread(STDERR_FILENO, words, sizeof(words) - 1, 0);
    size_t len = stop.source == NULL ? 0 : strlen(stop.source);
    if (n < 0 || n == sizeof(words) - 1) {
        return true;
    }
    words[n] = '\0';
    if (strstr(words, "error: ") != NULL) {
        return true;
    }
    for (const char *at = words; *at != '\0' && len > 0;) {
        if (strncmp(at, stop.source, len) == 0 && at[len] == ':') {
            return true;
        }
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return false;
}

/* Returns in the child of an order only: the descriptor of what it is to
 * read, in place of the file that does not exist. */
static int
wait_for_orders(void)
{
    int fds[WARM_STOP_FDS];
    struct warm_stop_order order;
    pid_t ready = WARM_STOP_READY;
    fflush(NULL);
    if (is_in_vain()
        || send(stop.order, &ready, sizeof(ready), MSG_NOSIGNAL) < 0)
    {
        _exit(1);
    }
    signal(SIGCHLD, SIG_IGN); /* children are nobody's to wait for */
    while (take_order(&order, fds)) {
        if (fork() == 0) {
            return go_on(&order, fds);
        }
        for (int i = 0; i < WARM_STOP_FDS; i++) {
            close(fds[i]);
        }
    }
    _exit(0);
}

/* -- in libc's place ------------------------------------------------------ */

/* As libtcc lists what it reads. */
static void
list(const char *path, int flags)
{
    struct stat st;
    if (stop.listing >= 0 && (flags & O_ACCMODE) == O_RDONLY
        && stat(path, &st) == 0 && S_ISREG(st.st_mode)
        && strncmp(path, "/proc/", 6) != 0
        && strncmp(path, "/sys/", 5) != 0)
    {
        dprintf(stop.listing, "-> %s\n", path);
    }
}

static int
open_here(const char *path, int flags, mode_t mode)
{
    if (stop.place != NULL && strcmp(path, stop.place) == 0) {
        stop.place = NULL;
        int rest = wait_for_orders();
        if (rest >= 0) {
            return rest;
        }
    }
    else if (stop.text >= 0 && strcmp(path, stop.source) == 0) {
        int text = stop.text;
        stop.text = -1;
        return text;
    }
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0) {
        list(path, flags);
    }
    return fd;
}

static mode_t
mode_of(int flags, va_list more)
{
    bool makes = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return makes ? va_arg(more, mode_t) : 0;
}

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);

__attribute__((visibility("default"))) int
open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return open_here(path, flags, mode);
}

__attribute__((visibility("default"))) int
open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_of(flags, more);
    va_end(more);
    return open_here(path, flags | O_LARGEFILE, mode);
}
