/* How the bench brings a worker that is behind to what is live. */
#include "check.h"

#include <sys/socket.h>
#include <unistd.h>

#include "dev.h"

static void
answer(const struct peer_handler *h, struct peer *p, struct buf *b)
{
    struct msg m;
    struct err e = ERR_INIT;
    size_t taken = 0;
    CHECK(msg_finish(b, &e) == 0);
    CHECK(msg_parse(b, &m, &taken, &e) == 1);
    h->on_message(h->data, p, &m);
}

/* Its earlier word got lost behind a newer change: it has nothing to move,
 * and says so by naming nothing. */
static void
a_worker_that_was_not_behind_is_not_asked_for_ever(void)
{
    struct module module = {.name = "scoring", .stem = "scoring",
                            .source = "/p/scoring.c"};
    struct served served = {.module = &module, .generation = 2,
                            .image = "/i/scoring.so"};
    struct served *all_served[] = {&served};
    struct target target = {.python.soabi = "abi", .served = all_served,
                            .served_count = 1};
    struct target *targets[] = {&target};
    struct dev d = {.loop = loop_new(),
                    .env = {.targets = targets, .target_count = 1}};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct peer_handler h;
    workers_handler(&d, &h);
    d.peers = peers_new(d.loop, pair[0], &h);
    struct peer_module known = {.name = "scoring", .generation = 1};
    int line[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, line) == 0);
    struct peer p = {.owner = d.peers, .fd = line[0], .is_worker = true,
                     .soabi = "abi", .modules = &known, .module_count = 1};
    h.on_worker(h.data, &p);
    CHECK(p.step == PEER_ASKED);
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_PREPARED);
    msg_put_u64(&b, p.txn);
    msg_put_u64(&b, VERDICT_READY);
    const struct msg_hold none = {0};
    msg_put_str(&b, "");
    msg_put_hold(&b, &none);
    msg_put_u64(&b, 0);
    msg_put_str(&b, "");
    answer(&h, &p, &b);
    CHECK(p.step == PEER_COMMITTING);
    msg_start(&b, MSG_COMMITTED);
    msg_put_u64(&b, p.txn);
    msg_put_hold(&b, &none);
    msg_put_u64(&b, 0);
    msg_put_u64(&b, 0);
    answer(&h, &p, &b);
    CHECK(p.step == PEER_IDLE && known.generation == 2);
    buf_dispose(&b);
    buf_dispose(&p.out);
    peers_free(d.peers);
    loop_free(d.loop);
    for (int i = 0; i < 2; i++) {
        close(pair[i]);
        close(line[i]);
    }
}

/* Nobody has saved anything: there is nothing to try again for. */
static void
an_undo_waits_for_a_change_of_the_tier(void)
{
    struct module module = {.name = "scoring", .stem = "scoring",
                            .source = "/p/scoring.c"};
    struct module *modules[] = {&module};
    struct graph graph = {.modules = modules, .module_count = 1};
    struct former former = {.artefact = NULL};
    struct served served = {.module = &module, .generation = 2,
                            .former = &former, .former_count = 1};
    struct served *all_served[] = {&served};
    struct target target = {.python.soabi = "abi", .served = all_served,
                            .served_count = 1};
    struct target *targets[] = {&target};
    struct txn tier = {.is_tier = true};
    struct dev d = {.loop = loop_new(), .graph = &graph, .txn = &tier,
                    .env = {.targets = targets, .target_count = 1}};
    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    struct peer_handler h;
    workers_handler(&d, &h);
    d.peers = peers_new(d.loop, pair[0], &h);
    struct peer p = {.owner = d.peers, .fd = -1};
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_UNDO_ASK);
    msg_put_str(&b, "scoring");
    answer(&h, &p, &b);
    CHECK(d.undo_client == &p && d.undo_waits == &module);
    CHECK(d.txn == &tier && p.out.len == 0);
    d.undo_client = NULL;
    buf_dispose(&b);
    buf_dispose(&p.out);
    peers_free(d.peers);
    loop_free(d.loop);
    close(pair[0]);
    close(pair[1]);
}

int
main(void)
{
    RUN(a_worker_that_was_not_behind_is_not_asked_for_ever);
    RUN(an_undo_waits_for_a_change_of_the_tier);
    return 0;
}
