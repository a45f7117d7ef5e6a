/* held: see held.h. */
#include "held.h"

#include "dev.h"
#include "graph.h"
#include "transaction.h"

/* Those of the blamed that include what the module includes, too: adds them to
 * `to` (may be NULL); whether there is one, or one in `among`. */
static bool
has_blamed(const struct dev *d, const struct module *m,
           const struct module_set *among, struct module_set *to)
{
    bool has = false;
    for (size_t i = 0; i < d->blamed.count; i++) {
        struct module *one = d->blamed.items[i];
        if (one->is_gone || one == m || !module_shares_header(m, one)) {
            continue;
        }
        has |= among == NULL || module_set_has(among, one);
        if (to != NULL) {
            module_set_add(to, one);
        }
    }
    return has;
}

/* What an earlier change could not bring along goes with this one; saved
 * again as it is, it is a change of its own. Where a header kept it, it goes
 * with those that do not compile with that, or not at all. */
static void
join_held(struct dev *d, struct module_set *dirty,
          const struct module_set *same)
{
    bool is_asked = dirty->count > 0;
    size_t left = 0;
    for (size_t i = 0; i < d->held.count; i++) {
        is_asked |= module_set_has(same, d->held.items[i]);
    }
    for (size_t i = 0; i < d->held.count; i++) {
        struct module *m = d->held.items[i];
        bool is_bound = has_blamed(d, m, NULL, NULL);
        bool is_touched = module_set_has(dirty, m) || module_set_has(same, m)
                          || has_blamed(d, m, dirty, NULL);
        if (!m->is_gone && (is_bound ? is_touched : is_asked)) {
            module_set_add(dirty, m);
            has_blamed(d, m, NULL, dirty);
        }
        else if (!m->is_gone) {
            d->held.items[left++] = m;
        }
    }
    d->held.count = left;
}

/* A change that was put off goes on whole when a part of it is saved again. */
static void
join_waiting(struct dev *d, struct module_set *dirty)
{
    bool is_asked = false;
    for (size_t i = 0; i < dirty->count; i++) {
        is_asked |= module_set_has(&d->waits, dirty->items[i]);
    }
    for (size_t i = 0; is_asked && i < d->waits.count; i++) {
        if (!d->waits.items[i]->is_gone) {
            module_set_add(dirty, d->waits.items[i]);
        }
    }
    d->waits.count = is_asked ? 0 : d->waits.count;
}

/* Whether the change failed for no fault of this module's. */
static bool
is_faultless(const struct txn *t, const struct txn_step *s)
{
    switch (t->result) {
    case TXN_BUILD_FAILED:
    case TXN_BROKEN:
        return s->build.is_good;
    case TXN_INIT_FAILED:
        return t->culprit != NULL && t->culprit != s;
    case TXN_REFUSED:
        return t->is_condemned && t->culprit != s;
    default:
        return false;
    }
}

/* Who does not compile with a header that others of the change include. */
static void
blame(struct dev *d, const struct txn *t)
{
    size_t left = 0;
    for (size_t i = 0; i < d->blamed.count; i++) {
        bool is_part = false;
        for (size_t k = 0; k < t->step_count; k++) {
            is_part |= t->steps[k].served->module == d->blamed.items[i];
        }
        if (!is_part) {
            d->blamed.items[left++] = d->blamed.items[i];
        }
    }
    d->blamed.count = left;
    for (size_t i = 0; i < t->step_count && d->has_header_change; i++) {
        if (t->result == TXN_BUILD_FAILED && !t->steps[i].build.is_good) {
            module_set_add(&d->blamed, t->steps[i].served->module);
        }
    }
    d->has_header_change = d->blamed.count > 0;
}

static void
hold(struct dev *d, const struct txn *t)
{
    bool is_busy = t->result == TXN_BUSY && !t->is_undo;
    if (is_busy && d->waits.count == 0) {
        d->waits_since_ns = t->over_ns;
    }
    for (size_t i = 0; is_busy && i < t->step_count; i++) {
        module_set_add(&d->waits, t->steps[i].served->module);
    }
    for (size_t i = 0; !t->is_undo && i < t->step_count; i++) {
        /* what went back with others comes with them (undo.h) */
        if (is_faultless(t, &t->steps[i])
            && t->steps[i].served->undone_group == 0)
        {
            module_set_add(&d->held, t->steps[i].served->module);
        }
    }
}

void
held_join(struct dev *d, struct module_set *dirty,
          const struct module_set *same)
{
    join_held(d, dirty, same);
    join_waiting(d, dirty);
}

void
held_over(struct dev *d, const struct txn *t)
{
    hold(d, t);
    if (!t->is_undo) {
        blame(d, t);
    }
}
