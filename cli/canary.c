/* canary: see canary.h. */
#include "canary.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "crash.h"
#include "guest.h"
#include "mem.h"
#include "path.h"
#include "report.h"

/* Beyond the deadline that the canary itself enforces on its fork. */
#define GRACE_NS 3000000000LL

struct canary {
    struct loop *loop;
    const struct python *python; /* borrowed */
    const char *guest;           /* borrowed */
    const char *session_dir;     /* borrowed */
    char *folder;                /* for the records of crashes */
    char *path_first;
    pid_t pid; /* 0: not running */
    int fd;
    struct buf in;
    uint64_t last_id;
    uint64_t waiting_id; /* 0: nobody waits */
    unsigned timer;
    canary_fn fn;
    void *data;
};

static void
end(struct canary *c)
{
    if (c->pid > 0) {
        loop_remove_fd(c->loop, c->fd);
        close(c->fd);
        kill(-c->pid, SIGKILL);
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    c->pid = 0;
    c->fd = -1;
    buf_clear(&c->in);
}

static void
answer(struct canary *c, enum msg_verdict verdict, const char *reason)
{
    canary_fn fn = c->fn;
    loop_remove_timer(c->loop, c->timer);
    c->timer = 0;
    c->waiting_id = 0;
    c->fn = NULL;
    if (fn != NULL) {
        fn(c->data, verdict, reason);
    }
}

static void
give_up(struct canary *c, const char *reason)
{
    end(c);
    if (c->waiting_id != 0) {
        answer(c, VERDICT_READY, reason);
    }
}

static void
on_timeout(void *data)
{
    struct canary *c = data;
    c->timer = 0;
    give_up(c, "the canary did not answer");
}

/* The reason and, where the try has left a record, its place in the source:
 * "SIGSEGV in PyInit_hot at hot.c:12", "..., in helper() at hot.c:7". Takes
 * `reason`. */
static char *
add_place(const struct canary *c, uint64_t pid, char *reason)
{
    char *path = mem_format("%s/crash.%llu", c->folder,
                            (unsigned long long)pid);
    struct crash found;
    if (crash_read(&found, path)) {
        struct buf b = BUF_INIT;
        const char *last = strrchr(reason, ' ');
        buf_add_str(&b, reason);
        buf_add_str(&b, found.is_deep ? " (stack full)" : "");
        if (found.function != NULL
            && (last == NULL || strcmp(last + 1, found.function) != 0))
        {
            buf_add_fmt(&b, ", in %s()", found.function);
        }
        if (found.file != NULL) {
            buf_add_fmt(&b, " at %s:%d", report_shown(found.file), found.line);
        }
        crash_dispose(&found);
        free(reason);
        reason = buf_take(&b);
    }
    unlink(path);
    free(path);
    return reason;
}

/* Whether it is the answer that is waited for: one to a try that was
 * forgotten may come before it. */
static bool
take_answer(const struct canary *c, struct msg *m, enum msg_verdict *verdict,
            char **reason)
{
    uint64_t id = msg_get_u64(m);
    uint64_t number = msg_get_u64(m);
    char *text = msg_get_str(m);
    uint64_t pid = msg_get_u64(m);
    if (m->type != MSG_TRIED || msg_end(m, NULL) < 0 || number > VERDICT_HUNG
        || id != c->waiting_id || id == 0)
    {
        free(text);
        return false;
    }
    *verdict = (enum msg_verdict)number;
    *reason = *verdict == VERDICT_CRASHED || *verdict == VERDICT_HUNG
                  ? add_place(c, pid, text)
                  : text;
    return true;
}

static void
on_ready(void *data, int fd, short events)
{
    struct canary *c = data;
    (void)events;
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        give_up(c, "the canary went away");
        return;
    }
    if (n > 0) {
        buf_add(&c->in, bytes, (size_t)n);
    }
    struct msg m;
    size_t taken = 0;
    struct err e = ERR_INIT;
    enum msg_verdict verdict;
    char *reason = NULL;
    int found;
    while (reason == NULL && (found = msg_parse(&c->in, &m, &taken, &e)) > 0) {
        (void)take_answer(c, &m, &verdict, &reason);
        buf_consume(&c->in, taken);
    }
    if (reason != NULL) {
        answer(c, verdict, reason);
        free(reason);
    }
    else if (found < 0) {
        give_up(c, e.text);
    }
}

static void
become_canary(struct canary *c, const char *script, int fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char *number = mem_format("%d", fd);
    fcntl(fd, F_SETFD, 0);
    /* Its words are not the app's: init prints would show up twice. */
    int null = open("/dev/null", O_RDWR);
    for (int i = 0; i <= 2 && null >= 0; i++) {
        dup2(null, i);
    }
    setenv("COWBIRD_SESSION", c->session_dir, 1);
    setenv("COWBIRD_CANARY", "1", 1);
    execl(c->python->executable, c->python->executable, script, c->guest,
          number, c->path_first, c->folder, (char *)NULL);
    _exit(127);
}

static int
start(struct canary *c, struct err *e)
{
    const char *package = guest_package(e);
    if (package == NULL) {
        return -1;
    }
    char *script = mem_format("%s/runtime/canary.py", package);
    int pair[2];
    int status = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        err_set(e, ERR_SYSTEM, "making a socket pair:");
        goto done;
    }
    pid_t pid = fork();
    if (pid == 0) {
        become_canary(c, script, pair[1]);
    }
    close(pair[1]);
    if (pid < 0) {
        err_set(e, ERR_SYSTEM, "starting the canary:");
        close(pair[0]);
        goto done;
    }
    setpgid(pid, pid);
    c->pid = pid;
    c->fd = pair[0];
    loop_add_fd(c->loop, c->fd, POLLIN, on_ready, c);
    status = 0;
done:
    free(script);
    return status;
}

struct canary *
canary_new(struct loop *loop, const struct python *python, const char *guest,
           const char *session_dir, const char *path_first)
{
    struct canary *c = mem_new(sizeof(*c));
    c->loop = loop;
    c->python = python;
    c->guest = guest;
    c->session_dir = session_dir;
    c->folder = path_join(session_dir, "canary");
    (void)path_make_dirs(c->folder, 0700, NULL); /* places are a comfort */
    c->path_first = mem_copy_str(path_first);
    c->fd = -1;
    /* Warm before the first save; a failure shows at the first try. */
    start(c, NULL);
    return c;
}

void
canary_try(struct canary *c, const char *name, const char *stem,
           const char *image, const char *source, int deadline_ms,
           canary_fn fn, void *data)
{
    struct err e = ERR_INIT;
    c->fn = fn;
    c->data = data;
    c->waiting_id = ++c->last_id;
    if (c->pid == 0 && start(c, &e) < 0) {
        answer(c, VERDICT_READY, e.text);
        return;
    }
    struct buf b = BUF_INIT;
    msg_start(&b, MSG_TRY);
    msg_put_u64(&b, c->waiting_id);
    msg_put_u64(&b, (uint64_t)deadline_ms);
    msg_put_str(&b, name);
    msg_put_str(&b, stem);
    msg_put_str(&b, image);
    msg_put_str(&b, source);
    c->timer = loop_add_timer(c->loop,
                              clock_now_ns() + deadline_ms * 1000000LL
                                  + GRACE_NS,
                              on_timeout, c);
    if (msg_finish(&b, &e) < 0 || msg_send(c->fd, &b, 1000, &e) < 0) {
        give_up(c, e.text);
    }
    buf_dispose(&b);
}

void
canary_forget(struct canary *c)
{
    /* Its fork ends at the next try, or at the deadline. */
    loop_remove_timer(c->loop, c->timer);
    c->timer = 0;
    c->waiting_id = 0;
    c->fn = NULL;
}

void
canary_free(struct canary *c)
{
    if (c == NULL) {
        return;
    }
    end(c);
    loop_remove_timer(c->loop, c->timer);
    buf_dispose(&c->in);
    free(c->folder);
    free(c->path_first);
    free(c);
}
