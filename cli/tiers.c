/* tiers: the optimised build behind what tcc has made: compiled when nothing
 * else is on its way and its module has been quiet for a moment, one at a
 * time, with what the machine's other work leaves; then swapped in as the same
 * generation. A newer save of the module ends it. See dev.h.
 */
#include "dev.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "diag_join.h"
#include "mem.h"
#include "outcome.h"
#include "report.h"
#include "tier_layout.h"

/* After a save, before the optimised build begins: somebody may save again at
 * once. Saves that keep coming faster than BURST_NS are awaited for twice
 * their pause, so that a burst has one such build, at its end. */
#define QUIET_NS INT64_C(5000000)
#define BURST_NS INT64_C(1000000000)
/* Until a compiler waits that was asked for just now; and where it does not
 * yet, again. */
#define AHEAD_NS INT64_C(700000000)
#define AHEAD_TRIES 8

struct tier_wish {
    struct target *target; /* borrowed */
    struct served *served; /* borrowed */
    int64_t due_ns;
    unsigned ahead; /* tries to have its pieces in the cache ahead of a save;
                       0: it is a save's */
};

struct tiers {
    struct tier_wish *wishes;
    size_t count;
    struct tier_wish now;    /* what is compiled */
    struct compile *compile; /* or NULL */
    unsigned timer;
    unsigned quiet_timer;    /* until the next wish is due; 0: none */
    struct build ready;      /* waits for a transaction to end; or empty */
    struct tier_wish whose;
};

static struct tiers *
tiers_of(struct dev *d)
{
    if (d->tiers == NULL) {
        d->tiers = mem_new(sizeof(*d->tiers));
    }
    return d->tiers;
}

bool
tiers_are_two(const struct dev *d)
{
    return d->config->tiers && d->env.tier == TIER_FAST
           && toolchain_has_both(d->chain);
}

static bool
is_by_tcc(const struct served *v)
{
    return v->generation > 0 && target_is_by_tcc(v->compiler);
}

static void
remove_wish(struct tiers *s, const struct served *v)
{
    size_t left = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->wishes[i].served != v) {
            s->wishes[left++] = s->wishes[i];
        }
    }
    s->count = left;
}

static void
add_wish(struct tiers *s, const struct tier_wish *w)
{
    remove_wish(s, w->served);
    s->wishes = mem_resize(s->wishes, s->count + 1, sizeof(*s->wishes));
    s->wishes[s->count++] = *w;
}

static int64_t
quiet_ns(const struct served *v)
{
    bool is_burst = v->pause_ns > 0 && v->pause_ns < BURST_NS;
    return is_burst && 2 * v->pause_ns > QUIET_NS ? 2 * v->pause_ns
                                                  : QUIET_NS;
}

void
tiers_want(struct dev *d, const struct txn *t)
{
    bool is_live = t->result == TXN_LIVE || t->result == TXN_SAME;
    for (size_t i = 0; is_live && !t->is_undo && tiers_are_two(d)
                       && i < t->step_count; i++)
    {
        if (is_by_tcc(t->steps[i].served)) {
            struct served *v = t->steps[i].served;
            diag_list_dispose(&v->warned);
            diag_copy_all(&v->warned, &t->steps[i].build.diags);
            const struct tier_wish w
                = {.target = t->steps[i].target,
                   .served = v,
                   .due_ns = clock_now_ns() + quiet_ns(v)};
            add_wish(tiers_of(d), &w);
        }
    }
}

static void
wish_ahead(struct dev *d, const struct tier_wish *w)
{
    struct tiers *s = tiers_of(d);
    for (size_t i = 0; i < s->count; i++) {
        if (s->wishes[i].served == w->served) {
            return; /* it is to be compiled anyway */
        }
    }
    add_wish(s, w);
}

void
tiers_ahead(struct dev *d, struct target *t, struct served *v)
{
    const struct tier_wish w = {.target = t,
                                .served = v,
                                .due_ns = clock_now_ns() + AHEAD_NS,
                                .ahead = AHEAD_TRIES};
    if (v != NULL && tiers_are_two(d)) {
        wish_ahead(d, &w);
        tiers_pump(d);
    }
}

static void
take_ahead(struct dev *d, const struct build *b)
{
    struct tier_wish w = d->tiers->now;
    if (b->compiled > 0) {
        report_detail("tier", "%s  %u of %u pieces compiled ahead",
                      w.served->module->name, b->compiled, b->pieces);
    }
    w.due_ns = clock_now_ns() + AHEAD_NS;
    w.ahead--;
    if (b->pieces == 0 && w.ahead > 0) {
        wish_ahead(d, &w);
    }
}

/* -- what it learns ------------------------------------------------------- */

void
tiers_learn(struct dev *d, const struct txn *t)
{
    for (size_t i = 0; !t->is_undo && tiers_are_two(d) && i < t->step_count;
         i++)
    {
        const struct txn_step *s = &t->steps[i];
        struct served *v = s->served;
        bool had_tcc = v->without_tcc == 0;
        target_learn(v, &s->build, s->tier);
        if (had_tcc && v->without_tcc > 0) {
            report_detail("tier", "%s  without tcc from now on: %s",
                          v->module->name,
                          s->build.fallback != NULL
                              ? s->build.fallback
                              : "it gains nothing");
        }
    }
}

/* -- the swap ------------------------------------------------------------- */

static void
say_refused(const struct txn *t)
{
    const char *reason = t->reason == NULL ? "no reason given" : t->reason;
    const struct served *v = t->steps[0].served;
    report_warning("%s: the optimised build of gen %llu does not go live, "
                   "tcc's serves on: %.*s",
                   v->module->name,
                   target_live(v),
                   (int)strcspn(reason, "\n"), reason);
}

/* A tier change is to keep everything; where it cannot, that is said. */
static void
say_lost(const struct txn_step *s)
{
    for (size_t i = 0; i < s->state.count; i++) {
        if (strstr(s->state.items[i], ": ") != NULL) {
            report_warning("%s: its optimised build did not keep %s",
                           s->served->module->name, s->state.items[i]);
        }
    }
}

static void
over(void *data, struct txn *t)
{
    struct dev *d = data;
    struct served *v = t->steps[0].served;
    d->txn = NULL;
    v->module->phase = MODULE_LIVE;
    if (t->result == TXN_LIVE) {
        outcome_report_tier(t);
        txn_trace(t);
        say_lost(&t->steps[0]);
    }
    else if (t->result == TXN_BUSY) {
        report_detail("tier", "%s  put off: %s", v->module->name, t->reason);
        tiers_again(d, t); /* saves_drained goes on */
    }
    else {
        say_refused(t);
    }
    bool is_busy = t->result == TXN_BUSY;
    txn_free(t);
    catch_up_all(d);
    crashes_pump(d);
    workers_undo(d);
    saves_pump(d);
    if (!is_busy) {
        tiers_pump(d);
    }
}

/* Whether what was compiled is still what serves, but for the compiler. */
static bool
is_current(const struct tier_wish *w, const struct build *b)
{
    return is_by_tcc(w->served) && !b->is_stale && !w->served->is_undone
           && !w->served->has_fallen
           && digest_equal(&w->served->content, &b->content);
}

static void
start_swap(struct dev *d)
{
    struct tiers *s = d->tiers;
    struct build b = s->ready;
    s->ready = (struct build)BUILD_INIT;
    if (is_current(&s->whose, &b)) {
        d->txn = txn_start_tier(&d->env, s->whose.target, &b, over, d);
    }
    build_dispose(&b);
}

/* -- the compile ---------------------------------------------------------- */

/* What tcc took and cc does not, or has something to say about. */
static void
say_words(const struct served *v, struct build *b)
{
    if (!b->is_good) {
        report_warning("%s: the optimised build of gen %llu failed, tcc's "
                       "serves on",
                       v->module->name,
                       target_live(v));
    }
    diag_drop_said(&b->diags, &v->warned);
    report_diags(&b->diags);
}

/* The two tiers' artefacts are of one source: what they lay out differently,
 * tcc gets wrong. The guests decide, as of any save, whether instances that
 * its code has made can be left to cc's. */
static void
compare(struct served *v, const struct build *b)
{
    char *why = tier_layout_differs(v->artefact, b);
    if (why == NULL) {
        target_agree(v, v->artefact);
    }
    else if (target_disagree(v, why)) {
        report_warning("%s: tcc is left out from now on: %s",
                       v->module->name, why);
    }
    free(why);
}

static void
take(struct dev *d, struct build *b)
{
    struct tiers *s = d->tiers;
    struct tier_wish w = s->now;
    if (w.ahead > 0) {
        take_ahead(d, b);
        build_dispose(b);
        tiers_pump(d);
        return;
    }
    target_learn(w.served, b, TIER_OPTIMISED);
    if (!b->is_cancelled && is_current(&w, b)) {
        say_words(w.served, b);
        if (b->is_good) {
            compare(w.served, b);
        }
    }
    if (b->is_good) {
        build_dispose(&s->ready);
        s->ready = *b;
        s->whose = w;
        *b = (struct build)BUILD_INIT;
    }
    build_dispose(b);
    tiers_pump(d);
}

static void
step(struct dev *d)
{
    struct tiers *s = d->tiers;
    struct build b;
    if (!compile_step(s->compile)) {
        return;
    }
    loop_remove_fd(d->loop, compile_fd(s->compile));
    loop_remove_timer(d->loop, s->timer);
    s->timer = 0;
    compile_finish(s->compile, &b);
    s->compile = NULL;
    take(d, &b);
}

static void
on_compile(void *data, int fd, short events)
{
    (void)fd;
    (void)events;
    step(data);
}

static void
on_deadline(void *data)
{
    struct dev *d = data;
    d->tiers->timer = 0;
    step(d);
}

static void
start_compile(struct dev *d, size_t next)
{
    struct tiers *s = d->tiers;
    struct build b;
    s->now = s->wishes[next];
    remove_wish(s, s->now.served);
    struct module *m = s->now.served->module;
    const struct python *python = &s->now.target->python;
    bool is_ahead = s->now.ahead > 0;
    if ((!is_ahead && !is_by_tcc(s->now.served)) || m->is_gone) {
        return;
    }
    const struct compile_options o = {.tier = TIER_OPTIMISED,
                                      .warm = d->env.warm,
                                      .before = s->now.served->artefact,
                                      .is_idle = true,
                                      .is_ahead = is_ahead};
    s->compile = is_ahead ? compile_start(d->chain, python, m, &o, NULL)
                          : compile_begin(d->chain, python, m, &o, &b, NULL);
    if (s->compile == NULL && !is_ahead && b.is_good) {
        take(d, &b);
    }
    else if (s->compile != NULL) {
        loop_add_fd(d->loop, compile_fd(s->compile), POLLIN, on_compile, d);
        s->timer = loop_add_timer(d->loop, compile_deadline_ns(s->compile),
                                  on_deadline, d);
    }
}

static void
on_quiet(void *data)
{
    struct dev *d = data;
    d->tiers->quiet_timer = 0;
    tiers_pump(d);
}

/* The wish that has been due longest; without one a timer is set for the
 * first, and `count` is returned. */
static size_t
next_due(struct dev *d)
{
    struct tiers *s = d->tiers;
    size_t first = 0;
    for (size_t i = 1; i < s->count; i++) {
        first = s->wishes[i].due_ns < s->wishes[first].due_ns ? i : first;
    }
    loop_remove_timer(d->loop, s->quiet_timer);
    s->quiet_timer = 0;
    if (s->count == 0 || s->wishes[first].due_ns <= clock_now_ns()) {
        return first;
    }
    s->quiet_timer = loop_add_timer(d->loop, s->wishes[first].due_ns,
                                    on_quiet, d);
    return s->count;
}

void
tiers_pump(struct dev *d)
{
    struct tiers *s = d->tiers;
    if (s == NULL || d->txn != NULL || d->is_over || d->end_signal != 0) {
        return;
    }
    if (s->ready.module != NULL) {
        start_swap(d);
    }
    while (d->txn == NULL && s->compile == NULL && s->count > 0) {
        size_t next = next_due(d);
        if (next == s->count) {
            return;
        }
        start_compile(d, next);
    }
}

static void
cancel(struct dev *d)
{
    struct tiers *s = d->tiers;
    struct build b;
    loop_remove_fd(d->loop, compile_fd(s->compile));
    loop_remove_timer(d->loop, s->timer);
    s->timer = 0;
    compile_cancel(s->compile);
    compile_finish(s->compile, &b);
    s->compile = NULL;
    build_dispose(&b);
}

void
tiers_cancel(struct dev *d, const struct module_set *dirty, int64_t saved_ns)
{
    struct tiers *s = tiers_of(d);
    if (s->compile != NULL && s->now.ahead > 0) {
        cancel(d);
    }
    for (size_t i = 0; i < d->env.target_count; i++) {
        for (size_t k = 0; k < dirty->count; k++) {
            struct served *v
                = target_find(d->env.targets[i], dirty->items[k]->name);
            if (v == NULL) {
                continue; /* a new module */
            }
            v->pause_ns = v->saved_ns > 0 ? saved_ns - v->saved_ns : 0;
            v->saved_ns = saved_ns;
            remove_wish(s, v);
            if (s->compile != NULL && s->now.served == v) {
                report_detail("tier", "%s  a newer save came first",
                              v->module->name);
                cancel(d);
            }
            if (s->ready.module != NULL && s->whose.served == v) {
                build_dispose(&s->ready);
            }
        }
    }
}

void
tiers_again(struct dev *d, const struct txn *t)
{
    const struct tier_wish w = {.target = t->steps[0].target,
                                .served = t->steps[0].served,
                                .due_ns = clock_now_ns()};
    add_wish(tiers_of(d), &w);
}

void
tiers_dispose(struct dev *d)
{
    if (d->tiers == NULL) {
        return;
    }
    if (d->tiers->compile != NULL) {
        cancel(d);
    }
    loop_remove_timer(d->loop, d->tiers->quiet_timer);
    build_dispose(&d->tiers->ready);
    free(d->tiers->wishes);
    free(d->tiers);
    d->tiers = NULL;
}
