/* txn_build: the stages of a transaction that nobody but the bench sees:
 * compile, then the canary. Cancellable throughout. See txn_stages.h.
 */
#include "txn_stages.h"

#include <poll.h>
#include <stdlib.h>

#include "canary.h"
#include "clock.h"
#include "mem.h"
#include "object.h"
#include "report.h"

/* -- canary --------------------------------------------------------------- */

static void try_next(struct txn *t);

static void
on_tried(void *data, enum msg_verdict verdict, const char *reason)
{
    struct txn *t = data;
    struct txn_step *s = &t->steps[t->next_try];
    if (verdict != VERDICT_READY) {
        t->culprit = s;
        t->verdict = verdict;
        txn_set_phase(t, MODULE_ROLLED_BACK);
        txn_fail(t, TXN_INIT_FAILED, reason);
        return;
    }
    if (reason[0] != '\0') {
        report_detail("canary", "could not try %s: %s",
                      s->served->module->name, reason);
    }
    t->next_try++;
    try_next(t);
}

static bool
runs_at_load(const struct txn_step *s)
{
    struct object *o = object_open(s->staged.image, NULL);
    bool is = o == NULL || object_runs_at_load(o);
    object_free(o);
    return is;
}

/* A plain module's init is our binding's; where nothing else runs at load
 * either, there is nothing to try. */
static bool
is_to_be_tried(const struct txn_step *s)
{
    return !s->is_same && s->target->canary != NULL
           && (s->served->module->kind != MODULE_PLAIN || s->runs_at_load);
}

static void
try_next(struct txn *t)
{
    while (t->next_try < t->step_count
           && !is_to_be_tried(&t->steps[t->next_try]))
    {
        t->next_try++;
    }
    if (t->next_try == t->step_count) {
        txn_prepare(t);
        return;
    }
    struct txn_step *s = &t->steps[t->next_try];
    const struct module *m = s->served->module;
    canary_try(s->target->canary, m->name, m->stem, s->staged.image, m->source,
               CANARY_DEADLINE_MS, on_tried, t);
}

/* Beside the canary workers may do what runs none of the code. */
static void
open_ahead(struct txn *t)
{
    bool is_quiet = !t->is_tier;
    for (size_t i = 0; i < t->step_count; i++) {
        is_quiet &= t->steps[i].is_same || !t->steps[i].runs_at_load;
    }
    if (is_quiet) {
        txn_open(t);
    }
}

/* What crashed once would crash again. */
static void
refuse_condemned(struct txn *t, struct txn_step *s)
{
    char *reason = mem_format("%s; not loaded again until its source changes",
                              s->served->crash_words);
    t->culprit = s;
    t->is_condemned = true;
    t->verdict = VERDICT_REFUSED;
    t->built_ns = clock_now_ns();
    txn_set_phase(t, MODULE_REFUSED);
    txn_fail(t, TXN_REFUSED, reason);
    free(reason);
}

/* The system refused what it takes to go live. */
static void
break_off(struct txn *t, const char *why)
{
    char *reason = mem_copy_str(why); /* may be the transaction's own */
    txn_set_phase(t, t->is_undo ? MODULE_LIVE : MODULE_ROLLED_BACK);
    txn_fail(t, TXN_BROKEN, reason);
    free(reason);
}

void
txn_try(struct txn *t)
{
    struct err e = ERR_INIT;
    size_t same = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        struct served *v = s->served;
        /* __file__ stays what the first generation's artefact is called */
        if ((v->origin == NULL || v->crashed_count > 0) && !txn_keep(t, s)) {
            break_off(t, t->reason);
            return;
        }
        if (!t->is_undo
            && condemned_has(v, &s->build.key, &s->build.content))
        {
            refuse_condemned(t, s);
            return;
        }
        s->is_same = !t->is_undo && v->generation > 0
                     && s->build.pending == NULL
                     && digest_equal(&v->key, &s->build.key);
        if (s->is_same) {
            s->generation = v->generation;
            v->module->phase = MODULE_LIVE;
            target_follow_source(v);
            free(v->why);
            v->why = NULL;
            same++;
            continue;
        }
        int staged = t->is_undo
                         ? target_stage_undo(s->target, v, &s->staged, &e)
                         : target_stage(s->target, v, &s->build, &s->staged,
                                        &e);
        if (staged < 0) {
            break_off(t, e.text);
            return;
        }
        if (t->is_undo) {
            s->staged.group = t->id;
        }
        else {
            s->staged.change = t->is_tier ? v->change : t->id;
        }
        s->generation = s->staged.generation;
        s->runs_at_load = runs_at_load(s);
        if (t->is_tier) {
            target_uncount(&s->staged);
        }
    }
    t->built_ns = clock_now_ns();
    if (same == t->step_count) {
        txn_over(t, TXN_SAME);
        return;
    }
    t->stage = TXN_TRYING;
    try_next(t);
    if (t->stage == TXN_TRYING) {
        open_ahead(t);
    }
}

/* -- compile -------------------------------------------------------------- */

static void
after_compiles(struct txn *t)
{
    bool is_good = true;
    for (size_t i = 0; i < t->step_count; i++) {
        is_good = is_good && t->steps[i].build.is_good;
    }
    if (is_good) {
        txn_try(t);
        return;
    }
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        s->served->module->phase = s->build.is_good ? MODULE_ROLLED_BACK
                                                    : MODULE_FAILED;
    }
    t->built_ns = clock_now_ns();
    txn_fail(t, TXN_BUILD_FAILED, NULL);
}

static struct txn_step *
step_of_fd(struct txn *t, int fd)
{
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->compile != NULL && compile_fd(s->compile) == fd) {
            return s;
        }
    }
    return NULL;
}

void
txn_finish_compile(struct txn *t, struct txn_step *s)
{
    loop_remove_fd(t->env->loop, compile_fd(s->compile));
    compile_take(s->compile, &s->build);
    s->compile = NULL;
    s->is_over = true;
}

static void on_compile(void *data, int fd, short events);
static void take_build(struct txn *t, struct txn_step *s);

/* Finds it in the cache, or starts the compiler. */
static void
start_compile(struct txn *t, struct txn_step *s, enum compile_tier tier)
{
    const struct txn_env *env = t->env;
    struct err e = ERR_INIT;
    const struct compile_options o = {.tier = tier,
                                      .warm = env->warm,
                                      .before = s->served->artefact};
    s->compile = compile_begin(env->chain, &s->target->python,
                               s->served->module, &o, &s->build, &e);
    if (s->compile != NULL) {
        loop_add_fd(env->loop, compile_fd(s->compile), POLLIN, on_compile, t);
        return;
    }
    if (!s->build.is_good) {
        diag_add(&s->build.diags)->message = mem_copy_str(e.text);
    }
    s->is_over = true;
    take_build(t, s);
}

/* A build is there. Where tcc's has to wait for cc's, that is begun. */
static void
take_build(struct txn *t, struct txn_step *s)
{
    if (s->by_tcc.module != NULL) {
        txn_agree(s);
    }
    else if (txn_needs_cc(t, s)) {
        s->by_tcc = s->build;
        s->build = (struct build)BUILD_INIT;
        s->is_over = false;
        start_compile(t, s, TIER_OPTIMISED);
    }
}

static void
on_compile(void *data, int fd, short events)
{
    struct txn *t = data;
    (void)events;
    struct txn_step *s = step_of_fd(t, fd);
    if (s != NULL && compile_step(s->compile)) {
        txn_finish_compile(t, s);
        take_build(t, s);
        txn_build(t);
    }
}

static void
on_compile_deadline(void *data)
{
    struct txn *t = data;
    t->timer = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->compile != NULL && compile_step(s->compile)) {
            txn_finish_compile(t, s);
            take_build(t, s);
        }
    }
    txn_build(t);
}

static void
begin_step(struct txn *t, struct txn_step *s)
{
    s->tier = target_tier(s->served, t->env->tier);
    s->is_started = true;
    start_compile(t, s, s->tier);
}

/* Keeps `jobs` compilers busy; goes on when the last one is through. */
void
txn_build(struct txn *t)
{
    int running = 0;
    size_t done = 0;
    int64_t deadline = -1;
    for (size_t i = 0; i < t->step_count; i++) {
        running += t->steps[i].compile != NULL;
    }
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (!s->is_started && running < t->env->jobs) {
            begin_step(t, s);
            running += s->compile != NULL;
        }
        done += s->is_over;
        if (s->compile != NULL) {
            int64_t at = compile_deadline_ns(s->compile);
            deadline = deadline < 0 || at < deadline ? at : deadline;
        }
    }
    loop_remove_timer(t->env->loop, t->timer);
    t->timer = deadline < 0 ? 0
                            : loop_add_timer(t->env->loop, deadline,
                                             on_compile_deadline, t);
    if (done == t->step_count) {
        after_compiles(t);
    }
}

