/* msg: see msg.h. */
#include "wire/msg.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static void
put_le(char *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        at[i] = (char)(value >> (8 * i));
    }
}

static uint64_t
get_le(const char *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) {
        value |= (uint64_t)(unsigned char)at[i] << (8 * i);
    }
    return value;
}

void
msg_start(struct buf *b, enum msg_type type)
{
    char header[MSG_HEADER];
    put_le(header, 0, 4);
    put_le(header + 4, (uint64_t)type, 2);
    put_le(header + 6, MSG_VERSION, 2);
    buf_clear(b);
    buf_add(b, header, sizeof(header));
}

void
msg_put_u64(struct buf *b, uint64_t value)
{
    char bytes[8];
    put_le(bytes, value, 8);
    buf_add(b, bytes, 8);
}

void
msg_hold_join(struct msg_hold *all, const struct msg_hold *one)
{
    if (one->held_ns > all->held_ns) {
        all->held_ns = one->held_ns;
    }
    if (one->worked_ns > all->worked_ns) {
        all->worked_ns = one->worked_ns;
    }
    all->preempted += one->preempted;
    all->faults += one->faults;
}

void
msg_put_hold(struct buf *b, const struct msg_hold *hold)
{
    msg_put_u64(b, hold->held_ns);
    msg_put_u64(b, hold->worked_ns);
    msg_put_u64(b, hold->preempted);
    msg_put_u64(b, hold->faults);
}

void
msg_put_str(struct buf *b, const char *text)
{
    size_t len = strlen(text);
    char bytes[4];
    put_le(bytes, len, 4);
    buf_add(b, bytes, 4);
    buf_add(b, text, len);
}

int
msg_finish(struct buf *b, struct err *e)
{
    if (b->is_broken) {
        return err_set(e, ERR_SYSTEM, "out of memory writing a message");
    }
    if (b->len < MSG_HEADER || b->len - MSG_HEADER > MSG_MAX) {
        return err_set(e, ERR_BUG, "a message of %zu bytes cannot be sent",
                       b->len);
    }
    put_le(b->data, b->len - MSG_HEADER, 4);
    return 0;
}

static bool
has(struct msg *m, size_t bytes)
{
    if (m->is_bad || (size_t)(m->end - m->at) < bytes) {
        m->is_bad = true;
        return false;
    }
    return true;
}

uint64_t
msg_get_u64(struct msg *m)
{
    if (!has(m, 8)) {
        return 0;
    }
    uint64_t value = get_le(m->at, 8);
    m->at += 8;
    return value;
}

struct msg_hold
msg_get_hold(struct msg *m)
{
    struct msg_hold hold;
    hold.held_ns = msg_get_u64(m);
    hold.worked_ns = msg_get_u64(m);
    hold.preempted = msg_get_u64(m);
    hold.faults = msg_get_u64(m);
    return hold;
}

char *
msg_get_str(struct msg *m)
{
    if (!has(m, 4)) {
        return NULL;
    }
    size_t len = (size_t)get_le(m->at, 4);
    m->at += 4;
    if (!has(m, len) || memchr(m->at, '\0', len) != NULL) {
        m->is_bad = true;
        return NULL;
    }
    char *text = malloc(len + 1);
    if (text == NULL) {
        m->is_bad = true;
        m->is_short = true;
        return NULL;
    }
    memcpy(text, m->at, len);
    text[len] = '\0';
    m->at += len;
    return text;
}

uint64_t
msg_get_count(struct msg *m, size_t least)
{
    uint64_t count = msg_get_u64(m);
    if (m->is_bad || count > (uint64_t)(m->end - m->at) / least) {
        m->is_bad = true;
        return 0;
    }
    return count;
}

int
msg_end(struct msg *m, struct err *e)
{
    if (m->is_bad || m->at != m->end) {
        return err_set(e, ERR_BUG, "message %u does not have its fields",
                       m->type);
    }
    return 0;
}

int
msg_parse(const struct buf *in, struct msg *m, size_t *taken, struct err *e)
{
    if (in->is_broken) {
        return err_set(e, ERR_SYSTEM, "out of memory reading a message");
    }
    if (in->len < MSG_HEADER) {
        return 0;
    }
    size_t len = (size_t)get_le(in->data, 4);
    unsigned version = (unsigned)get_le(in->data + 6, 2);
    if (version != MSG_VERSION) {
        return err_set(e, ERR_BUG,
                       "the other side speaks version %u, this one %d",
                       version, MSG_VERSION);
    }
    if (len > MSG_MAX) {
        return err_set(e, ERR_BUG, "a message of %zu bytes is too long", len);
    }
    if (in->len - MSG_HEADER < len) {
        return 0;
    }
    m->type = (uint16_t)get_le(in->data + 4, 2);
    m->at = in->data + MSG_HEADER;
    m->end = m->at + len;
    m->is_bad = false;
    m->is_short = false;
    *taken = MSG_HEADER + len;
    return 1;
}

static int64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until `fd` has `events`: 0, or -1 after the deadline. */
static int
wait_for(int fd, short events, int64_t deadline, struct err *e)
{
    for (;;) {
        int left = -1;
        if (deadline >= 0) {
            int64_t ms = deadline - now_ms();
            left = ms < 0 ? 0 : (int)ms;
        }
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, left);
        if (n > 0) {
            return 0;
        }
        if (n == 0) {
            return err_set(e, ERR_SYSTEM, "no answer in time");
        }
        if (errno != EINTR) {
            return err_set(e, ERR_SYSTEM, "waiting for the socket:");
        }
    }
}

int
msg_send(int fd, const struct buf *b, int timeout_ms, struct err *e)
{
    int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    size_t sent = 0;
    while (sent < b->len) {
        ssize_t n = send(fd, b->data + sent, b->len - sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) {
            sent += (size_t)n;
        }
        else if (errno == EAGAIN) {
            if (wait_for(fd, POLLOUT, deadline, e) < 0) {
                return -1;
            }
        }
        else if (errno == EPIPE || errno == ECONNRESET) {
            return err_set(e, ERR_CLOSED, "the other side is gone");
        }
        else if (errno != EINTR) {
            return err_set(e, ERR_SYSTEM, "sending a message:");
        }
    }
    return 0;
}

int
msg_recv(int fd, struct buf *in, struct msg *m, size_t *taken, int timeout_ms,
         struct err *e)
{
    int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    for (;;) {
        int found = msg_parse(in, m, taken, e);
        if (found != 0) {
            return found;
        }
        if (wait_for(fd, POLLIN, deadline, e) < 0) {
            return -1;
        }
        char bytes[16384];
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0) {
            buf_add(in, bytes, (size_t)n);
        }
        else if (n == 0 || errno == ECONNRESET) {
            return err_set(e, ERR_CLOSED, "the other side is gone");
        }
        else if (errno != EAGAIN && errno != EINTR) {
            return err_set(e, ERR_SYSTEM, "reading a message:");
        }
    }
}
