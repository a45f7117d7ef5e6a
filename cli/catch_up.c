/* catch_up: a worker that started on an older manifest, or was late, is
 * brought to what is live by a transaction of its own. See dev.h.
 */
#include "dev.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "report.h"

/* What `p` has imported and runs in an older generation than the live one. */
static size_t
behind(const struct dev *d, const struct peer *p, const struct served **out)
{
    const struct target *t = workers_target(d, p->soabi);
    size_t count = 0;
    for (size_t i = 0; t != NULL && i < t->served_count; i++) {
        const struct served *v = t->served[i];
        const struct peer_module *m = peer_module(p, v->module->name);
        if (m != NULL && v->generation > 0
            && m->generation != v->generation)
        {
            if (out != NULL) {
                out[count] = v;
            }
            count++;
        }
    }
    return count;
}

/* Asks one worker that has fallen behind; it commits as soon as it is
 * ready, because the others have already. */
void
catch_up_peer(struct dev *d, struct peer *p)
{
    if (p->step != PEER_IDLE || p->is_late) {
        return;
    }
    size_t count = behind(d, p, NULL);
    if (count == 0) {
        peer_tell_late(p, false);
        return;
    }
    const struct served **list = mem_new(count * sizeof(*list));
    char saved[9];
    behind(d, p, list);
    clock_wall(saved);
    p->txn = txn_next_id();
    p->step = PEER_ASKED;
    p->is_catch_up = true;
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_PREPARE);
    msg_put_u64(&b, p->txn);
    msg_put_u64(&b, count);
    peer_forget_asked(p);
    for (size_t i = 0; i < count; i++) {
        peer_module(p, list[i]->module->name)->asked = list[i]->generation;
        const struct txn_module m = {list[i], list[i]->generation,
                                     list[i]->image, list[i]->compiler};
        txn_put_module(&b, &m, saved);
    }
    peer_send(p, &b);
    buf_dispose(&b);
    free(list);
}

void
catch_up_all(struct dev *d)
{
    for (struct peer *p = peers_next(d->peers, NULL); p != NULL;
         p = peers_next(d->peers, p))
    {
        if (p->is_worker) {
            catch_up_peer(d, p);
        }
    }
}

static void
report_behind(const struct peer *p, const char *reason)
{
    char *subject = mem_format("worker %ld", p->pid);
    char *text = mem_format("stays behind: %.*s",
                            (int)strcspn(reason, "\n"), reason);
    const struct report_field fields[] = {
        {.key = "pid", .number = (double)p->pid},
        {.key = "reason", .text = reason}};
    struct report_event event = {.verb = VERB_REFUSED,
                                 .subject = subject,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2,
                                 .help = "restart that worker to bring it "
                                         "along"};
    report_event(&event);
    free(subject);
    free(text);
}

static void
report_moved(struct peer *p)
{
    if (!p->was_late) {
        report_detail("worker", "%ld has caught up", p->pid);
        return;
    }
    p->was_late = false;
    char *subject = mem_format("worker %ld", p->pid);
    const struct report_field fields[] = {
        {.key = "pid", .number = (double)p->pid}};
    struct report_event event = {.verb = VERB_MOVED,
                                 .subject = subject,
                                 .text = "runs again, on what is live",
                                 .fields = fields,
                                 .field_count = 1};
    report_event(&event);
    free(subject);
}

/* Drops what a late worker has prepared: others may be further by now. */
static void
start_over(struct dev *d, struct peer *p)
{
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_ABORT);
    msg_put_u64(&b, p->txn);
    p->step = PEER_IDLE;
    peer_send(p, &b);
    buf_dispose(&b);
    catch_up_peer(d, p);
}

static void
take_prepared(struct peer *p, struct msg *m)
{
    uint64_t verdict = msg_get_u64(m);
    char *reason = msg_get_str(m);
    struct buf b = BUF_INIT;
    if (verdict == VERDICT_READY) {
        msg_start(&b, MSG_COMMIT);
        msg_put_u64(&b, p->txn);
        p->step = PEER_COMMITTING;
        peer_send(p, &b);
    }
    else {
        p->step = PEER_IDLE;
        peer_tell_late(p, false);
        report_behind(p, reason == NULL ? "no reason given" : reason);
    }
    buf_dispose(&b);
    free(reason);
}

static void
take_committed(struct dev *d, struct peer *p, struct msg *m)
{
    (void)msg_get_hold(m);
    msg_get_u64(m);
    uint64_t count = msg_get_count(m, 4);
    for (uint64_t i = 0; i < count; i++) {
        free(msg_get_str(m));
        txn_get_names(m, NULL);
    }
    /* What it ran already is not among the names: all that it was asked for
     * is live there now, or it would be asked again for ever. */
    for (size_t i = 0; i < p->module_count; i++) {
        struct peer_module *pm = &p->modules[i];
        pm->generation = pm->asked > 0 ? pm->asked : pm->generation;
    }
    p->step = PEER_IDLE;
    if (behind(d, p, NULL) > 0) {
        catch_up_peer(d, p);
        return;
    }
    peer_tell_late(p, false);
    report_moved(p);
}

/* PREPARED or COMMITTED that is not the transaction's. */
void
catch_up_take(struct dev *d, struct peer *p, struct msg *m)
{
    uint64_t id = msg_get_u64(m);
    if (p->is_late) {
        p->is_late = false;
        p->was_late = true;
    }
    if (id == p->txn && m->type == MSG_PREPARED && p->step == PEER_ASKED) {
        if (p->is_catch_up) {
            take_prepared(p, m);
        }
        else {
            start_over(d, p);
        }
        return;
    }
    if (id == p->txn && m->type == MSG_COMMITTED
        && p->step == PEER_COMMITTING)
    {
        take_committed(d, p, m);
        return;
    }
    if (id == p->txn) {
        p->step = PEER_IDLE;
    }
    if (behind(d, p, NULL) == 0) {
        peer_tell_late(p, false);
    }
    if (d->txn == NULL) {
        catch_up_peer(d, p);
    }
}
