/* transaction: see transaction.h. Its life; the stages are txn_build.c and
 * txn_commit.c.
 */
#include "txn_stages.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "canary.h"
#include "clock.h"
#include "mem.h"
#include "undo.h"

uint64_t
txn_next_id(void)
{
    static uint64_t last; /* the bench's main thread only */
    return ++last;
}

static void
announce(void *data)
{
    struct txn *t = data;
    t->timer = 0;
    t->on_over(t->data, t);
}

/* Whoever knows it by its name of a moment learns the one in the cache. */
static void
rename_kept(struct txn_step *s, const char *old)
{
    struct served *v = s->served;
    const struct {
        char **name;
        struct digest *key;
    } places[] = {{&s->staged.artefact, &s->staged.key},
                  {&v->artefact, &v->key},
                  {&v->refused_artefact, &v->refused_key}};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        char **name = places[i].name;
        if (*name != NULL && strcmp(*name, old) == 0) {
            free(*name);
            *name = mem_copy_str(s->build.artefact);
            *places[i].key = s->build.key;
        }
    }
}

/* Another name of the image that this build's artefact has, for `undo`: the
 * image goes when no worker needs it. On the heap; NULL: there is no image, be
 * it that another build's serves. */
static char *
keep_image(const struct txn_step *s, const char *artefact)
{
    const struct served *v = s->served;
    const char *image = s->staged.image;
    if (image == NULL && v->artefact != NULL
        && strcmp(v->artefact, artefact) == 0)
    {
        image = v->image;
    }
    char *kept = image == NULL ? NULL : mem_format("%s.kept", image);
    if (kept != NULL && link(image, kept) < 0) {
        free(kept);
        kept = mem_copy_str(image);
    }
    return kept;
}

bool
txn_keep(struct txn *t, struct txn_step *s)
{
    struct err e = ERR_INIT;
    if (s->build.pending == NULL) {
        return true;
    }
    char *old = mem_copy_str(s->build.artefact);
    bool is_kept = compile_settle(&s->build, &e);
    if (!is_kept) {
        free(t->reason);
        t->reason = mem_copy_str(e.text);
        s->build.artefact = keep_image(s, old);
    }
    rename_kept(s, old);
    free(old);
    return is_kept;
}

void
txn_keep_all(struct txn *t)
{
    for (size_t i = 0; i < t->step_count; i++) {
        txn_keep(t, &t->steps[i]);
    }
}

void
txn_over(struct txn *t, enum txn_result result)
{
    loop_remove_timer(t->env->loop, t->timer);
    t->stage = TXN_OVER;
    t->result = result;
    t->over_ns = clock_now_ns();
    txn_keep_all(t); /* what nobody waited for */
    t->timer = loop_add_timer(t->env->loop, t->over_ns, announce, t);
}

void
txn_set_phase(struct txn *t, enum module_phase phase)
{
    for (size_t i = 0; i < t->step_count; i++) {
        t->steps[i].served->module->phase = phase;
    }
}

void
txn_drop_staged(struct txn *t)
{
    for (size_t i = 0; i < t->step_count; i++) {
        target_drop(&t->steps[i].staged);
    }
}

/* Ends it without effect. `format` may be NULL when builds say why. */
void
txn_fail(struct txn *t, enum txn_result result, const char *reason)
{
    free(t->reason);
    t->reason = mem_copy_str(reason);
    txn_abort(t);
    txn_drop_staged(t);
    txn_over(t, result);
}

/* Targets that a worker has shown to be real; all while none has. */
static bool
matters(const struct txn_env *env, const struct target *target)
{
    if (target->is_met) {
        return true;
    }
    for (size_t i = 0; i < env->target_count; i++) {
        if (env->targets[i]->is_met) {
            return false;
        }
    }
    return true;
}

static struct txn *
make(const struct txn_env *env, int64_t saved_ns,
     void (*on_over)(void *data, struct txn *t), void *data)
{
    struct txn *t = mem_new(sizeof(*t));
    t->env = env;
    t->id = txn_next_id();
    t->started_ns = clock_now_ns();
    t->saved_ns = saved_ns;
    t->on_over = on_over;
    t->data = data;
    clock_wall(t->saved);
    return t;
}

static void
add_step(struct txn *t, struct target *target, struct module *m)
{
    t->steps = mem_resize(t->steps, t->step_count + 1, sizeof(*t->steps));
    struct txn_step *s = &t->steps[t->step_count++];
    *s = (struct txn_step){.target = target,
                           .served = target_get(target, m)};
}

/* The most recently imported first: the likeliest that somebody waits for. */
static int
by_import(const void *a, const void *b)
{
    const struct txn_step *x = a;
    const struct txn_step *y = b;
    uint64_t late = x->served->imported, later = y->served->imported;
    return late != later ? (late < later ? 1 : -1)
                         : strcmp(x->served->module->name,
                                  y->served->module->name);
}

struct txn *
txn_start(const struct txn_env *env, const struct module_set *set,
          int64_t saved_ns, void (*on_over)(void *data, struct txn *t),
          void *data)
{
    struct txn *t = make(env, saved_ns, on_over, data);
    for (size_t i = 0; i < env->target_count; i++) {
        for (size_t k = 0; k < set->count; k++) {
            if (matters(env, env->targets[i])) {
                add_step(t, env->targets[i], set->items[k]);
            }
        }
    }
    qsort(t->steps, t->step_count, sizeof(*t->steps), by_import);
    txn_set_phase(t, MODULE_BUILDING);
    txn_build(t);
    return t;
}

/* What came along with it goes back with it. */
static void
add_companions(struct txn *t)
{
    size_t asked = t->step_count;
    for (size_t i = 0; i < asked; i++) {
        struct module_set with = {NULL, 0, 0};
        undo_companions(t->steps[i].target, t->steps[i].served, &with);
        for (size_t k = 0; k < with.count; k++) {
            add_step(t, t->steps[i].target, with.items[k]);
        }
        module_set_dispose(&with);
    }
}

struct txn *
txn_start_undo(const struct txn_env *env, struct module *m,
               enum undo_kind kind,
               void (*on_over)(void *data, struct txn *t), void *data)
{
    struct txn *t = make(env, clock_now_ns(), on_over, data);
    t->is_undo = true;
    t->is_crash = kind != UNDO_ASKED;
    for (size_t i = 0; i < env->target_count; i++) {
        struct served *v = target_find(env->targets[i], m->name);
        if (matters(env, env->targets[i]) && v != NULL
            && (!t->is_crash || v->former_count > 0))
        {
            add_step(t, env->targets[i], m);
        }
    }
    if (kind != UNDO_CRASH_ALONE) {
        add_companions(t);
    }
    txn_try(t);
    return t;
}

struct txn *
txn_start_tier(const struct txn_env *env, struct target *target,
               struct build *build,
               void (*on_over)(void *data, struct txn *t), void *data)
{
    struct txn *t = make(env, clock_now_ns(), on_over, data);
    t->is_tier = true;
    t->saved[0] = '\0';
    add_step(t, target, build->module);
    t->steps[0].build = *build;
    t->steps[0].is_over = true;
    *build = (struct build)BUILD_INIT;
    txn_try(t);
    return t;
}

bool
txn_can_cancel(const struct txn *t)
{
    return t->stage == TXN_COMPILING || t->stage == TXN_TRYING;
}

void
txn_cancel(struct txn *t)
{
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->compile != NULL) {
            compile_cancel(s->compile);
            txn_finish_compile(t, s);
        }
    }
    if (t->stage == TXN_TRYING && t->next_try < t->step_count) {
        canary_forget(t->steps[t->next_try].target->canary);
    }
    txn_abort(t);
    txn_drop_staged(t);
    txn_set_phase(t, t->is_tier ? MODULE_LIVE : MODULE_DIRTY);
    txn_free(t);
}

void
txn_free(struct txn *t)
{
    if (t == NULL) {
        return;
    }
    loop_remove_timer(t->env->loop, t->timer);
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        build_dispose(&s->build);
        build_dispose(&s->by_tcc);
        target_drop(&s->staged);
        list_dispose(&s->swapped);
        list_dispose(&s->added);
        list_dispose(&s->removed);
        list_dispose(&s->state);
        list_dispose(&s->moved_types);
    }
    span_list_dispose(&t->spans);
    free(t->steps);
    free(t->reason);
    free(t);
}
