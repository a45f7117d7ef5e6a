/* peer: see peer.h. */
#include "peer.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

/* More than this waiting for one peer means that it has not read for long:
 * it is cut off, and says hello again when it runs. */
#define MOST_WAITING (64u << 20)

struct peers {
    struct loop *loop;
    int listen_fd;
    struct peer_handler handler;
    struct peer *first;
    unsigned depth; /* callbacks on the stack: nothing is freed meanwhile */
};

static void
forget_images(struct peer *p)
{
    for (size_t i = 0; i < p->image_count; i++) {
        free(p->images[i].name);
        free(p->images[i].why);
    }
    free(p->images);
    p->images = NULL;
    p->image_count = 0;
}

static void
free_peer(struct peer *p)
{
    forget_images(p);
    for (size_t i = 0; i < p->tags_count; i++) {
        free(p->tags[i].type);
    }
    free(p->tags);
    for (size_t i = 0; i < p->module_count; i++) {
        free(p->modules[i].name);
    }
    free(p->modules);
    free(p->soabi);
    free(p->executable);
    free(p->version);
    buf_dispose(&p->in);
    buf_dispose(&p->out);
    free(p);
}

static void
bury(struct peers *all)
{
    if (all->depth > 0) {
        return;
    }
    struct peer **at = &all->first;
    while (*at != NULL) {
        struct peer *p = *at;
        if (p->is_dead) {
            *at = p->next;
            free_peer(p);
        }
        else {
            at = &p->next;
        }
    }
}

static void
end(struct peer *p)
{
    struct peers *all = p->owner;
    if (p->is_dead) {
        return;
    }
    p->is_dead = true;
    loop_remove_fd(all->loop, p->fd);
    close(p->fd);
    p->fd = -1;
    all->depth++;
    all->handler.on_gone(all->handler.data, p);
    all->depth--;
}

static void on_ready(void *data, int fd, short events);

/* Nothing more for this one. The loop sees the end of the connection and
 * tells: on_gone never comes while somebody walks the peers to send. */
static void
cut(struct peer *p)
{
    shutdown(p->fd, SHUT_RDWR);
    buf_clear(&p->out);
    p->is_cut = true;
}

static void
flush(struct peer *p)
{
    while (p->out.len > 0) {
        ssize_t n = send(p->fd, p->out.data, p->out.len,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            buf_consume(&p->out, (size_t)n);
        }
        else if (errno == EAGAIN) {
            break;
        }
        else if (errno != EINTR) {
            cut(p);
            break;
        }
    }
    loop_add_fd(p->owner->loop, p->fd,
                (short)(p->out.len > 0 ? POLLIN | POLLOUT : POLLIN),
                on_ready, p);
}

void
peer_send(struct peer *p, struct buf *b)
{
    struct err e = ERR_INIT;
    if (p->is_dead || p->is_cut || msg_finish(b, &e) < 0) {
        return;
    }
    buf_add(&p->out, b->data, b->len);
    if (p->out.is_broken || p->out.len > MOST_WAITING) {
        cut(p);
    }
    flush(p);
}

static void
send_word(struct peer *p, enum msg_type type, uint64_t word)
{
    struct buf b = BUF_INIT;
    msg_start(&b, type);
    msg_put_u64(&b, word);
    peer_send(p, &b);
    buf_dispose(&b);
}

void
peer_tell_late(struct peer *p, bool is_late)
{
    if (p->is_told_late != is_late) {
        p->is_told_late = is_late;
        send_word(p, MSG_LATE, is_late);
    }
}

void
peer_tell_company(struct peer *p)
{
    if (!p->has_company) {
        p->has_company = true;
        send_word(p, MSG_COMPANY, 0);
    }
}

struct peer_module *
peer_module(const struct peer *p, const char *name)
{
    for (size_t i = 0; i < p->module_count; i++) {
        if (strcmp(p->modules[i].name, name) == 0) {
            return &p->modules[i];
        }
    }
    return NULL;
}

void
peer_forget_asked(struct peer *p)
{
    for (size_t i = 0; i < p->module_count; i++) {
        p->modules[i].asked = 0;
    }
}

static void
set_module(struct peer *p, char *name, uint64_t generation)
{
    struct peer_module *m = peer_module(p, name);
    if (m == NULL) {
        p->modules = mem_resize(p->modules, p->module_count + 1,
                                sizeof(*p->modules));
        m = &p->modules[p->module_count++];
        *m = (struct peer_module){.name = mem_copy_str(name)};
    }
    m->generation = generation;
}

static int
read_hello(struct peer *p, struct msg *m, struct err *e)
{
    p->pid = (long)msg_get_u64(m);
    p->ppid = (long)msg_get_u64(m);
    free(p->soabi);
    free(p->executable);
    free(p->version);
    p->soabi = msg_get_str(m);
    p->executable = msg_get_str(m);
    p->version = msg_get_str(m);
    uint64_t count = msg_get_count(m, 12);
    for (uint64_t i = 0; i < count; i++) {
        char *name = msg_get_str(m);
        uint64_t generation = msg_get_u64(m);
        if (name != NULL && !m->is_bad) {
            set_module(p, name, generation);
        }
        free(name);
    }
    return msg_end(m, e);
}

static int
read_loaded(struct peer *p, struct msg *m, struct err *e)
{
    char *name = msg_get_str(m);
    uint64_t generation = msg_get_u64(m);
    int status = msg_end(m, e);
    if (status == 0) {
        set_module(p, name, generation);
    }
    free(name);
    return status;
}

static int
read_images(struct peer *p, struct msg *m, struct err *e)
{
    forget_images(p);
    p->unloaded = msg_get_u64(m);
    struct msg_hold hold = msg_get_hold(m);
    msg_hold_join(&p->look_holds, &hold);
    uint64_t count = msg_get_count(m, 24);
    p->images = mem_new((count + 1) * sizeof(*p->images));
    for (; p->image_count < count && !m->is_bad; p->image_count++) {
        struct peer_image *i = &p->images[p->image_count];
        i->name = msg_get_str(m);
        i->generation = msg_get_u64(m);
        i->is_pinned = msg_get_u64(m) != 0;
        i->why = msg_get_str(m);
    }
    return msg_end(m, e);
}

static struct peer_tags *
tags_of(struct peer *p, const char *type)
{
    for (size_t i = 0; i < p->tags_count; i++) {
        if (strcmp(p->tags[i].type, type) == 0) {
            return &p->tags[i];
        }
    }
    p->tags = mem_resize(p->tags, p->tags_count + 1, sizeof(*p->tags));
    struct peer_tags *t = &p->tags[p->tags_count++];
    *t = (struct peer_tags){.type = mem_copy_str(type)};
    return t;
}

static int
read_tags(struct peer *p, struct msg *m, struct err *e)
{
    uint64_t count = msg_get_count(m, 20);
    for (uint64_t i = 0; i < count; i++) {
        char *type = msg_get_str(m);
        uint64_t used = msg_get_u64(m);
        uint64_t most = msg_get_u64(m);
        if (type != NULL && !m->is_bad) {
            struct peer_tags *t = tags_of(p, type);
            t->used = used;
            t->most = most;
        }
        free(type);
    }
    return msg_end(m, e);
}

static void
dispatch(struct peer *p, struct msg *m)
{
    struct peers *all = p->owner;
    struct err e = ERR_INIT;
    switch (m->type) {
    case MSG_HELLO:
        if (read_hello(p, m, &e) < 0) {
            end(p);
            return;
        }
        p->is_worker = true;
        all->handler.on_worker(all->handler.data, p);
        return;
    case MSG_LOADED:
        if (!p->is_worker || read_loaded(p, m, &e) < 0) {
            end(p);
            return;
        }
        all->handler.on_worker(all->handler.data, p);
        return;
    case MSG_IMAGES:
        if (!p->is_worker || read_images(p, m, &e) < 0) {
            end(p);
            return;
        }
        all->handler.on_images(all->handler.data, p);
        return;
    case MSG_TAGS:
        if (!p->is_worker || read_tags(p, m, &e) < 0) {
            end(p);
            return;
        }
        all->handler.on_tags(all->handler.data, p);
        return;
    case MSG_FAREWELL:
        p->is_farewell = true;
        return;
    default:
        all->handler.on_message(all->handler.data, p, m);
        return;
    }
}

static void
take_messages(struct peer *p)
{
    for (;;) {
        struct msg m;
        size_t taken = 0;
        struct err e = ERR_INIT;
        int found = p->is_dead ? 0 : msg_parse(&p->in, &m, &taken, &e);
        if (found < 0) {
            end(p);
        }
        if (found <= 0) {
            return;
        }
        dispatch(p, &m);
        if (!p->is_dead) {
            buf_consume(&p->in, taken);
        }
    }
}

static void
on_ready(void *data, int fd, short events)
{
    struct peer *p = data;
    struct peers *all = p->owner;
    all->depth++;
    if ((events & POLLOUT) != 0) {
        flush(p);
    }
    if (!p->is_dead && (events & (POLLIN | POLLHUP | POLLERR)) != 0) {
        char bytes[16384];
        ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (n > 0) {
            buf_add(&p->in, bytes, (size_t)n);
            take_messages(p);
        }
        else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            end(p);
        }
    }
    all->depth--;
    bury(all);
}

static bool
is_own_uid(int fd)
{
    struct ucred who;
    socklen_t len = sizeof(who);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0
           && who.uid == geteuid();
}

static void
on_connect(void *data, int listen_fd, short events)
{
    struct peers *all = data;
    (void)events;
    for (;;) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0) {
            return;
        }
        if (!is_own_uid(fd)) {
            close(fd);
            continue;
        }
        struct peer *p = mem_new(sizeof(*p));
        p->owner = all;
        p->fd = fd;
        p->next = all->first;
        all->first = p;
        loop_add_fd(all->loop, fd, POLLIN, on_ready, p);
    }
}

struct peers *
peers_new(struct loop *loop, int listen_fd, const struct peer_handler *handler)
{
    struct peers *all = mem_new(sizeof(*all));
    all->loop = loop;
    all->listen_fd = listen_fd;
    all->handler = *handler;
    loop_add_fd(loop, listen_fd, POLLIN, on_connect, all);
    return all;
}

void
peers_free(struct peers *all)
{
    if (all == NULL) {
        return;
    }
    loop_remove_fd(all->loop, all->listen_fd);
    while (all->first != NULL) {
        struct peer *p = all->first;
        all->first = p->next;
        if (p->fd >= 0) {
            loop_remove_fd(all->loop, p->fd);
            close(p->fd);
        }
        free_peer(p);
    }
    free(all);
}

struct peer *
peers_next(const struct peers *all, const struct peer *p)
{
    struct peer *next = p == NULL ? all->first : p->next;
    while (next != NULL && next->is_dead) {
        next = next->next;
    }
    return next;
}

bool
peer_is_master(const struct peer *p)
{
    for (const struct peer *other = peers_next(p->owner, NULL); other != NULL;
         other = peers_next(p->owner, other))
    {
        if (other->is_worker && other->ppid == p->pid) {
            return true;
        }
    }
    return false;
}
