/* undo: see undo.h. */
#include "undo.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

void
undo_companions(const struct target *t, const struct served *v,
                struct module_set *with)
{
    for (size_t i = 0; v->change != 0 && i < t->served_count; i++) {
        const struct served *other = t->served[i];
        if (other != v && other->change == v->change
            && other->former_count > 0 && !other->module->is_gone
            && module_shares_header(other->module, v->module))
        {
            module_set_add(with, other->module);
        }
    }
}

bool
undo_is_companion(const struct txn *t, const struct txn_step *s)
{
    return s->served->module != t->steps[0].served->module;
}

char *
undo_words(const struct txn *t)
{
    struct buf text = BUF_INIT;
    struct module_set said = {NULL, 0, 0};
    for (size_t i = 0; i < t->step_count; i++) {
        const struct served *v = t->steps[i].served;
        if (module_set_has(&said, v->module)) {
            continue; /* of another Python */
        }
        buf_add_fmt(&text, "%s%s is back at gen %llu's code, as gen %llu",
                    i == 0 ? "" : "\nwith it: ", v->module->name,
                    (unsigned long long)v->code_of, target_live(v));
        module_set_add(&said, v->module);
    }
    module_set_dispose(&said);
    return buf_take(&text);
}

/* What went back before with this one, or with one of its own, is of one
 * group from now on. */
static void
join_groups(const struct target *t, uint64_t from, uint64_t to)
{
    for (size_t i = 0; from != 0 && i < t->served_count; i++) {
        if (t->served[i]->undone_group == from) {
            t->served[i]->undone_group = to;
        }
    }
}

void
undo_note(const struct txn *t, const struct txn_step *s)
{
    struct served *v = s->served;
    join_groups(s->target, v->undone_group, t->id);
    v->undone_group = t->id;
    target_mark_undone(v);
    if (t->is_crash && !undo_is_companion(t, s)) {
        target_mark_fallen(v);
    }
    else if (t->is_crash) {
        free(v->why);
        v->why = mem_format("gen %llu's code: it went back with %s, which "
                            "crashed",
                            (unsigned long long)v->code_of,
                            t->steps[0].served->module->name);
    }
}

char *
undo_help(const struct txn *t)
{
    const struct txn_step *s = t->culprit != NULL ? t->culprit : t->steps;
    return mem_format("cowbird restart starts the app again on gen %llu's "
                      "code%s%s",
                      (unsigned long long)s->served->refused_code_of,
                      undo_is_companion(t, s) ? " of " : "",
                      undo_is_companion(t, s) ? s->served->module->name : "");
}

static void
join_group(const struct txn_env *env, uint64_t group,
           struct module_set *dirty)
{
    for (size_t i = 0; i < env->target_count; i++) {
        const struct target *t = env->targets[i];
        for (size_t k = 0; k < t->served_count; k++) {
            const struct served *v = t->served[k];
            if (v->undone_group == group && !v->module->is_gone) {
                module_set_add(dirty, v->module);
            }
        }
    }
}

void
undo_join(const struct txn_env *env, struct module_set *dirty)
{
    size_t asked = dirty->count;
    for (size_t i = 0; i < asked; i++) {
        for (size_t k = 0; k < env->target_count; k++) {
            const struct served *v
                = target_find(env->targets[k], dirty->items[i]->name);
            if (v != NULL && v->undone_group != 0) {
                join_group(env, v->undone_group, dirty);
            }
        }
    }
}
