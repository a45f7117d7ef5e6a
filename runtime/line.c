/* line: see line.h. */
#include "pyabi.h"

#include "line.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/msg.h"

#include "guard.h"

#define SEND_MS 5000

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
    return 0;
}

int
line_send(const struct line *l, struct buf *b)
{
    struct err e = ERR_INIT;
    int done = -1;
    if (handle_is_ours(&l->socket) && msg_finish(b, &e) == 0) {
        done = msg_send(l->socket.fd, b, SEND_MS, &e);
    }
    buf_dispose(b);
    return done;
}
