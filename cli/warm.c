/* warm: see warm.h. Here: the pool; what waits for one module is waiting's. */
#include "warm.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "waiting.h"
#include "warm_child.h"

/* From an order to its child's pid. */
#define ANSWER_MS 500

struct warm {
    struct loop *loop; /* borrowed */
    struct waiting **items;
    size_t count;
    uint64_t budget_kb;
};

/* A module of one target. */
static bool
is_for(const struct waiting *x, const struct job *j)
{
    return x->job.p == j->p && x->job.tier == j->tier
           && strcmp(x->job.sources.items[0], j->sources.items[0]) == 0
           && strcmp(x->job.stem, j->stem) == 0;
}

static struct waiting **
find(struct warm *w, const struct job *j)
{
    for (size_t i = 0; i < w->count; i++) {
        if (is_for(w->items[i], j)) {
            return &w->items[i];
        }
    }
    return NULL;
}

/* -- the pool ------------------------------------------------------------- */

struct warm *
warm_new(struct loop *loop)
{
    struct warm *w = mem_new(sizeof(*w));
    const char *own = getenv("COWBIRD_WARM_MB");
    bool is_set = own != NULL && own[0] != '\0';
    w->loop = loop;
    w->budget_kb = is_set ? strtoull(own, NULL, 10) * 1024
                          : (uint64_t)WARM_BUDGET_MB * 1024;
    return w;
}

static void
remove_at(struct warm *w, size_t i)
{
    waiting_free(w->items[i]);
    w->items[i] = w->items[--w->count];
}

/* Those used longest ago go first, until the others fit. */
static void
keep_budget(struct warm *w)
{
    for (;;) {
        uint64_t sum = 0;
        size_t oldest = 0;
        for (size_t i = 0; i < w->count; i++) {
            sum += waiting_resident_kb(w->items[i]);
            if (w->items[i]->used_ns < w->items[oldest]->used_ns) {
                oldest = i;
            }
        }
        if (sum <= w->budget_kb || w->count == 0) {
            return;
        }
        remove_at(w, oldest);
    }
}

void
warm_prepare(struct warm *w, const struct toolchain *t,
             const struct python *p, const struct warm_wish *wish)
{
    struct waiting *x = w == NULL || w->budget_kb == 0
                            ? NULL
                            : waiting_new(w->loop, t, p, wish);
    if (x == NULL) {
        return;
    }
    struct waiting **there = find(w, &x->job);
    if (there != NULL && waiting_is_current(*there, x)) {
        (*there)->used_ns = x->used_ns;
        waiting_free(x);
        return;
    }
    if (there != NULL) {
        remove_at(w, (size_t)(there - w->items));
    }
    w->items = mem_resize(w->items, w->count + 1,
                          sizeof(struct waiting *));
    w->items[w->count++] = x;
    waiting_start(x);
    keep_budget(w);
}

int
warm_scan(struct warm *w, const struct job *j, const struct key *k)
{
    struct waiting **found = w == NULL ? NULL : find(w, j);
    int ends[2];
    if (found == NULL || !(*found)->scan.is_ready
        || !waiting_has_same_headers(*found, k) || pipe2(ends, O_CLOEXEC) < 0)
    {
        return -1;
    }
    const int fds[2] = {ends[1], -1};
    bool is_sent = warm_child_order((*found)->scan.fd, "scan", fds);
    close(ends[1]);
    if (!is_sent) {
        close(ends[0]);
        return -1;
    }
    return ends[0];
}

void
warm_offer(struct warm *w, struct job *j, const struct key *k)
{
    struct waiting **found = w == NULL ? NULL : find(w, j);
    if (found != NULL) {
        waiting_offer(*found, k, &j->cc);
        (*found)->used_ns = clock_now_ns();
    }
}

pid_t
warm_order(struct warm *w, const struct job *j, const struct key *k,
           int record)
{
    struct waiting **found = w == NULL ? NULL : find(w, j);
    struct waiting *x = found == NULL ? NULL : *found;
    if (x == NULL || !x->has_tcc || !x->compiler.is_ready) {
        return 0;
    }
    struct pollfd polled = {x->compiler.fd, POLLIN, 0};
    const int fds[2] = {record, j->scan_fd};
    pid_t pid = 0;
    bool is_sent = warm_child_order(x->compiler.fd, j->folder, fds);
    bool still_holds = waiting_holds(x, k); /* while the child is on its way */
    if (!is_sent || poll(&polled, 1, ANSWER_MS) != 1
        || recv(x->compiler.fd, &pid, sizeof(pid), MSG_DONTWAIT)
               != sizeof(pid))
    {
        waiting_forget(x); /* a later answer would be taken for another's */
        return 0;
    }
    if (!still_holds) {
        waiting_put_out(pid);
        waiting_forget(x);
        return 0;
    }
    x->used_ns = clock_now_ns();
    return pid > 0 ? pid : 0;
}

size_t
warm_count(const struct warm *w)
{
    size_t count = 0;
    for (size_t i = 0; i < w->count; i++) {
        count += waiting_is_ready(w->items[i]);
    }
    return count;
}

void
warm_free(struct warm *w)
{
    if (w == NULL) {
        return;
    }
    while (w->count > 0) {
        remove_at(w, 0);
    }
    free(w->items);
    free(w);
}
