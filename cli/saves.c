/* saves: what was saved becomes a transaction, one at a time.
 *
 * A save during a compile cancels it and joins the change; one during the
 * swap itself waits for its end. Python files ask for a restart of the app
 * unless its own server does that. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "clock.h"
#include "extensions.h"
#include "held.h"
#include "mem.h"
#include "outcome.h"
#include "path.h"
#include "reloader.h"
#include "report.h"
#include "undo.h"

/* Saves that come faster than a compile ends would keep everything from going
 * live: after so many in a row one is let through, and the newest follows. */
#define CANCEL_MOST 3

static bool
is_python(const char *path)
{
    return strcmp(path_suffix(path), ".py") == 0;
}

bool
saves_is_interesting(void *data, const char *path, bool is_dir)
{
    const struct dev *d = data;
    return graph_is_interesting(d->graph, path)
           || extensions_has_file(d->extensions, path)
           || (d->pyproject != NULL && strcmp(path, d->pyproject) == 0)
           || (d->app_folder != NULL && (is_dir || is_python(path))
               && graph_is_interesting_below(d->app_folder, path));
}

void
saves_watch_files(struct dev *d, const struct module *m)
{
    const struct list *const files[] = {&m->sources, &m->headers};
    for (int f = 0; f < 2; f++) {
        for (size_t i = 0; i < files[f]->count; i++) {
            watch_add_file(d->watch, files[f]->items[i]);
        }
    }
}

/* The reloader that will do it without us, or NULL. */
static const char *
own_reloader(const struct dev *d)
{
    if (d->config->py_reload == PY_RELOAD_ON) {
        return NULL;
    }
    if (d->config->py_reload == PY_RELOAD_OFF) {
        return "--py-reload=off";
    }
    const char *name = reloader_of_words(&d->launch.argv);
    for (struct peer *p = peers_next(d->peers, NULL);
         p != NULL && name == NULL; p = peers_next(d->peers, p))
    {
        name = p->is_worker ? reloader_of_process(p->pid) : NULL;
    }
    return name;
}

void
saves_take(void *data, const struct change *change)
{
    struct dev *d = data;
    if (d->is_over || d->end_signal != 0) {
        return;
    }
    for (size_t i = 0; i < change->paths.count; i++) {
        const char *path = change->paths.items[i];
        config_saves_take(d, path);
        if (extensions_has_file(d->extensions, path)) {
            d->pending_extensions = true;
        }
        else if (!is_python(path)) {
            list_add_new(&d->pending, path);
        }
        else {
            py_saves_take(d, path);
        }
    }
    d->pending_everything |= change->is_everything;
    d->pending_structural |= change->is_structural;
    if (d->pending_saved_ns == 0) {
        d->pending_saved_ns = change->saved_ns;
    }
    if (d->txn != NULL && d->cancelled < CANCEL_MOST
        && txn_can_cancel(d->txn) && !d->txn->is_crash
        && (d->pending.count > 0 || d->pending_everything
            || d->pending_extensions))
    {
        /* Its modules are asked again: an edit is never lost. */
        bool is_change = !d->txn->is_tier && !d->txn->is_undo;
        for (size_t i = 0; is_change && i < d->txn->step_count; i++) {
            module_set_add(&d->retry, d->txn->steps[i].served->module);
        }
        if (d->txn->is_tier) {
            tiers_again(d, d->txn);
        }
        report_detail("cancel", "a newer save arrived");
        if (d->undo_client != NULL) {
            workers_undone(d, NULL);
        }
        txn_cancel(d->txn);
        d->txn = NULL;
        d->cancelled++;
    }
    saves_pump(d);
}

static void
report_module(enum report_verb verb, const struct module *m, const char *text)
{
    const struct report_field fields[] = {
        {.key = "module", .text = m->name},
        {.key = "source", .text = m->source}};
    struct report_event event = {.verb = verb,
                                 .subject = m->name,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
}

/* Sources may have come or gone. New modules join `dirty`. */
static void
rescan(struct dev *d, struct module_set *dirty)
{
    struct err e = ERR_INIT;
    struct graph *g = d->graph;
    size_t before = g->module_count;
    struct list said = LIST_INIT;
    list_add_all(&said, &g->warnings);
    struct module **old = mem_new((before + 1) * sizeof(*old));
    bool *was_gone = mem_new(before + 1);
    for (size_t i = 0; i < before; i++) {
        old[i] = g->modules[i];
        was_gone[i] = old[i]->is_gone;
    }
    extensions_read(d->extensions, d->config, &d->env.targets[0]->python);
    if (graph_scan(g, &d->config->compile_paths, d->config, &e) < 0) {
        report_warning("%s", e.text);
    }
    for (size_t i = 0; i < before; i++) {
        if (old[i]->is_gone && !was_gone[i]) {
            report_module(VERB_REMOVED, old[i],
                          "its source is gone; what is live serves on");
            if (d->config->stubs) {
                beside_drop(&d->beside, old[i]);
            }
        }
        else if (!old[i]->is_gone && (was_gone[i] || old[i]->is_redefined)) {
            module_set_add(dirty, old[i]);
        }
    }
    for (size_t i = 0; i < g->module_count; i++) {
        bool is_new = true;
        for (size_t k = 0; k < before && is_new; k++) {
            is_new = old[k] != g->modules[i];
        }
        if (is_new) {
            report_module(VERB_ADDED, g->modules[i], "a new native module");
            module_set_add(dirty, g->modules[i]);
        }
    }
    free(old);
    free(was_gone);
    for (size_t i = 0; i < g->warnings.count; i++) {
        if (!list_has(&said, g->warnings.items[i])) {
            report_warning("%s", g->warnings.items[i]);
        }
    }
    list_dispose(&said);
}

void
saves_drained(struct dev *d)
{
    for (size_t i = 0; i < d->waits.count; i++) {
        module_set_add(&d->retry, d->waits.items[i]);
    }
    d->waits.count = 0;
    saves_pump(d);
    tiers_pump(d);
}

/* Asked for, or Python changed, or the app is down and something was saved. */
static void
restart_if_asked(struct dev *d, bool was_saved)
{
    if (d->is_over || d->end_signal != 0) {
        return;
    }
    if (d->is_restart_asked) {
        d->is_restart_asked = false;
        app_restart(d, "asked for");
        return;
    }
    if (d->is_waiting) {
        if (was_saved || d->pending_python.count > 0) {
            list_clear(&d->pending_python);
            app_restart(d, "saved");
        }
        return;
    }
    const char *other = d->pending_python.count > 0 ? own_reloader(d) : NULL;
    if (other != NULL) {
        report_detail("python", "changed; %s takes care of it", other);
        list_clear(&d->pending_python);
    }
    if (py_saves_settle(d)) {
        app_restart(d, "Python changed");
    }
}

/* Saved without a change, but not what is live: undone, crashed, refused for
 * what may be in the way no more, or neither built nor loaded, of which the
 * disk may have been the cause, or a header that is there by now. */
static bool
is_due(const struct dev *d, const struct module *m)
{
    bool is_open = m->phase == MODULE_FAILED || m->phase == MODULE_ROLLED_BACK;
    if (is_open && !d->pending_everything) {
        return true;
    }
    for (size_t i = 0; i < d->env.target_count; i++) {
        const struct served *v = target_find(d->env.targets[i], m->name);
        if (v != NULL
            && (v->is_undone || v->has_fallen || v->refused_artefact != NULL))
        {
            return true;
        }
    }
    return false;
}

void
saves_pump(struct dev *d)
{
    if (d->txn != NULL || d->is_over || d->end_signal != 0) {
        return;
    }
    bool has_native = d->pending.count > 0 || d->pending_everything
                      || d->pending_extensions || d->pending_structural
                      || d->retry.count > 0;
    if (!has_native) {
        d->pending_saved_ns = 0;
        restart_if_asked(d, false);
        return;
    }
    struct module_set dirty = {NULL, 0, 0};
    struct module_set same = {NULL, 0, 0};
    if (d->pending_structural || d->pending_everything
        || d->pending_extensions
        || graph_needs_scan(d->graph, &d->pending))
    {
        rescan(d, &dirty);
    }
    graph_refresh(d->graph, d->pending_everything ? NULL : &d->pending,
                  &dirty, &same);
    for (size_t i = 0; i < d->retry.count; i++) {
        if (!d->retry.items[i]->is_gone) {
            module_set_add(&dirty, d->retry.items[i]);
        }
    }
    held_join(d, &dirty, &same);
    for (size_t i = 0; i < same.count; i++) {
        if (is_due(d, same.items[i])) {
            module_set_add(&dirty, same.items[i]);
        }
    }
    undo_join(&d->env, &dirty);
    for (size_t i = 0; i < same.count; i++) {
        if (!d->pending_everything && !module_set_has(&dirty, same.items[i])) {
            report_module(VERB_SAME, same.items[i], "no change in content");
        }
    }
    int64_t saved_ns = d->pending_saved_ns;
    for (size_t i = 0; i < dirty.count; i++) {
        d->has_header_change |= !list_has(&d->pending,
                                          dirty.items[i]->source);
    }
    list_clear(&d->pending);
    d->retry.count = 0;
    d->pending_everything = false;
    d->pending_extensions = false;
    d->pending_structural = false;
    d->pending_saved_ns = 0;
    saved_ns = saved_ns > 0 ? saved_ns : clock_now_ns();
    tiers_cancel(d, &dirty, saved_ns);
    if (dirty.count > 0) {
        d->txn = txn_start(&d->env, &dirty, saved_ns, saves_over, d);
    }
    else {
        restart_if_asked(d, false);
    }
    module_set_dispose(&dirty);
    module_set_dispose(&same);
}

/* Keeps what a build said: its headers for the next save, its words for
 * whoever imports a module that has nothing to serve. */
static void
keep_words(struct dev *d, struct txn *t)
{
    bool has_failure = false;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (s->build.module == NULL || s->build.is_cancelled) {
            continue;
        }
        /* A new one that fails early is known by its sources alone. */
        if (s->build.is_good || s->build.headers.count > 0
            || s->served->module->unit_count == 0)
        {
            graph_set_headers(d->graph, s->served->module,
                              &s->build.headers);
            saves_watch_files(d, s->served->module);
            if (s->build.is_stale) {
                graph_doubt(s->served->module);
            }
        }
        if (s->build.is_stale) {
            module_set_add(&d->retry, s->served->module);
        }
        if (!s->build.is_good && s->served->generation == 0) {
            target_fail(s->target, s->served, &s->build, d->config->root);
            has_failure = true;
        }
    }
    for (size_t i = 0; has_failure && i < d->env.target_count; i++) {
        target_write_manifest(d->env.targets[i], NULL);
    }
}

/* After a commit, and after all that somebody waits for. */
static void
write_beside(struct dev *d, const struct txn *t)
{
    bool is_live = t->result == TXN_LIVE || t->result == TXN_SAME;
    if (!d->config->stubs || t->is_undo) {
        return;
    }
    for (size_t i = 0; is_live && i < t->step_count; i++) {
        beside_stub(&d->beside, &t->steps[i].build, NULL);
    }
    beside_say(&d->beside, true);
    beside_enter(&d->beside, d->graph);
}

void
saves_over(void *data, struct txn *t)
{
    struct dev *d = data;
    bool was_saved = !t->is_crash;
    d->txn = NULL;
    d->cancelled = 0;
    keep_words(d, t);
    held_over(d, t);
    outcome_report(t);
    txn_trace(t);
    if (t->is_undo) {
        workers_undone(d, t);
    }
    write_beside(d, t);
    tiers_learn(d, t);
    tiers_want(d, t);
    ahead_after(d, t);
    crashes_over(d, t);
    txn_free(t);
    catch_up_all(d);
    crashes_pump(d);
    workers_undo(d);
    restart_if_asked(d, was_saved);
    saves_pump(d);
    tiers_pump(d);
}

void
saves_dispose(struct dev *d)
{
    cache_abandon_ahead();
    py_saves_dispose(d);
    list_dispose(&d->pending);
    module_set_dispose(&d->retry);
    module_set_dispose(&d->held);
    module_set_dispose(&d->waits);
}
