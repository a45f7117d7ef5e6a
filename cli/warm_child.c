/* warm_child: see warm_child.h. */
#include "warm_child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "compile_child.h"

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(2 * sizeof(int))];
};

/* Nothing of the bench's may stay open here: its peers and its lock would
 * seem to live on. */
static void
keep_only(int a, int b)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= 2 && null >= 0; i++) {
        dup2(null, i);
    }
    DIR *all = opendir("/proc/self/fd");
    struct dirent *d;
    while (all != NULL && (d = readdir(all)) != NULL) {
        int fd = atoi(d->d_name);
        if (fd > 2 && fd != a && fd != b && fd != dirfd(all)) {
            close(fd);
        }
    }
    if (all == NULL) {
        _exit(2);
    }
    closedir(all);
}

void
warm_child_begin(pid_t parent, int a, int b)
{
    compile_child_begin(parent);
    keep_only(a, b);
}

bool
warm_child_wait(int fd, struct buf *text, int fds[2])
{
    char bytes[4096];
    union control control;
    struct iovec io = {bytes, sizeof(bytes)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    ssize_t n;
    do {
        n = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    struct cmsghdr *c = n <= 0 ? NULL : CMSG_FIRSTHDR(&m);
    if (c == NULL || c->cmsg_type != SCM_RIGHTS) {
        return false;
    }
    size_t len = c->cmsg_len - CMSG_LEN(0);
    fds[0] = fds[1] = -1;
    memcpy(fds, CMSG_DATA(c), len > 2 * sizeof(int) ? 2 * sizeof(int) : len);
    buf_clear(text);
    buf_add(text, bytes, (size_t)n);
    return true;
}

bool
warm_child_order(int fd, const char *text, const int fds[2])
{
    union control control;
    size_t len = fds[1] < 0 ? sizeof(int) : 2 * sizeof(int);
    memset(&control, 0, sizeof(control));
    struct iovec io = {(void *)text, strlen(text)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = CMSG_SPACE(len)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), fds, len);
    return sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

int
warm_child_file(const char *name, const struct buf *b)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) {
        _exit(2);
    }
    child_write(fd, b->data, b->len);
    if (lseek(fd, 0, SEEK_SET) < 0) {
        _exit(2);
    }
    return fd;
}
