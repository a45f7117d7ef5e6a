/* What the bench makes of those who connect. */
#include "check.h"

#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "peer.h"

static int workers, messages, gone;
static struct peer *last;

static void
on_worker(void *data, struct peer *p)
{
    (void)data;
    workers++;
    last = p;
}

static void
on_message(void *data, struct peer *p, struct msg *m)
{
    (void)data;
    (void)m;
    messages++;
    last = p;
}

static void
on_gone(void *data, struct peer *p)
{
    (void)data;
    (void)p;
    gone++;
}

struct bed {
    struct loop *loop;
    struct peers *peers;
    int listen_fd;
    struct sockaddr_un address;
    socklen_t len;
};

static struct bed
make_bed(void)
{
    struct bed bed = {.loop = loop_new()};
    struct peer_handler h = {.on_worker = on_worker,
                             .on_message = on_message,
                             .on_gone = on_gone};
    workers = messages = gone = 0;
    /* An abstract address that the kernel picks: no folder is needed. */
    bed.address.sun_family = AF_UNIX;
    bed.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bed.len = offsetof(struct sockaddr_un, sun_path);
    CHECK(bind(bed.listen_fd, (void *)&bed.address, bed.len) == 0);
    bed.len = sizeof(bed.address);
    CHECK(getsockname(bed.listen_fd, (void *)&bed.address, &bed.len) == 0);
    CHECK(listen(bed.listen_fd, 8) == 0);
    bed.peers = peers_new(bed.loop, bed.listen_fd, &h);
    return bed;
}

static void
drop_bed(struct bed *bed)
{
    peers_free(bed->peers);
    loop_free(bed->loop);
    close(bed->listen_fd);
}

static int
dial(const struct bed *bed)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK(connect(fd, (const void *)&bed->address, bed->len) == 0);
    return fd;
}

static void
step_until(struct bed *bed, const int *count, int want)
{
    int64_t deadline = clock_now_ns() + 20000000000LL;
    struct err e = ERR_INIT;
    while (*count < want && clock_now_ns() < deadline) {
        CHECK(loop_step(bed->loop, deadline, &e) == 0);
    }
    CHECK(*count == want);
}

static void
say_hello(int fd, long pid, long ppid, const char *module)
{
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    msg_start(&b, MSG_HELLO);
    msg_put_u64(&b, (uint64_t)pid);
    msg_put_u64(&b, (uint64_t)ppid);
    msg_put_str(&b, "cpython-311-x86_64-linux-gnu");
    msg_put_str(&b, "/usr/bin/python3");
    msg_put_str(&b, "3.11.7");
    msg_put_u64(&b, 1);
    msg_put_str(&b, module);
    msg_put_u64(&b, 4);
    CHECK(msg_finish(&b, &e) == 0);
    CHECK(msg_send(fd, &b, 1000, &e) == 0);
    buf_dispose(&b);
}

static void
a_hello_makes_a_worker_with_its_modules(void)
{
    struct bed bed = make_bed();
    int fd = dial(&bed);
    say_hello(fd, 20, 10, "scoring");
    step_until(&bed, &workers, 1);
    CHECK(last->is_worker && last->pid == 20 && last->ppid == 10);
    CHECK(peer_module(last, "scoring")->generation == 4);
    CHECK(peer_module(last, "geo") == NULL);
    close(fd);
    step_until(&bed, &gone, 1);
    CHECK(peers_next(bed.peers, NULL) == NULL);
    drop_bed(&bed);
}

static void
the_parent_of_a_worker_is_a_master(void)
{
    struct bed bed = make_bed();
    int master = dial(&bed);
    int worker = dial(&bed);
    say_hello(master, 10, 1, "scoring");
    say_hello(worker, 20, 10, "scoring");
    step_until(&bed, &workers, 2);
    for (struct peer *p = peers_next(bed.peers, NULL); p != NULL;
         p = peers_next(bed.peers, p))
    {
        CHECK(peer_is_master(p) == (p->pid == 10));
    }
    close(master);
    close(worker);
    drop_bed(&bed);
}

static void
bytes_that_are_no_message_end_the_connection(void)
{
    struct bed bed = make_bed();
    int fd = dial(&bed);
    CHECK(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, 0) == 18);
    step_until(&bed, &gone, 1);
    CHECK(workers == 0 && messages == 0);
    close(fd);
    drop_bed(&bed);
}

static void
a_message_in_single_bytes_arrives_once(void)
{
    struct bed bed = make_bed();
    struct buf b = BUF_INIT;
    struct err e = ERR_INIT;
    int fd = dial(&bed);
    msg_start(&b, MSG_STATUS_ASK);
    CHECK(msg_finish(&b, &e) == 0);
    for (size_t i = 0; i < b.len; i++) {
        CHECK(send(fd, b.data + i, 1, 0) == 1);
        loop_step(bed.loop, clock_now_ns() + 1000000, &e);
    }
    step_until(&bed, &messages, 1);
    buf_dispose(&b);
    close(fd);
    drop_bed(&bed);
}

/* Who sends to all of them walks their list. */
static void
a_peer_that_is_gone_is_told_by_the_loop_alone(void)
{
    struct bed bed = make_bed();
    struct buf b = BUF_INIT;
    int fd = dial(&bed);
    say_hello(fd, 20, 10, "scoring");
    step_until(&bed, &workers, 1);
    close(fd);
    msg_start(&b, MSG_COMMIT);
    msg_put_u64(&b, 1);
    peer_send(last, &b);
    CHECK(gone == 0);
    step_until(&bed, &gone, 1);
    CHECK(peers_next(bed.peers, NULL) == NULL);
    buf_dispose(&b);
    drop_bed(&bed);
}

static void
a_peer_that_reads_late_gets_everything_in_order(void)
{
    struct bed bed = make_bed();
    struct buf b = BUF_INIT;
    struct buf in = BUF_INIT;
    struct err e = ERR_INIT;
    int fd = dial(&bed);
    say_hello(fd, 20, 10, "scoring");
    step_until(&bed, &workers, 1);
    struct peer *p = last;
    for (uint64_t i = 0; i < 50000; i++) { /* more than a socket buffers */
        msg_start(&b, MSG_COMMIT);
        msg_put_u64(&b, i);
        peer_send(p, &b);
    }
    for (uint64_t i = 0; i < 50000; i++) {
        struct msg m;
        size_t taken = 0;
        int found = 0;
        while ((found = msg_parse(&in, &m, &taken, &e)) == 0) {
            char bytes[65536];
            loop_step(bed.loop, clock_now_ns(), &e);
            ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
            if (n > 0) {
                buf_add(&in, bytes, (size_t)n);
            }
        }
        CHECK(found == 1 && msg_get_u64(&m) == i);
        buf_consume(&in, taken);
    }
    buf_dispose(&b);
    buf_dispose(&in);
    close(fd);
    drop_bed(&bed);
}

int
main(void)
{
    RUN(a_hello_makes_a_worker_with_its_modules);
    RUN(the_parent_of_a_worker_is_a_master);
    RUN(bytes_that_are_no_message_end_the_connection);
    RUN(a_message_in_single_bytes_arrives_once);
    RUN(a_peer_that_is_gone_is_told_by_the_loop_alone);
    RUN(a_peer_that_reads_late_gets_everything_in_order);
    return 0;
}
