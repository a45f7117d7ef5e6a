/* ahead: what is done ahead of a save, while nobody waits: compilers read the
 * preambles of the modules whose sources were edited last, which are the
 * likeliest to be edited next, and the pieces of their optimised builds are
 * compiled. See dev.h.
 */
#include "dev.h"

#include "cache.h"
#include "clock.h"
#include "file.h"
#include "warm.h"

/* The app's own start comes first; then so many compilers are warmed. */
#define START_DELAY_MS 300
#define START_MODULES 2
/* Modules of one change that compilers wait for. */
#define WARM_MOST 4

static void
warm_module(const struct dev *d, const struct target *t,
            const struct module *m)
{
    const struct served *v = target_find(t, m->name);
    struct warm_wish w
        = {.module = m, .tier = d->env.tier, .scans = true};
    if (v != NULL) {
        w.tier = target_tier(v, d->env.tier);
        w.artefact = v->artefact;
    }
    warm_prepare(d->env.warm, d->chain, &t->python, &w);
    if (w.tier == TIER_FAST && tiers_are_two(d)) {
        w.tier = TIER_OPTIMISED;
        w.scans = false; /* it gets the binding of the first tier */
        warm_prepare(d->env.warm, d->chain, &t->python, &w);
    }
}

/* Those whose sources were changed last, `most` and WARM_MOST at most; how
 * many. */
static size_t
find_newest(struct module *const *modules, size_t count, size_t most,
            const struct module *newest[WARM_MOST])
{
    int64_t times[WARM_MOST] = {0};
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const struct module *m = modules[i];
        int64_t time = m->is_gone ? 0 : file_changed_ns(m->source);
        for (size_t k = 0; k < most && time > 0; k++) {
            if (time > times[k]) {
                const struct module *next = newest[k];
                int64_t next_time = times[k];
                found += next_time == 0;
                newest[k] = m;
                times[k] = time;
                m = next;
                time = next_time;
            }
        }
    }
    return found;
}

static void
warm_newest(const struct dev *d, const struct target *t,
            const struct module_set *modules)
{
    const struct module *newest[WARM_MOST] = {NULL};
    size_t count = find_newest(modules->items, modules->count, WARM_MOST,
                               newest);
    for (size_t i = 0; i < count; i++) {
        warm_module(d, t, newest[i]);
    }
}

static bool
takes_part(const struct txn *t, const struct target *target)
{
    size_t i = 0;
    while (i < t->step_count && t->steps[i].target != target) {
        i++;
    }
    return i < t->step_count;
}

/* Whoever saved these will save them again; of the many that a header brings
 * along only the sources that somebody has just worked on. */
void
ahead_after(const struct dev *d, const struct txn *t)
{
    struct module_set brought = {NULL, 0, 0};
    for (size_t i = 0; !t->is_undo && i < t->step_count; i++) {
        module_set_add(&brought, t->steps[i].served->module);
    }
    for (size_t i = 0; brought.count > 0 && i < d->env.target_count; i++) {
        if (takes_part(t, d->env.targets[i])) {
            warm_newest(d, d->env.targets[i], &brought);
        }
    }
    module_set_dispose(&brought);
    cache_begin_ahead();
}

/* What the last session left of them may be a whole object alone. */
static void
on_start(void *data)
{
    struct dev *d = data;
    struct target *t = d->env.targets[0];
    const struct module *newest[WARM_MOST] = {NULL};
    size_t count = find_newest(d->graph->modules, d->graph->module_count,
                               START_MODULES, newest);
    d->warm_timer = 0;
    for (size_t i = 0; i < count; i++) {
        warm_module(d, t, newest[i]);
        tiers_ahead(d, t, target_find(t, newest[i]->name));
    }
}

void
ahead_begin(struct dev *d)
{
    d->warm_timer = loop_add_timer(
        d->loop, clock_now_ns() + START_DELAY_MS * INT64_C(1000000), on_start,
        d);
}

void
ahead_dispose(struct dev *d)
{
    loop_remove_timer(d->loop, d->warm_timer);
}
