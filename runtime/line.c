/* line: see line.h. */
#include "pyabi.h"

#include "line.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "wire/msg.h"

#include "guard.h"

#define SEND_MS 5000
/* Until memory is asked for again. */
#define SHORT_NS 50000000

int
handle_take(struct handle *h, int fd)
{
    struct stat s;
    if (fd < 0 || fstat(fd, &s) < 0) {
        return -1;
    }
    *h = (struct handle){fd, s.st_dev, s.st_ino};
    return 0;
}

bool
handle_is_ours(const struct handle *h)
{
    struct stat s;
    return h->fd >= 0 && fstat(h->fd, &s) == 0 && s.st_dev == h->device
           && s.st_ino == h->inode;
}

void
handle_close(struct handle *h)
{
    if (handle_is_ours(h)) {
        close(h->fd);
    }
    h->fd = -1;
}

/* Whoever listens must be the user who runs the app, or root. */
static bool
is_trusted(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0
           && (peer.uid == geteuid() || peer.uid == 0);
}

int
line_open(struct line *l, const char *session)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int len = PyOS_snprintf(to.sun_path, sizeof(to.sun_path), "%s/s",
                            session);
    if (len < 0 || (size_t)len >= sizeof(to.sun_path)) {
        return -1;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (handle_take(&l->socket, fd) < 0) {
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0
        || !is_trusted(fd))
    {
        handle_close(&l->socket);
        return -1;
    }
    if (!buf_reserve(&l->answer, LINE_ANSWER)) {
        handle_close(&l->socket);
        return -1;
    }
    return 0;
}

void
line_close(struct line *l)
{
    handle_close(&l->socket);
    buf_dispose(&l->in);
    buf_dispose(&l->answer);
}

void
line_pause(void)
{
    struct timespec pause = {0, SHORT_NS};
    nanosleep(&pause, NULL);
}

int
line_read(struct line *l)
{
    char bytes[16384];
    if (!buf_reserve(&l->in, sizeof(bytes))) {
        line_pause();
        return 0;
    }
    ssize_t n = recv(l->socket.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -1;
    }
    buf_add(&l->in, bytes, (size_t)n);
    return n == 0 ? -1 : 0;
}

static int
finish(const struct line *l, struct buf *b)
{
    struct err e = ERR_INIT;
    return handle_is_ours(&l->socket) && msg_finish(b, &e) == 0
               ? msg_send(l->socket.fd, b, SEND_MS, &e)
               : -1;
}

int
line_answer(struct line *l)
{
    int done = l->answer.len > 0 ? finish(l, &l->answer) : 0;
    buf_clear(&l->answer);
    return done;
}

int
line_send(const struct line *l, struct buf *b)
{
    int done = finish(l, b);
    buf_dispose(b);
    return done;
}
