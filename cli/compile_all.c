/* compile_all: every module of a graph, from the cache or with several
 * children at once; compile.h's compile_all. Blocks its caller. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "compile.h"
#include "mem.h"

struct crew {
    struct compile **running; /* by module; NULL: not now */
    struct pollfd *polled;
    size_t *owners; /* module of each polled descriptor */
    size_t running_count;
    size_t next; /* module to look at next */
};

struct order {
    const struct toolchain *t;
    const struct python *p;
    struct graph *g;
    enum compile_tier tier;
    compile_each_fn each;
    void *data;
    struct build *builds;
    int failed;
};

static void
conclude(struct order *o, size_t i)
{
    struct build *b = &o->builds[i];
    if (!b->is_good && !b->module->is_gone) {
        o->failed++;
    }
    if (b->headers.count > 0 || b->is_good) {
        graph_set_headers(o->g, b->module, &b->headers);
    }
    if (o->each != NULL) {
        o->each(o->data, b);
    }
}

/* A module that cannot even be started is a failed build of its own. */
static void
conclude_unstarted(struct order *o, size_t i, const struct err *e)
{
    struct diag *d = diag_add(&o->builds[i].diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(o->builds[i].module->source);
    d->message = mem_copy_str(e->text);
    conclude(o, i);
}

static void
start_some(struct order *o, struct crew *c, size_t jobs)
{
    const struct compile_options options = {.tier = o->tier};
    while (c->running_count < jobs && c->next < o->g->module_count) {
        size_t i = c->next++;
        struct module *m = o->g->modules[i];
        struct err e = ERR_INIT;
        o->builds[i].module = m;
        if (m->is_gone) {
            continue;
        }
        if (compile_lookup(o->t, o->p, m, o->tier, &o->builds[i])) {
            conclude(o, i);
            continue;
        }
        c->running[i] = compile_start(o->t, o->p, m, &options, &e);
        if (c->running[i] == NULL) {
            conclude_unstarted(o, i, &e);
        }
        else {
            c->running_count++;
        }
    }
}

static int
wait_some(struct order *o, struct crew *c, struct err *e)
{
    size_t count = 0;
    int64_t until = INT64_MAX;
    for (size_t i = 0; i < o->g->module_count; i++) {
        if (c->running[i] != NULL) {
            int64_t at = compile_deadline_ns(c->running[i]);
            until = at < until ? at : until;
            c->owners[count] = i;
            c->polled[count++] = (struct pollfd){
                .fd = compile_fd(c->running[i]), .events = POLLIN};
        }
    }
    int64_t left_ms = (until - clock_now_ns() + 999999) / 1000000;
    int timeout = left_ms < 0 ? 0 : left_ms > 60000 ? 60000 : (int)left_ms;
    if (poll(c->polled, (nfds_t)count, timeout) < 0 && errno != EINTR) {
        return err_set(e, ERR_SYSTEM, "waiting for compilers:");
    }
    for (size_t k = 0; k < count; k++) {
        size_t i = c->owners[k];
        if (compile_step(c->running[i])) {
            compile_finish(c->running[i], &o->builds[i]);
            c->running[i] = NULL;
            c->running_count--;
            conclude(o, i);
        }
    }
    return 0;
}

static void
stop_all(struct order *o, struct crew *c)
{
    for (size_t i = 0; i < o->g->module_count; i++) {
        if (c->running[i] != NULL) {
            compile_cancel(c->running[i]);
            compile_finish(c->running[i], &o->builds[i]);
        }
    }
}

int
compile_all(const struct toolchain *t, const struct python *p,
            struct graph *g, enum compile_tier tier, int jobs,
            compile_each_fn each, void *data, struct build **builds,
            struct err *e)
{
    *builds = NULL;
    if (cache_dir(e) == NULL) {
        return -1; /* once, not for every module */
    }
    size_t count = g->module_count;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = jobs > 0 ? (size_t)jobs : cores > 0 ? (size_t)cores : 1;
    struct order o = {t, p, g, tier, each, data, NULL, 0};
    struct crew c = {.next = 0};
    o.builds = mem_new((count + 1) * sizeof(*o.builds));
    c.running = mem_new((count + 1) * sizeof(struct compile *));
    c.polled = mem_new((count + 1) * sizeof(*c.polled));
    c.owners = mem_new((count + 1) * sizeof(*c.owners));
    int status = 0;
    do {
        start_some(&o, &c, most);
        status = c.running_count > 0 ? wait_some(&o, &c, e) : 0;
    } while (status == 0 && (c.running_count > 0 || c.next < count));
    stop_all(&o, &c);
    free(c.running);
    free(c.polled);
    free(c.owners);
    *builds = o.builds;
    cache_trim(0);
    return status < 0 ? -1 : o.failed;
}
