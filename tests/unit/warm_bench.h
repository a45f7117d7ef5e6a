/* warm_bench: a bench of compile_bench's with a pool of warm compilers. */
#ifndef COWBIRD_TESTS_WARM_BENCH_H
#define COWBIRD_TESTS_WARM_BENCH_H

#include "warm.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>

#include "compile_bench.h"
#include "compile_files.h"
#include "tcc_state.h"

/* What the pool needs to hear. */
static struct loop *loop;
/* Who waits: libtcc, or this compiler. */
static const char *warm_cc_name;

static inline enum compile_tier
warm_tier(void)
{
    return warm_cc_name == NULL ? TIER_FAST : TIER_OPTIMISED;
}

/* From the test's own arguments; false: it is not on this machine. */
static inline bool
warm_bench_choose(int argc, char **argv)
{
    bench_clear_environment();
    warm_cc_name = argc > 1 ? argv[1] : NULL;
    if (warm_cc_name == NULL) {
        return getenv("COWBIRD_TCC") != NULL;
    }
    char *found = path_which(warm_cc_name);
    bool is_there = found != NULL;
    if (!is_there) {
        fprintf(stderr, "skipped: there is no %s\n", warm_cc_name);
    }
    free(found);
    return is_there;
}

static inline void
warm_bench_init(struct bench *b)
{
    bench_init(b, warm_cc_name);
    loop = loop_new();
    b->warm = warm_new(loop);
    /* A header of a moment ago is no header to rely on, and libtcc's first
     * one is made now. */
    char *dir = tcc_state_shim();
    char *shim = path_join(dir, "sys/cdefs.h");
    struct timespec now;
    do {
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    } while (!files_is_older(shim, &now));
    free(shim);
    free(dir);
}

static inline void
warm_bench_dispose(struct bench *b)
{
    warm_free(b->warm);
    loop_free(loop);
    bench_dispose(b);
}

static inline struct module *
module_of(struct bench *b, const char *name)
{
    rescan(b);
    struct module *m = graph_find(&b->g, name);
    CHECK(m != NULL && !m->is_gone);
    return m;
}

/* The processes that this one has started and not waited for. */
static inline struct list
children(void)
{
    struct list pids = LIST_INIT;
    struct buf text = BUF_INIT;
    char *path = mem_format("/proc/self/task/%d/children", (int)getpid());
    CHECK(file_read(path, &text, NULL) == 0);
    CHECK(list_split(&pids, buf_text(&text)) == 0);
    buf_dispose(&text);
    free(path);
    return pids;
}

static inline size_t
child_count(void)
{
    struct list pids = children();
    size_t count = pids.count;
    list_dispose(&pids);
    return count;
}

static inline void
begin_to_wait(struct bench *b, const char *name, const char *artefact)
{
    const struct warm_wish wish = {.module = module_of(b, name),
                                   .tier = warm_tier(),
                                   .artefact = artefact,
                                   .scans = true};
    warm_prepare(b->warm, b->t, &b->p, &wish);
}

/* Until all that is to wait does, or has given up. */
static inline void
prepare_after(struct bench *b, const char *name, const char *artefact)
{
    struct err e = ERR_INIT;
    begin_to_wait(b, name, artefact);
    while (warm_count(b->warm) == 0 && child_count() > 0) {
        CHECK(loop_step(loop, -1, &e) == 0);
    }
}

static inline void
prepare(struct bench *b, const char *name)
{
    prepare_after(b, name, NULL);
}

static inline struct build
compile_as(struct bench *b, const char *name, const struct compile_options *o)
{
    struct err e = ERR_INIT;
    struct build built;
    struct compile *c = compile_start(b->t, &b->p, module_of(b, name), o, &e);
    if (c == NULL) {
        fail_with(&e);
    }
    wait_for(c);
    compile_finish(c, &built);
    return built;
}

static inline struct build
compile_now(struct bench *b, const char *name, struct warm *warm)
{
    const struct compile_options o = {.tier = warm_tier(), .warm = warm};
    return compile_as(b, name, &o);
}

#endif
