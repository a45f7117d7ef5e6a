/* canary: see canary.h. */
#include "pyabi.h"

#include "canary.h"
#include "canary_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "crash.h"
#include "wire/msg.h"

#define COWBIRD_MAY_EXIT
#include "guard.h"

#define SEND_MS 5000
#define REAP_NS 1000000000u
#define SWAP_MS 20
/* What hangs has this long to tell where. */
#define CONFESS_NS 500000000u

struct outcome {
    enum msg_verdict verdict;
    struct buf reason;
    pid_t pid; /* of the fork that it was tried in; 0: there was none */
    bool is_unwanted; /* another try came meanwhile */
};

enum heard {
    HEARD_ALL,
    HEARD_TOO_LITTLE,
    HEARD_ANOTHER
};

/* A fork made ahead of the try that it is for, so that no save waits for it:
 * it reads its try from the socket and writes its marks there. */
struct fork {
    pid_t pid; /* 0: there is none */
    int fd;
};

static int
left_ms(uint64_t deadline_ns)
{
    uint64_t now_ns = clock_now_ns();
    return now_ns >= deadline_ns ? 0
                                 : (int)((deadline_ns - now_ns) / 1000000 + 1);
}

/* Its init ended well: what comes behind that is its own end. */
static bool
is_ready(const struct buf *said)
{
    const char *text = buf_text(said);
    return text[strcspn(text, "rf")] == MARK_READY;
}

/* Appends what the child tells: true when its init has ended well or it has
 * closed its end. */
static bool
hear(int pipe, struct buf *said)
{
    char bytes[4096];
    ssize_t n = read(pipe, bytes, sizeof(bytes));
    if (n > 0) {
        buf_add(said, bytes, (size_t)n);
        return bytes[n - 1] == MARK_READY && is_ready(said);
    }
    return n == 0 || errno != EINTR;
}

/* Until the child has told all, at most to the deadline, and to the next
 * message on the line: who sends one waits for this try no more. */
static enum heard
listen_until(int pipe, int line, uint64_t deadline_ns, struct buf *said)
{
    for (;;) {
        struct pollfd p[] = {{.fd = pipe, .events = POLLIN},
                             {.fd = line, .events = POLLIN}};
        int ready = poll(p, 2, left_ms(deadline_ns));
        if (ready == 0) {
            return HEARD_TOO_LITTLE;
        }
        if (ready < 0 && errno != EINTR) {
            return HEARD_ALL;
        }
        if (ready > 0 && p[0].revents != 0 && hear(pipe, said)) {
            return HEARD_ALL;
        }
        if (ready > 0 && p[1].revents != 0) {
            return HEARD_ANOTHER;
        }
    }
}

/* Its end, for which nothing can be polled: the pipe may be closed while it
 * runs on. */
static bool
reap_until(pid_t pid, uint64_t deadline_ns, int *status)
{
    struct timespec pause = {0, 200000};
    for (;;) {
        pid_t done = waitpid(pid, status, WNOHANG);
        if (done == pid || (done < 0 && errno != EINTR)) {
            return true;
        }
        if (left_ms(deadline_ns) == 0) {
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

static const char *
signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGSEGV, "SIGSEGV"}, {SIGABRT, "SIGABRT"},
                 {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
                 {SIGILL, "SIGILL"},   {SIGKILL, "SIGKILL"},
                 {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"},
                 {SIGSYS, "SIGSYS"},   {SIGXCPU, "SIGXCPU"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].number == number) {
            return names[i].name;
        }
    }
    return "a signal";
}

static void
judge_end(const struct try *t, char mark, int status, struct outcome *o)
{
    o->verdict = VERDICT_CRASHED;
    if (WIFEXITED(status)) {
        buf_add_fmt(&o->reason, "exited with status %d during init",
                    WEXITSTATUS(status));
        return;
    }
    buf_add_fmt(&o->reason, "%s in ", signal_name(WTERMSIG(status)));
    if (mark == MARK_INIT) {
        buf_add_fmt(&o->reason, "PyInit_%s", t->stem);
    }
    else {
        buf_add_fmt(&o->reason, "%s of %s",
                    mark == MARK_EXEC ? "an exec slot" : "a constructor",
                    t->source);
    }
}

static void
judge(const struct try *t, const struct buf *said, int status,
      struct outcome *o)
{
    const char *text = buf_text(said);
    size_t marks = strcspn(text, "rf");
    char mark = marks > 0 ? text[marks - 1] : MARK_LOADING;
    if (text[marks] == MARK_READY) {
        o->verdict = VERDICT_READY;
    }
    else if (text[marks] == MARK_FAILED) {
        o->verdict = VERDICT_FAILED;
        buf_add_str(&o->reason, text + marks + 1);
    }
    else {
        judge_end(t, mark, status, o);
    }
}

static void
follow(const struct try *t, const struct fork *f, int line, struct outcome *o)
{
    struct buf said = BUF_INIT;
    uint64_t deadline_ns = clock_now_ns() + t->deadline_ms * 1000000;
    int status = 0;
    enum heard heard = listen_until(f->fd, line, deadline_ns, &said);
    bool ended = heard == HEARD_ALL
                 && (is_ready(&said)
                     || reap_until(f->pid, deadline_ns, &status));
    if (heard == HEARD_ANOTHER) {
        o->is_unwanted = true;
    }
    else if (!ended) {
        o->verdict = VERDICT_HUNG;
        (void)kill(f->pid, SIGABRT);
        (void)reap_until(f->pid, clock_now_ns() + CONFESS_NS, &status);
        buf_add_fmt(&o->reason, "init of %s did not end within %llu ms",
                    t->source, (unsigned long long)t->deadline_ms);
    }
    else {
        judge(t, &said, status, o);
    }
    buf_dispose(&said);
}

/* The fork and what it has started. */
static void
end_fork(struct fork *f)
{
    int status;
    (void)kill(-f->pid, SIGKILL);
    (void)kill(f->pid, SIGKILL);
    (void)reap_until(f->pid, clock_now_ns() + REAP_NS, &status);
    close(f->fd);
    *f = (struct fork){0, -1};
}

/* With the GIL. Leaves `f` without a process when there can be none. */
static void
fork_ahead(struct fork *f)
{
    int ends[2];
    *f = (struct fork){0, -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        return;
    }
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) {
        PyOS_AfterFork_Child();
        close(ends[0]);
        canary_child_run(ends[1]);
    }
    PyOS_AfterFork_Parent();
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return;
    }
    (void)setpgid(pid, pid); /* whoever of us two comes first */
    *f = (struct fork){pid, ends[0]};
}

static int
hand_over(int fd, const struct try *t)
{
    struct buf b = BUF_INIT;
    int done = -1;
    msg_start(&b, MSG_TRY);
    msg_put_u64(&b, t->id);
    msg_put_u64(&b, t->deadline_ms);
    msg_put_str(&b, t->name);
    msg_put_str(&b, t->stem);
    msg_put_str(&b, t->artefact);
    msg_put_str(&b, t->source);
    if (msg_finish(&b, NULL) == 0) {
        done = msg_send(fd, &b, SEND_MS, NULL);
    }
    buf_dispose(&b);
    return done;
}

/* A fork that died while it waited is followed by another. */
static void
carry_out(struct fork *f, int line, const struct try *t, struct outcome *o)
{
    if (f->pid > 0 && hand_over(f->fd, t) < 0) {
        end_fork(f);
    }
    if (f->pid == 0) {
        fork_ahead(f);
        if (f->pid == 0 || hand_over(f->fd, t) < 0) {
            o->verdict = VERDICT_FAILED;
            buf_add_str(&o->reason, "the canary could not fork");
            return;
        }
    }
    o->pid = f->pid;
    Py_BEGIN_ALLOW_THREADS
    follow(t, f, line, o);
    Py_END_ALLOW_THREADS
}

static int
answer(int fd, const struct try *t, const struct outcome *o)
{
    struct buf b = BUF_INIT;
    int done = -1;
    msg_start(&b, MSG_TRIED);
    msg_put_u64(&b, t->id);
    msg_put_u64(&b, (uint64_t)o->verdict);
    msg_put_str(&b, buf_text(&o->reason));
    msg_put_u64(&b, (uint64_t)o->pid);
    if (msg_finish(&b, NULL) == 0) {
        done = msg_send(fd, &b, SEND_MS, NULL);
    }
    buf_dispose(&b);
    return done;
}

/* The processor is the swap's that follows a try, unless the next one is
 * there already. */
static void
let_swap(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    Py_BEGIN_ALLOW_THREADS
    (void)poll(&p, 1, SWAP_MS);
    Py_END_ALLOW_THREADS
}

/* One message; -1 when it is the last. */
static int
serve_one(int fd, struct buf *in, struct fork *f)
{
    struct msg m;
    size_t taken = 0;
    int found;
    Py_BEGIN_ALLOW_THREADS
    found = msg_recv(fd, in, &m, &taken, -1, NULL);
    Py_END_ALLOW_THREADS
    if (found <= 0) {
        return -1;
    }
    struct try t = {0};
    struct outcome o = {VERDICT_READY, BUF_INIT, 0, false};
    int done = try_read(&m, &t);
    buf_consume(in, taken);
    if (done == 0 && in->len == 0) {
        carry_out(f, fd, &t, &o);
        done = o.is_unwanted ? 0 : answer(fd, &t, &o);
        let_swap(fd);
        if (f->pid > 0) {
            end_fork(f);
        }
        fork_ahead(f);
    }
    buf_dispose(&o.reason);
    try_dispose(&t);
    return done;
}

void
canary_serve(int fd, const char *folder)
{
    struct buf in = BUF_INIT;
    struct fork f;
    crash_begin(folder, "", getpid());
    /* or each fork would read it from the disk, while a save waits */
    Py_XDECREF(PyImport_ImportModule("importlib.machinery"));
    PyErr_Clear();
    fork_ahead(&f);
    while (serve_one(fd, &in, &f) == 0) {
    }
    if (f.pid > 0) {
        end_fork(&f);
    }
    buf_dispose(&in);
}
