/* orders: see orders.h. */
#include "pyabi.h"

#include "orders.h"

#include <stdlib.h>
#include <string.h>

#include "agent.h"
#include "clock.h"
#include "committed.h"
#include "drain.h"
#include "facts.h"
#include "gil.h"
#include "imported.h"
#include "late.h"
#include "native.h"
#include "record.h"
#include "retire.h"
#include "stub.h"
#include "swap.h"
#include "type.h"

#include "guard.h"

/* The agent's own: opened ahead of its prepare, prepared and undecided (also
 * swap_pending), and committed but not yet let go. */
static struct swap *opened;
static struct swap *prepared;
static struct swap *committed;

static int
read_order(struct msg *m, struct order *o)
{
    o->name = msg_get_str(m);
    o->stem = msg_get_str(m);
    o->generation = msg_get_u64(m);
    o->artefact = msg_get_str(m);
    o->source = msg_get_str(m);
    o->saved = msg_get_str(m);
    o->shown = msg_get_u64(m);
    o->tier = msg_get_str(m);
    return m->is_bad ? -1 : 0;
}

/* NULL: no message of ours, or no memory (`is_short`). */
static struct swap *
read_swap(struct msg *m, uint64_t *txn)
{
    *txn = msg_get_u64(m);
    struct swap *s = swap_new(*txn);
    m->is_short |= s == NULL;
    uint64_t count = msg_get_count(m, 40);
    for (uint64_t i = 0; s != NULL && i < count; i++) {
        struct order o = {0};
        if (read_order(m, &o) < 0) {
            m->is_bad = true;
        }
        else if (swap_add(s, &o, NULL) < 0) {
            m->is_bad = m->is_short = true;
        }
        order_dispose(&o);
        if (m->is_bad) {
            break;
        }
    }
    if (s == NULL || msg_end(m, NULL) < 0) {
        swap_free(s); /* holds no object yet */
        return NULL;
    }
    return s;
}

/* With the GIL. */
static void
drop_undecided(void)
{
    struct hold h = HOLD_INIT;
    struct msg_hold cost = {0};
    hold_begin(&h);
    swap_pending = NULL;
    if (prepared != NULL) {
        drain_open(prepared);
    }
    swap_free(prepared);
    swap_free(opened);
    prepared = NULL;
    opened = NULL;
    hold_end(&h, &cost);
    retire_note_hold(&cost);
}

/* Nothing was done, and there is no memory to say more (line.h). */
static void
put_short(struct buf *b, uint64_t txn)
{
    const struct msg_hold none = {0};
    msg_start(b, MSG_PREPARED);
    msg_put_u64(b, txn);
    msg_put_u64(b, VERDICT_FAILED);
    msg_put_str(b, "the app is out of memory");
    msg_put_hold(b, &none);
    msg_put_u64(b, 0);
    msg_put_str(b, "");
}

/* False when there is no memory for it: then it is another one. */
static bool
put_verdict(struct buf *b, const struct swap *s, const char *culprit)
{
    msg_start(b, MSG_PREPARED);
    msg_put_u64(b, s->txn);
    msg_put_u64(b, (uint64_t)s->verdict);
    msg_put_str(b, buf_text(&s->reason));
    msg_put_hold(b, &s->holds);
    msg_put_u64(b, s->init_ns);
    msg_put_str(b, culprit);
    bool is_whole = !b->is_broken && !s->reason.is_broken;
    if (!is_whole) {
        put_short(b, s->txn);
    }
    return is_whole;
}

/* Without the GIL. */
static void
await_calls(struct swap *s, size_t *culprit)
{
    PyGILState_STATE gil;
    if (!drain_await(s, &gil, culprit, &s->reason)) {
        s->verdict = VERDICT_BUSY;
    }
    else {
        hold_begin(&s->now);
        (void)swap_ready(s, culprit);
        hold_end(&s->now, &s->holds);
    }
    PyGILState_Release(gil);
}

static void
open_ahead(struct swap *s)
{
    orders_forget();
    swap_open(s);
    opened = s;
}

/* What was short then may be there now. */
static bool
is_opened(const struct swap *s)
{
    bool is = true;
    for (size_t i = 0; i < s->count; i++) {
        is &= !err_is_set(&s->items[i].fault);
    }
    return is;
}

/* The same swap as `s`, opened: now, or when it was asked for ahead. */
static struct swap *
take_opened(struct swap *s)
{
    if (opened != NULL && opened->txn == s->txn && is_opened(opened)) {
        swap_free(s); /* holds no object yet */
        s = opened;
        opened = NULL;
        orders_forget();
        return s;
    }
    orders_forget();
    swap_open(s);
    return s;
}

/* A transaction that this process can't make ready goes at once: an abort
 * need not come. */
static void
prepare(struct swap *s, struct buf *answer)
{
    bool goes_on = true;
    size_t i = 0;
    size_t culprit = 0;
    s = take_opened(s);
    for (; goes_on; i++) {
        PyGILState_STATE gil = gil_take();
        hold_begin(&s->now);
        if (i == 0) {
            prepared = s;
            swap_pending = s;
        }
        goes_on = i < s->count && swap_prepare_item(s, i)
                  && i + 1 < s->count;
        hold_end(&s->now, &s->holds);
        PyGILState_Release(gil);
    }
    culprit = i - 1;
    if (s->verdict == VERDICT_READY) {
        await_calls(s, &culprit);
    }
    bool is_ready = s->verdict == VERDICT_READY;
    const char *name = is_ready ? "" : s->items[culprit].order.name;
    if (!put_verdict(answer, s, name) || !is_ready) {
        orders_forget();
    }
}

/* With the GIL: modules that nobody had imported at prepare. */
static void
follow_up(struct swap *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct swap_item *item = &s->items[i];
        if (item->native != NULL) {
            continue;
        }
        struct native *n = native_find(item->order.name);
        if (n == NULL || !n->is_live) {
            swap_remember(&item->order);
        }
        else if (n->generation < item->order.generation) {
            swap_catch_up(&item->order);
            agent_loaded(n->name, n->generation);
        }
    }
}

/* A commit that could not be (out of memory) answers as a failed prepare:
 * nothing has moved. */
static void
put_failure(struct buf *b, const struct swap *s, const struct err *e)
{
    msg_start(b, MSG_PREPARED);
    msg_put_u64(b, s->txn);
    msg_put_u64(b, VERDICT_FAILED);
    msg_put_str(b, e->text);
    msg_put_hold(b, &s->holds);
    msg_put_u64(b, 0);
    msg_put_str(b, "");
    if (b->is_broken) {
        put_short(b, s->txn);
    }
}

static void
commit(uint64_t txn, struct buf *answer)
{
    if (prepared == NULL || prepared->txn != txn) {
        return;
    }
    struct err e = ERR_INIT;
    uint64_t asked_ns = clock_now_ns();
    PyGILState_STATE gil;
    size_t culprit = 0;
    if (!drain_await(prepared, &gil, &culprit, &prepared->reason)) {
        PyGILState_Release(gil);
        prepared->verdict = VERDICT_BUSY;
        (void)put_verdict(answer, prepared,
                          prepared->items[culprit].order.name);
        orders_forget();
        return;
    }
    uint64_t got_ns = clock_now_ns();
    struct hold *now = &prepared->now;
    struct msg_hold cost = {0};
    hold_begin(now);
    int done = swap_commit(prepared, &e);
    drain_open(prepared);
    swap_pending = NULL;
    hold_end(now, &cost);
    if (done == 0) {
        follow_up(prepared);
    }
    PyGILState_Release(gil);
    committed = prepared;
    prepared = NULL;
    if (done < 0) {
        put_failure(answer, committed, &e);
        return;
    }
    for (size_t i = 0; i < committed->count; i++) {
        const struct swap_item *item = &committed->items[i];
        if (item->native != NULL) {
            agent_moved(item->order.name, item->order.generation);
        }
    }
    msg_start(answer, MSG_COMMITTED);
    msg_put_u64(answer, txn);
    msg_put_hold(answer, &cost);
    msg_put_u64(answer, got_ns - asked_ns);
    struct buf report = BUF_INIT;
    committed_put(&report, committed);
    if (report.is_broken || !buf_reserve(answer, report.len)) {
        msg_put_u64(answer, 0); /* it is live all the same */
    }
    else {
        buf_add(answer, report.data, report.len);
    }
    buf_dispose(&report);
}

static int
tell_imported(struct msg *m, struct buf *answer)
{
    uint64_t id = msg_get_u64(m);
    uint64_t count = msg_get_count(m, 4);
    char **paths = calloc(count + 1, sizeof(*paths));
    bool is_any = paths == NULL;
    for (uint64_t i = 0; paths != NULL && i < count; i++) {
        paths[i] = msg_get_str(m);
    }
    bool is_short = paths == NULL || m->is_short;
    int status = is_short ? 0 : msg_end(m, NULL);
    if (status == 0) {
        PyGILState_STATE gil = gil_take();
        is_any = is_short || imported_any(paths, (size_t)count);
        PyGILState_Release(gil);
        msg_start(answer, MSG_IMPORTED);
        msg_put_u64(answer, id);
        msg_put_u64(answer, is_any ? 1 : 0);
    }
    for (uint64_t i = 0; paths != NULL && i < count; i++) {
        free(paths[i]);
    }
    free(paths);
    return status;
}

/* What is to be swapped, whether it is tried elsewhere or was. */
static int
take_swap(struct msg *m, struct buf *answer)
{
    uint64_t txn = 0;
    struct swap *s = read_swap(m, &txn);
    if (s == NULL && !m->is_short) {
        return -1;
    }
    if (s == NULL) {
        orders_forget();
        if (m->type == MSG_PREPARE) {
            put_short(answer, txn);
        }
    }
    else if (m->type == MSG_OPEN) {
        open_ahead(s);
    }
    else {
        prepare(s, answer);
    }
    return 0;
}

static void
give_up(uint64_t txn)
{
    if ((prepared != NULL && prepared->txn == txn)
        || (opened != NULL && opened->txn == txn))
    {
        orders_forget();
    }
}

static void
take_late(uint16_t type, uint64_t word)
{
    PyGILState_STATE gil = gil_take();
    if (type == MSG_COMPANY) {
        late_handle();
    }
    else {
        late_set(word != 0);
    }
    PyGILState_Release(gil);
}

int
orders_handle(struct msg *m, struct buf *answer)
{
    if (m->type == MSG_IMPORTED_ASK) {
        return tell_imported(m, answer);
    }
    if (m->type == MSG_RECORD) {
        return record_order(m, answer);
    }
    if (m->type == MSG_PREPARE || m->type == MSG_OPEN) {
        return take_swap(m, answer);
    }
    uint64_t word = msg_get_u64(m);
    if (msg_end(m, NULL) < 0) {
        return -1;
    }
    switch (m->type) {
    case MSG_COMMIT:
        commit(word, answer);
        return 0;
    case MSG_ABORT:
        give_up(word);
        return 0;
    case MSG_LATE:
    case MSG_COMPANY:
        take_late(m->type, word);
        return 0;
    default:
        return -1;
    }
}

void
orders_tidy(void)
{
    if (committed != NULL) {
        struct hold h = HOLD_INIT;
        struct msg_hold cost = {0};
        PyGILState_STATE gil = gil_take();
        hold_begin(&h);
        swap_free(committed);
        committed = NULL;
        hold_end(&h, &cost);
        PyGILState_Release(gil);
        retire_note_hold(&cost);
    }
    facts_sweep();
}

bool
orders_wait_for_prepare(void)
{
    return opened != NULL;
}

void
orders_forget(void)
{
    if (prepared != NULL || opened != NULL) {
        PyGILState_STATE gil = gil_take();
        drop_undecided();
        PyGILState_Release(gil);
    }
}

void
orders_abandon(void)
{
    opened = NULL;
    prepared = NULL;
    committed = NULL;
    swap_pending = NULL;
    type_loading_abandon();
    drain_forget();
    record_abandon();
    stub_forked();
}
