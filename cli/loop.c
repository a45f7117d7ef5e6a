/* loop: see loop.h. */
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "clock.h"
#include "mem.h"

struct source {
    int fd; /* -1: removed, to be dropped before the next wait */
    short events;
    loop_fd_fn fn;
    void *data;
};

struct timer {
    unsigned id; /* 0: removed or fired */
    int64_t at_ns;
    loop_timer_fn fn;
    void *data;
};

struct loop {
    struct source *sources;
    size_t source_count;
    struct timer *timers;
    size_t timer_count;
    struct pollfd *polled;
    unsigned last_id;
    bool is_stopped;
};

struct loop *
loop_new(void)
{
    return mem_new(sizeof(struct loop));
}

void
loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    free(l->sources);
    free(l->timers);
    free(l->polled);
    free(l);
}

static struct source *
find(struct loop *l, int fd)
{
    for (size_t i = 0; i < l->source_count; i++) {
        if (l->sources[i].fd == fd) {
            return &l->sources[i];
        }
    }
    return NULL;
}

void
loop_add_fd(struct loop *l, int fd, short events, loop_fd_fn fn, void *data)
{
    struct source *s = find(l, fd);
    if (s == NULL) {
        l->sources = mem_resize(l->sources, l->source_count + 1,
                                sizeof(*l->sources));
        s = &l->sources[l->source_count++];
    }
    *s = (struct source){fd, events, fn, data};
}

void
loop_remove_fd(struct loop *l, int fd)
{
    struct source *s = find(l, fd);
    if (s != NULL) {
        s->fd = -1;
    }
}

unsigned
loop_add_timer(struct loop *l, int64_t at_ns, loop_timer_fn fn, void *data)
{
    l->timers = mem_resize(l->timers, l->timer_count + 1, sizeof(*l->timers));
    l->last_id = l->last_id + 1 == 0 ? 1 : l->last_id + 1;
    l->timers[l->timer_count++] = (struct timer){l->last_id, at_ns, fn, data};
    return l->last_id;
}

void
loop_remove_timer(struct loop *l, unsigned id)
{
    for (size_t i = 0; i < l->timer_count; i++) {
        if (l->timers[i].id == id) {
            l->timers[i].id = 0;
        }
    }
}

/* Drops what was removed, so that indices below stay small. */
static void
compact(struct loop *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->source_count; i++) {
        if (l->sources[i].fd >= 0) {
            l->sources[kept++] = l->sources[i];
        }
    }
    l->source_count = kept;
    kept = 0;
    for (size_t i = 0; i < l->timer_count; i++) {
        if (l->timers[i].id != 0) {
            l->timers[kept++] = l->timers[i];
        }
    }
    l->timer_count = kept;
}

static int
wait_ms(struct loop *l, int64_t until_ns)
{
    int64_t next = until_ns;
    for (size_t i = 0; i < l->timer_count; i++) {
        if (next < 0 || l->timers[i].at_ns < next) {
            next = l->timers[i].at_ns;
        }
    }
    if (next < 0) {
        return -1;
    }
    int64_t left = next - clock_now_ns();
    if (left <= 0) {
        return 0;
    }
    /* Rounded up: waking a moment early would spin. */
    int64_t ms = (left + 999999) / 1000000;
    return ms > 3600000 ? 3600000 : (int)ms;
}

static void
fire_timers(struct loop *l)
{
    int64_t now = clock_now_ns();
    size_t count = l->timer_count; /* those added meanwhile wait a round */
    for (size_t i = 0; i < count; i++) {
        struct timer t = l->timers[i];
        if (t.id != 0 && t.at_ns <= now) {
            l->timers[i].id = 0;
            t.fn(t.data);
        }
    }
}

int
loop_step(struct loop *l, int64_t until_ns, struct err *e)
{
    compact(l);
    size_t count = l->source_count;
    l->polled = mem_resize(l->polled, count + 1, sizeof(*l->polled));
    for (size_t i = 0; i < count; i++) {
        l->polled[i] = (struct pollfd){.fd = l->sources[i].fd,
                                       .events = l->sources[i].events};
    }
    int ready = poll(l->polled, (nfds_t)count, wait_ms(l, until_ns));
    if (ready < 0 && errno != EINTR) {
        return err_set(e, ERR_SYSTEM, "waiting for events:");
    }
    for (size_t i = 0; ready > 0 && i < count; i++) {
        short events = l->polled[i].revents;
        /* A callback before this one may have removed or replaced it. */
        if (events != 0 && l->sources[i].fd == l->polled[i].fd) {
            struct source s = l->sources[i];
            s.fn(s.data, s.fd, events);
        }
    }
    fire_timers(l);
    return 0;
}

int
loop_run(struct loop *l, struct err *e)
{
    l->is_stopped = false;
    while (!l->is_stopped) {
        if (loop_step(l, -1, e) < 0) {
            return -1;
        }
    }
    return 0;
}

void
loop_stop(struct loop *l)
{
    l->is_stopped = true;
}
