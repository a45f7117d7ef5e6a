/* workers: what those who connect want, and what they are told.
 *
 * A Python of an ABI that nobody expected gets its artefacts built; what was
 * refused is loaded when nobody uses its module any more. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "canary.h"
#include "clock.h"
#include "list.h"
#include "mem.h"
#include "opt.h"
#include "outcome.h"
#include "path.h"
#include "report.h"
#include "undo.h"

struct target *
workers_target(const struct dev *d, const char *soabi)
{
    for (size_t i = 0; i < d->env.target_count; i++) {
        if (strcmp(d->env.targets[i]->python.soabi, soabi) == 0) {
            return d->env.targets[i];
        }
    }
    return NULL;
}

unsigned long long
workers_shown(const struct dev *d, const struct peer *p, const char *name,
              uint64_t generation)
{
    const struct target *t = workers_target(d, p->soabi);
    const struct served *v = t == NULL ? NULL : target_find(t, name);
    return v == NULL ? generation : target_shown(v, generation);
}

/* One of several that is stopped for a while catches up before it serves. A
 * child of an app that serves alone is no second one. */
static void
tell_company(struct peers *all, struct peer *p)
{
    for (struct peer *other = peers_next(all, NULL); other != NULL;
         other = peers_next(all, other))
    {
        if (other->is_worker && other != p && other->ppid == p->ppid) {
            peer_tell_company(p);
            peer_tell_company(other);
        }
    }
}

/* What a header brings along is built in this order, the last one first. */
static void
rank_imports(struct dev *d, struct target *t, struct peer *p)
{
    while (t != NULL && p->ranked_count < p->module_count) {
        const char *name = p->modules[p->ranked_count++].name;
        struct served *v = target_find(t, name);
        if (v != NULL) {
            v->imported = ++d->last_import;
        }
    }
}

static void
on_worker(void *data, struct peer *p)
{
    struct dev *d = data;
    struct target *t = workers_target(d, p->soabi);
    if (t != NULL) {
        t->is_met = true;
    }
    report_detail("worker", "%ld has imported %zu native module%s", p->pid,
                  p->module_count, p->module_count == 1 ? "" : "s");
    rank_imports(d, t, p);
    d->has_open_crash = false;
    crashes_look(d, 0, false); /* of one that never said hello */
    recordings_worker(d, p);
    tell_company(d->peers, p);
    /* A transaction on its way ends with catch_up_all. */
    if (d->txn == NULL) {
        catch_up_peer(d, p);
    }
}

static bool
is_in_use(const struct dev *d, const struct target *t,
          const struct served *v)
{
    for (struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (p->is_worker && strcmp(p->soabi, t->python.soabi) == 0
            && peer_module(p, v->module->name) != NULL)
        {
            return true;
        }
    }
    return false;
}

/* What goes back together waits for the last of it. */
static bool
is_group_in_use(const struct dev *d, const struct target *t,
                const struct served *v)
{
    bool is = is_in_use(d, t, v);
    for (size_t i = 0; v->refused_is_undo && i < t->served_count; i++) {
        const struct served *other = t->served[i];
        is |= other->refused_artefact != NULL && other->refused_is_undo
              && other->refused_group == v->refused_group
              && is_in_use(d, t, other);
    }
    return is;
}

static void
promote(struct target *t, struct served *v)
{
    struct err e = ERR_INIT;
    if (target_promote(t, v, &e) < 0 || target_write_manifest(t, &e) < 0) {
        report_warning("%s", e.text);
        return;
    }
    v->module->phase = MODULE_LIVE;
    char *text = mem_format("was refused; the next import loads it  gen %llu",
                            target_live(v));
    const struct report_field fields[] = {
        {.key = "module", .text = v->module->name},
        {.key = "generation", .number = (double)target_live(v)}};
    struct report_event event = {.verb = VERB_BUILT,
                                 .subject = v->module->name,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
    free(text);
}

void
workers_promote(struct dev *d, bool all_gone)
{
    for (size_t i = 0; d->txn == NULL && i < d->env.target_count; i++) {
        struct target *t = d->env.targets[i];
        for (size_t k = 0; k < t->served_count; k++) {
            struct served *v = t->served[k];
            if (v->refused_artefact != NULL
                && (all_gone || !is_group_in_use(d, t, v)))
            {
                promote(t, v);
            }
        }
    }
}

/* -- other words ---------------------------------------------------------- */

static void
build_for(struct dev *d, struct target *t)
{
    struct build *builds = NULL;
    struct err e = ERR_INIT;
    int64_t started = clock_now_ns();
    if (compile_all(d->chain, &t->python, d->graph, d->env.tier, d->env.jobs,
                    NULL, NULL, &builds, &e) < 0)
    {
        report_error(&e, NULL);
        return;
    }
    outcome_report_builds(builds, d->graph->module_count,
                          clock_now_ns() - started);
    for (size_t i = 0; i < d->graph->module_count; i++) {
        struct served *v = target_get(t, d->graph->modules[i]);
        struct staged staged = {.served = NULL};
        if (builds[i].is_good
            && target_stage(t, v, &builds[i], &staged, &e) == 0)
        {
            target_commit(t, &staged);
        }
        else if (builds[i].module != NULL && !builds[i].is_good) {
            target_fail(t, v, &builds[i], d->config->root);
        }
        build_dispose(&builds[i]);
    }
    free(builds);
}

/* A Python that the session was not built for: its artefacts and its guest
 * are made while it waits. */
static int
add_target(struct dev *d, const char *executable, struct err *e)
{
    struct python python = {.asked = NULL};
    if (python_probe(&python, executable, e) < 0) {
        return -1;
    }
    struct target *t = mem_new(sizeof(*t));
    if (target_init(t, &d->session, d->chain, &python, e) < 0) {
        python_dispose(&python);
        free(t);
        return -1;
    }
    report_setup("python", "CPython %s as well (%s)", t->python.version,
                 executable);
    build_for(d, t);
    if (target_write_manifest(t, e) < 0) {
        target_dispose(t);
        free(t);
        return -1;
    }
    d->env.targets = mem_resize(d->env.targets, d->env.target_count + 1,
                                sizeof(*d->env.targets));
    d->env.targets[d->env.target_count++] = t;
    t->canary = canary_new(d->loop, &t->python, t->guest, d->session.dir,
                           d->config->root);
    return 0;
}

static void
take_abi_ask(struct dev *d, struct peer *p, struct msg *m)
{
    char *soabi = msg_get_str(m);
    char *executable = msg_get_str(m);
    struct err e = ERR_INIT;
    if (msg_end(m, &e) == 0 && workers_target(d, soabi) == NULL) {
        add_target(d, executable, &e);
    }
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_ABI_READY);
    msg_put_str(&b, e.text);
    peer_send(p, &b);
    buf_dispose(&b);
    free(soabi);
    free(executable);
}

static void
answer_done(struct peer *p, bool is_done, const char *text)
{
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_DONE);
    msg_put_u64(&b, is_done ? 0 : 1);
    msg_put_str(&b, text);
    peer_send(p, &b);
    buf_dispose(&b);
}

void
workers_undone(struct dev *d, const struct txn *t)
{
    struct peer *p = d->undo_client;
    d->undo_client = NULL;
    d->undo_waits = NULL;
    if (p == NULL) {
        return;
    }
    if (t == NULL || t->result != TXN_LIVE) {
        const char *why = t == NULL || t->reason == NULL
                              ? "a newer save came first"
                              : t->reason;
        char *help = t != NULL && t->result == TXN_REFUSED ? undo_help(t)
                                                           : NULL;
        struct buf text = BUF_INIT;
        buf_add_fmt(&text, "%s%s%s", why, help == NULL ? "" : "\n",
                    help == NULL ? "" : help);
        answer_done(p, false, buf_text(&text));
        buf_dispose(&text);
        free(help);
        return;
    }
    char *text = undo_words(t);
    answer_done(p, true, text);
    free(text);
}

void
workers_refuse_name(const struct dev *d, const char *name, struct err *e)
{
    const struct graph *g = d->graph;
    struct list names = LIST_INIT;
    const char *near = NULL; /* whose file that is */
    for (size_t i = 0; i < g->module_count; i++) {
        const struct module *m = g->modules[i];
        if (!m->is_gone) {
            list_add(&names, m->name);
        }
        if (!m->is_gone && strcmp(path_base(m->source), path_base(name)) == 0)
        {
            near = m->name;
        }
    }
    if (near == NULL) {
        near = opt_near(name, (const char *const *)list_argv(&names));
    }
    if (near != NULL) {
        err_set(e, ERR_USAGE,
                "no native module '%s' in this session\ndid you mean '%s'?",
                name, near);
    }
    else {
        err_set(e, ERR_USAGE,
                "no native module '%s' in this session\ncowbird status lists "
                "the modules",
                name);
    }
    list_dispose(&names);
}

static void
take_undo_ask(struct dev *d, struct peer *p, struct msg *m)
{
    char *name = msg_get_str(m);
    struct err e = ERR_INIT;
    struct module *module = NULL;
    if (msg_end(m, &e) == 0) {
        module = graph_find(d->graph, name);
        bool has_undo = false;
        for (size_t i = 0; module != NULL && i < d->env.target_count; i++) {
            const struct served *v = target_find(d->env.targets[i], name);
            has_undo |= v != NULL && v->former_count > 0;
        }
        if (module == NULL) {
            workers_refuse_name(d, name, &e);
        }
        else if (!has_undo) {
            err_set(&e, ERR_REFUSED, "%s has no generation before this one",
                    name);
        }
        else if (d->undo_client != NULL
                 || (d->txn != NULL && !d->txn->is_tier))
        {
            err_set(&e, ERR_REFUSED, "a %s is on its way: try again",
                    d->undo_client != NULL ? "way back" : "save");
        }
    }
    if (err_is_set(&e)) {
        answer_done(p, false, e.text);
    }
    else {
        d->undo_client = p;
        d->undo_waits = module;
        workers_undo(d);
    }
    free(name);
}

void
workers_undo(struct dev *d)
{
    if (d->txn == NULL && d->undo_waits != NULL) {
        struct module *m = d->undo_waits;
        d->undo_waits = NULL;
        d->txn = txn_start_undo(&d->env, m, UNDO_ASKED, saves_over, d);
    }
}

void
workers_restarted(struct dev *d, const char *text)
{
    if (d->restart_client != NULL) {
        answer_done(d->restart_client, true, text);
        d->restart_client = NULL;
    }
}

/* Begins when nothing else is on its way. */
static void
take_restart_ask(struct dev *d, struct peer *p, struct msg *m)
{
    if (msg_end(m, NULL) < 0 || d->restart_client != NULL
        || d->end_signal != 0)
    {
        answer_done(p, false, d->end_signal != 0
                                  ? "the session is ending"
                                  : "a restart is on its way");
        return;
    }
    d->restart_client = p;
    d->is_restart_asked = !d->is_stopping;
    saves_pump(d);
}

static void
take_status_ask(struct dev *d, struct peer *p)
{
    char *json = status_json(d);
    char *text = status_text(d);
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_STATUS);
    msg_put_str(&b, json);
    msg_put_str(&b, text);
    peer_send(p, &b);
    buf_dispose(&b);
    free(json);
    free(text);
}

/* The worker may have been put off alone, as one that fell behind. */
static void
take_drained(struct dev *d, struct peer *p, struct msg *m)
{
    free(msg_get_str(m));
    if (!p->is_worker || msg_end(m, NULL) < 0) {
        return;
    }
    saves_drained(d);
    if (d->txn == NULL) {
        catch_up_peer(d, p);
    }
}

static void
on_message(void *data, struct peer *p, struct msg *m)
{
    struct dev *d = data;
    switch (m->type) {
    case MSG_PREPARED:
    case MSG_COMMITTED:
        if (p->is_worker && (d->txn == NULL || !txn_take(d->txn, p, m))) {
            catch_up_take(d, p, m);
        }
        return;
    case MSG_DRAINED:
        take_drained(d, p, m);
        return;
    case MSG_ABI_ASK:
        take_abi_ask(d, p, m);
        return;
    case MSG_UNDO_ASK:
        take_undo_ask(d, p, m);
        return;
    case MSG_IMPORTED:
        py_saves_answer(d, m);
        return;
    case MSG_RESTART_ASK:
        take_restart_ask(d, p, m);
        return;
    case MSG_STATUS_ASK:
        take_status_ask(d, p);
        return;
    case MSG_SERVED_ASK:
        recordings_tell_served(d, p, m);
        return;
    case MSG_CALLS_ASK:
        recordings_ask(d, p, m);
        return;
    case MSG_RECORDING:
        recordings_begun(d, p, m);
        return;
    case MSG_RECORDED:
        recordings_take(d, p, m);
        return;
    default:
        return;
    }
}

static void
on_gone(void *data, struct peer *p)
{
    struct dev *d = data;
    if (p == d->undo_client) {
        d->undo_client = NULL;
        d->undo_waits = NULL;
    }
    if (p == d->restart_client) {
        d->restart_client = NULL;
    }
    recordings_gone(d, p);
    if (p->is_worker && d->txn != NULL) {
        txn_lose(d->txn, p);
    }
    if (p->is_worker) {
        report_detail("worker", "%ld %s", p->pid,
                      p->is_farewell ? "ended" : "went away");
        crashes_look(d, p->pid, p->is_farewell);
        workers_promote(d, false);
        saves_drained(d);
    }
}

void
workers_handler(struct dev *d, struct peer_handler *h)
{
    *h = (struct peer_handler){.data = d,
                               .on_worker = on_worker,
                               .on_images = old_images_take,
                               .on_tags = tags_take,
                               .on_message = on_message,
                               .on_gone = on_gone};
}
