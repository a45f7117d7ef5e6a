/* What a transaction makes of answers that come too late for it. */
#include "check.h"

#include "transaction.h"

/* The worker did not answer in time, the others commit; then it does. */
static void
an_answer_for_a_stage_that_is_over_is_left_whole(void)
{
    struct txn t = {.id = 7, .stage = TXN_COMMITTING};
    struct peer p = {.txn = 7, .step = PEER_ASKED, .is_worker = true};
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    struct msg m;
    size_t taken = 0;
    msg_start(&b, MSG_PREPARED);
    msg_put_u64(&b, 7);
    msg_put_u64(&b, VERDICT_READY);
    CHECK(msg_finish(&b, &e) == 0);
    CHECK(msg_parse(&b, &m, &taken, &e) == 1);
    CHECK(!txn_take(&t, &p, &m));
    CHECK(msg_get_u64(&m) == 7);
    CHECK(p.step == PEER_ASKED);
    buf_dispose(&b);
}

int
main(void)
{
    RUN(an_answer_for_a_stage_that_is_over_is_left_whole);
    return 0;
}
