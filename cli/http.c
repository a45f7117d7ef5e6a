/* http: see http.h. */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"

enum { MOST_BYTES = 1 << 20 };

/* Until the socket is ready. */
static int
wait_ready(const struct http_request *r, int fd, short events, struct err *e)
{
    for (;;) {
        int64_t left_ns = r->deadline_ns - clock_now_ns();
        if (left_ns <= 0) {
            return err_set(e, ERR_SYSTEM,
                           "no answer in time from 127.0.0.1:%d", r->port);
        }
        struct pollfd fds[] = {{fd, events, 0}, {r->stop_fd, POLLIN, 0}};
        int64_t left_ms = left_ns / 1000000 + 1;
        int ready = poll(fds, 2, left_ms > 1000 ? 1000 : (int)left_ms);
        if (ready < 0 && errno != EINTR) {
            return err_set(e, ERR_SYSTEM, "waiting for 127.0.0.1:%d:",
                           r->port);
        }
        if (ready > 0 && fds[1].revents != 0) {
            return err_set(e, ERR_REFUSED, "interrupted");
        }
        if (ready > 0 && fds[0].revents != 0) {
            return 0;
        }
    }
}

static int
open_connection(const struct http_request *r, struct err *e)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return err_set(e, ERR_SYSTEM, "opening a socket:");
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)r->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int failure = 0;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        failure = errno;
    }
    if (failure == EINPROGRESS) {
        socklen_t len = sizeof(failure);
        if (wait_ready(r, fd, POLLOUT, e) < 0) {
            close(fd);
            return -1;
        }
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &len);
    }
    if (failure != 0) {
        close(fd);
        errno = failure;
        return err_set(e, ERR_CLOSED, "connecting to 127.0.0.1:%d:",
                       r->port);
    }
    return fd;
}

static int
send_all(const struct http_request *r, int fd, const struct buf *text,
         struct err *e)
{
    size_t sent = 0;
    while (sent < text->len) {
        if (wait_ready(r, fd, POLLOUT, e) < 0) {
            return -1;
        }
        ssize_t n = send(fd, text->data + sent, text->len - sent,
                         MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
        }
        else if (errno != EAGAIN && errno != EINTR) {
            return err_set(e, ERR_CLOSED, "asking 127.0.0.1:%d:", r->port);
        }
    }
    return 0;
}

/* To the end of the stream: HTTP/1.0 ends an answer by closing. */
static int
receive_all(const struct http_request *r, int fd, struct buf *answer,
            struct err *e)
{
    char bytes[4096];
    for (;;) {
        if (wait_ready(r, fd, POLLIN, e) < 0) {
            return -1;
        }
        ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
        if (n == 0) {
            return 0;
        }
        if (n > 0) {
            buf_add(answer, bytes, (size_t)n);
        }
        else if (errno != EAGAIN && errno != EINTR) {
            return err_set(e, ERR_CLOSED, "hearing 127.0.0.1:%d:", r->port);
        }
        if (answer->len > MOST_BYTES) {
            return err_set(e, ERR_SYSTEM,
                           "more than 1 MB from 127.0.0.1:%d", r->port);
        }
    }
}

/* The length that the head promises; -1 when it promises none. */
static long
promised_len(const char *head, const char *end)
{
    static const char name[] = "\r\ncontent-length:";
    for (const char *at = head; at < end; at++) {
        if (strncasecmp(at, name, sizeof(name) - 1) == 0) {
            return strtol(at + sizeof(name) - 1, NULL, 10);
        }
    }
    return -1;
}

static int
take_apart(const struct http_request *r, const struct buf *answer, int *code,
           struct buf *body, struct err *e)
{
    const char *text = buf_text(answer);
    const char *end = strstr(text, "\r\n\r\n");
    if (answer->len == 0 || end == NULL) {
        return err_set(e, ERR_CLOSED,
                       "127.0.0.1:%d hung up in the middle of its answer",
                       r->port);
    }
    if (sscanf(text, "HTTP/1.%*1d %3d", code) != 1) {
        return err_set(e, ERR_SYSTEM, "what 127.0.0.1:%d answers is no HTTP",
                       r->port);
    }
    size_t head_len = (size_t)(end + 4 - text);
    long promised = promised_len(text, end);
    if (promised >= 0 && (size_t)promised > answer->len - head_len) {
        return err_set(e, ERR_CLOSED,
                       "127.0.0.1:%d sent %zu of %ld promised bytes", r->port,
                       answer->len - head_len, promised);
    }
    buf_add(body, text + head_len, answer->len - head_len);
    return 0;
}

int
http_get(const struct http_request *r, int *code, struct buf *body,
         struct err *e)
{
    struct buf question = BUF_INIT;
    struct buf answer = BUF_INIT;
    int status = -1;
    int fd = open_connection(r, e);
    if (fd < 0) {
        return -1;
    }
    buf_add_fmt(&question,
                "GET %s HTTP/1.0\r\nHost: 127.0.0.1:%d\r\n"
                "Connection: close\r\n\r\n",
                r->path, r->port);
    if (send_all(r, fd, &question, e) == 0
        && receive_all(r, fd, &answer, e) == 0)
    {
        status = take_apart(r, &answer, code, body, e);
    }
    buf_dispose(&question);
    buf_dispose(&answer);
    close(fd);
    return status;
}
