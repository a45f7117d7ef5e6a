/* txn_commit: the stages of a transaction that workers see: prepare, then
 * commit. Not cancellable: it ends live, refused or broken. See txn_stages.h.
 */
#include "txn_stages.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "undo.h"

/* -- commit --------------------------------------------------------------- */

static bool
is_waiting(const struct txn *t, enum peer_step step)
{
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->txn == t->id && p->step == step) {
            return true;
        }
    }
    return false;
}

static void
count_workers(struct txn *t)
{
    struct peers *all = t->env->peers;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        s->workers = 0;
        s->moved = 0;
        for (struct peer *p = peers_next(all, NULL); p != NULL;
             p = peers_next(all, p))
        {
            const struct peer_module *m = NULL;
            if (p->is_worker && !peer_is_master(p)
                && strcmp(p->soabi, s->target->python.soabi) == 0)
            {
                m = peer_module(p, s->served->module->name);
            }
            s->workers += m != NULL;
            s->moved += m != NULL && m->generation == s->generation;
        }
    }
}

static void
finish_commit(struct txn *t)
{
    txn_give_up_on(t, PEER_COMMITTING);
    count_workers(t);
    txn_over(t, TXN_LIVE);
}

static void
on_commit_timeout(void *data)
{
    struct txn *t = data;
    t->timer = 0;
    finish_commit(t);
}

static void
send_commit(const struct txn *t)
{
    struct buf b = BUF_INIT;
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->txn == t->id && p->step == PEER_READY) {
            p->step = PEER_COMMITTING;
            msg_start(&b, MSG_COMMIT);
            msg_put_u64(&b, t->id);
            peer_send(p, &b);
        }
    }
    buf_dispose(&b);
}

/* Where it fails the workers have moved all the same; who starts later reads
 * the older one and is caught up when it says hello. */
static void
write_manifests(struct txn *t)
{
    struct err e = ERR_INIT;
    for (size_t i = 0; i < t->env->target_count; i++) {
        if (target_write_manifest(t->env->targets[i], &e) < 0) {
            free(t->reason);
            t->reason = mem_copy_str(e.text);
        }
    }
}

/* From here on the change is decided. Those that serve move first: who starts
 * meanwhile reads the older manifest, and follows when it says hello. */
static void
commit(struct txn *t)
{
    t->prepared_ns = clock_now_ns();
    t->stage = TXN_COMMITTING;
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (!s->is_same) {
            target_commit(s->target, &s->staged);
        }
        if (t->is_undo) {
            undo_note(t, s);
        }
    }
    send_commit(t);
    write_manifests(t);
    txn_set_phase(t, MODULE_LIVE);
    if (!is_waiting(t, PEER_COMMITTING)) {
        finish_commit(t);
        return;
    }
    t->timer = loop_add_timer(t->env->loop,
                              clock_now_ns() + WORKER_PATIENCE_MS * 1000000LL,
                              on_commit_timeout, t);
}

/* -- prepare -------------------------------------------------------------- */

void
txn_abort(struct txn *t)
{
    struct buf b = BUF_INIT;
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->txn == t->id && p->step != PEER_IDLE) {
            msg_start(&b, MSG_ABORT);
            msg_put_u64(&b, t->id);
            p->step = PEER_IDLE;
            peer_send(p, &b);
        }
    }
    buf_dispose(&b);
}

static void
after_prepare(struct txn *t)
{
    loop_remove_timer(t->env->loop, t->timer);
    t->timer = 0;
    if (t->verdict == VERDICT_BUSY) {
        txn_abort(t);
        txn_set_phase(t, MODULE_DIRTY);
        txn_drop_staged(t);
        txn_over(t, TXN_BUSY);
        return;
    }
    if (t->verdict != VERDICT_READY) {
        txn_abort(t);
        txn_set_phase(t, t->verdict == VERDICT_REFUSED ? MODULE_REFUSED
                                                   : MODULE_ROLLED_BACK);
        for (size_t i = 0; t->verdict == VERDICT_REFUSED
                           && i < t->step_count; i++)
        {
            if (!t->steps[i].is_same) {
                target_refuse(&t->steps[i].staged);
            }
        }
        txn_drop_staged(t);
        txn_over(t, t->verdict == VERDICT_REFUSED ? TXN_REFUSED
                                              : TXN_INIT_FAILED);
        return;
    }
    commit(t);
}

static void
on_prepare_timeout(void *data)
{
    struct txn *t = data;
    t->timer = 0;
    txn_give_up_on(t, PEER_ASKED);
    after_prepare(t);
}

void
txn_put_module(struct buf *b, const struct txn_module *m, const char *saved)
{
    const struct module *module = m->served->module;
    msg_put_str(b, module->name);
    msg_put_str(b, module->stem);
    msg_put_u64(b, m->generation);
    msg_put_str(b, m->image);
    msg_put_str(b, module->source);
    msg_put_str(b, saved);
    msg_put_u64(b, target_shown(m->served, m->generation));
    msg_put_str(b, target_tier_name(m->compiler));
}

/* The PREPARE or OPEN for one ABI; false when this change has nothing for
 * it. */
static bool
describe(const struct txn *t, enum msg_type type, const char *soabi,
         struct buf *b)
{
    uint64_t count = 0;
    for (size_t i = 0; i < t->step_count; i++) {
        const struct txn_step *s = &t->steps[i];
        count += !s->is_same && strcmp(s->target->python.soabi, soabi) == 0;
    }
    msg_start(b, type);
    msg_put_u64(b, t->id);
    msg_put_u64(b, count);
    for (size_t i = 0; i < t->step_count; i++) {
        const struct txn_step *s = &t->steps[i];
        if (!s->is_same && strcmp(s->target->python.soabi, soabi) == 0) {
            const struct txn_module m = {s->served, s->generation,
                                         s->staged.image, s->staged.compiler};
            txn_put_module(b, &m, t->saved);
        }
    }
    return count > 0;
}

/* So that an answer that comes late still tells which generation it is. */
static void
note_asked(const struct txn *t, struct peer *p)
{
    peer_forget_asked(p);
    for (size_t i = 0; i < t->step_count; i++) {
        const struct txn_step *s = &t->steps[i];
        struct peer_module *m = peer_module(p, s->served->module->name);
        if (m != NULL && !s->is_same
            && strcmp(s->target->python.soabi, p->soabi) == 0)
        {
            m->asked = s->generation;
        }
    }
}

/* Nobody waits for them, and one that is busy with another change goes on
 * with it. */
void
txn_open(struct txn *t)
{
    struct buf b = BUF_INIT;
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->is_worker && !p->is_late && p->step == PEER_IDLE
            && describe(t, MSG_OPEN, p->soabi, &b))
        {
            p->txn = t->id;
            p->step = PEER_OPENING;
            p->is_catch_up = false;
            peer_send(p, &b);
        }
    }
    buf_dispose(&b);
}

void
txn_prepare(struct txn *t)
{
    t->tried_ns = clock_now_ns();
    t->stage = TXN_PREPARING;
    txn_set_phase(t, MODULE_SWAPPING);
    struct buf b = BUF_INIT;
    struct peers *all = t->env->peers;
    for (struct peer *p = peers_next(all, NULL); p != NULL;
         p = peers_next(all, p))
    {
        if (p->is_worker && p->is_late) {
            txn_count_late(t, p);
        }
        else if (p->is_worker && describe(t, MSG_PREPARE, p->soabi, &b)) {
            p->txn = t->id;
            p->step = PEER_ASKED;
            p->is_catch_up = false;
            note_asked(t, p);
            peer_send(p, &b);
        }
    }
    buf_dispose(&b);
    if (!is_waiting(t, PEER_ASKED)) {
        after_prepare(t);
        return;
    }
    t->timer = loop_add_timer(t->env->loop,
                              clock_now_ns() + WORKER_PATIENCE_MS * 1000000LL,
                              on_prepare_timeout, t);
}

/* -- answers -------------------------------------------------------------- */

static struct txn_step *
step_of(struct txn *t, const struct peer *p, const char *name)
{
    for (size_t i = 0; i < t->step_count; i++) {
        struct txn_step *s = &t->steps[i];
        if (strcmp(s->target->python.soabi, p->soabi) == 0
            && strcmp(s->served->module->name, name) == 0)
        {
            return s;
        }
    }
    return NULL;
}

/* What a worker took, from our question to its answer. */
static void
add_span(struct txn *t, const struct peer *p, enum span_kind kind,
         int64_t asked_ns, uint64_t held_ns)
{
    span_add_copy(&t->spans, &(struct span){.kind = kind,
                                            .pid = p->pid,
                                            .from_ns = asked_ns,
                                            .to_ns = clock_now_ns(),
                                            .held_ns = (int64_t)held_ns});
}

static void
take_prepared(struct txn *t, struct peer *p, struct msg *m)
{
    uint64_t verdict = msg_get_u64(m);
    char *reason = msg_get_str(m);
    struct msg_hold hold = msg_get_hold(m);
    uint64_t init_ns = msg_get_u64(m);
    char *name = msg_get_str(m);
    bool is_whole = msg_end(m, NULL) == 0 && verdict <= VERDICT_BUSY;
    msg_hold_join(&t->holds, &hold);
    t->init_ns = init_ns > t->init_ns ? init_ns : t->init_ns;
    add_span(t, p, SPAN_PREPARE, t->tried_ns, hold.held_ns);
    p->step = PEER_READY;
    if (!is_whole || verdict != VERDICT_READY) {
        p->step = PEER_IDLE;
        if (t->verdict == VERDICT_READY) {
            t->verdict = is_whole ? (enum msg_verdict)verdict
                                  : VERDICT_REFUSED;
            t->culprit_pid = p->pid;
            t->culprit = name == NULL ? NULL : step_of(t, p, name);
            t->reason = reason != NULL
                            ? mem_copy_str(reason)
                            : mem_copy_str("the worker's answer is not "
                                           "whole");
        }
    }
    free(name);
    free(reason);
    if (!is_waiting(t, PEER_ASKED)) {
        after_prepare(t);
    }
}

static void
get_moved(struct msg *m, struct txn_step *s)
{
    uint64_t count = msg_get_count(m, 12);
    for (uint64_t i = 0; i < count; i++) {
        char *type = msg_get_str(m);
        uint64_t objects = msg_get_u64(m);
        if (s != NULL && type != NULL) {
            list_add_new(&s->moved_types, type);
            s->moved_objects += type[0] == '\0' ? 0 : objects;
        }
        free(type);
    }
}

void
txn_get_names(struct msg *m, struct txn_step *s)
{
    struct txn_step nobody = {.is_over = false};
    struct txn_step *to = s == NULL ? &nobody : s;
    struct list *lists[]
        = {&to->swapped, &to->added, &to->removed, &to->state};
    for (size_t k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
        uint64_t count = msg_get_count(m, 4);
        for (uint64_t i = 0; i < count; i++) {
            char *name = msg_get_str(m);
            if (s != NULL && name != NULL) {
                list_add_new(lists[k], name);
            }
            free(name);
        }
    }
    get_moved(m, s);
}

static void
take_committed(struct txn *t, struct peer *p, struct msg *m)
{
    struct msg_hold hold = msg_get_hold(m);
    uint64_t waited_ns = msg_get_u64(m);
    msg_hold_join(&t->holds, &hold);
    t->waited_ns = waited_ns > t->waited_ns ? waited_ns : t->waited_ns;
    add_span(t, p, SPAN_COMMIT, t->prepared_ns, hold.held_ns);
    uint64_t count = msg_get_count(m, 4);
    for (uint64_t i = 0; i < count; i++) {
        char *name = msg_get_str(m);
        struct txn_step *s = name == NULL ? NULL : step_of(t, p, name);
        struct peer_module *pm = name == NULL ? NULL : peer_module(p, name);
        txn_get_names(m, s);
        if (s != NULL && pm != NULL) {
            pm->generation = s->generation;
        }
        free(name);
    }
    p->step = PEER_IDLE;
    if (!is_waiting(t, PEER_COMMITTING)) {
        finish_commit(t);
    }
}

bool
txn_take(struct txn *t, struct peer *p, struct msg *m)
{
    struct msg ahead = *m;
    if (msg_get_u64(&ahead) != t->id || p->txn != t->id) {
        return false;
    }
    if (m->type == MSG_PREPARED && t->stage == TXN_PREPARING
        && p->step == PEER_ASKED)
    {
        *m = ahead;
        take_prepared(t, p, m);
        return true;
    }
    bool is_committing = t->stage == TXN_COMMITTING
                         && p->step == PEER_COMMITTING;
    if (m->type == MSG_COMMITTED && is_committing) {
        *m = ahead;
        take_committed(t, p, m);
        return true;
    }
    if (m->type == MSG_PREPARED && is_committing) {
        /* A call came in between: it follows by itself (catch_up). */
        p->step = PEER_IDLE;
        if (!is_waiting(t, PEER_COMMITTING)) {
            finish_commit(t);
        }
        return true;
    }
    return false;
}

void
txn_lose(struct txn *t, struct peer *p)
{
    if (p->txn != t->id) {
        return;
    }
    p->step = PEER_IDLE;
    if (t->stage == TXN_PREPARING && !is_waiting(t, PEER_ASKED)) {
        after_prepare(t);
    }
    else if (t->stage == TXN_COMMITTING && !is_waiting(t, PEER_COMMITTING)) {
        finish_commit(t);
    }
}

