/* tool: see tool.h. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "path.h"

#define DEFAULT_DEADLINE_MS 30000

struct ends {
    int out[2];
    int errors[2];
    int failed[2]; /* errno of a failed exec; closed by a good one */
};

static void
close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void
close_ends(struct ends *p)
{
    close_one(&p->out[0]);
    close_one(&p->out[1]);
    close_one(&p->errors[0]);
    close_one(&p->errors[1]);
    close_one(&p->failed[0]);
    close_one(&p->failed[1]);
}

/* In the child. Signals that the bench ignores or blocks must not stay so in
 * a compiler. */
static void
become(const char *program, char **argv, const struct tool_options *o,
       const struct ends *p, pid_t parent)
{
    if (!o->has_no_group) {
        setpgid(0, 0);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127); /* it died before the line above could hold */
    }
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(p->out[1], STDOUT_FILENO);
    dup2(o->is_merged ? p->out[1] : p->errors[1], STDERR_FILENO);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    if (o->is_plain) {
        setenv("LC_ALL", "C", 1);
        unsetenv("LANGUAGE");
        unsetenv("GCC_COLORS");
    }
    execv(program, argv);
    int code = errno;
    ssize_t ignored = write(p->failed[1], &code, sizeof(code));
    (void)ignored;
    _exit(127);
}

static void
end(pid_t pid, const struct tool_options *o)
{
    if (!o->has_no_group) {
        kill(-pid, SIGKILL);
    }
    kill(pid, SIGKILL);
}

/* False at the end of that output. */
static bool
take(int fd, struct buf *into)
{
    char bytes[16384];
    ssize_t n = read(fd, bytes, sizeof(bytes));
    if (n > 0) {
        buf_add(into, bytes, (size_t)n);
        return true;
    }
    return n < 0 && (errno == EINTR || errno == EAGAIN);
}

/* Both outputs to their end. A grandchild that keeps them open is no reason
 * to wait for ever: the deadline ends that too. */
static void
drain(struct ends *p, pid_t pid, const struct tool_options *o,
      struct tool_result *r)
{
    int ms = o->deadline_ms > 0 ? o->deadline_ms : DEFAULT_DEADLINE_MS;
    int64_t until = clock_now_ns() + (int64_t)ms * 1000000;
    while (p->out[0] >= 0 || p->errors[0] >= 0) {
        int64_t left = (until - clock_now_ns() + 999999) / 1000000;
        if (left <= 0) {
            r->is_timed_out = true;
            end(pid, o);
            return;
        }
        struct pollfd polled[2] = {{p->out[0], POLLIN, 0},
                                   {p->errors[0], POLLIN, 0}};
        if (poll(polled, 2, (int)left) <= 0) {
            continue;
        }
        if (polled[0].revents != 0 && !take(p->out[0], &r->out)) {
            close_one(&p->out[0]);
        }
        if (polled[1].revents != 0 && !take(p->errors[0], &r->errors)) {
            close_one(&p->errors[0]);
        }
    }
}

static void
reap(pid_t pid, struct tool_result *r)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    r->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    r->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

int
tool_run(struct list *argv, const struct tool_options *o,
         struct tool_result *r, struct err *e)
{
    char **words = list_argv(argv);
    char *program = words[0] == NULL ? NULL : path_which(words[0]);
    struct ends p = {{-1, -1}, {-1, -1}, {-1, -1}};
    int result = -1;
    if (program == NULL) {
        err_set(e, ERR_SYSTEM, "there is no program '%s'",
                words[0] == NULL ? "" : words[0]);
        goto done;
    }
    if (pipe2(p.out, O_CLOEXEC) < 0 || pipe2(p.failed, O_CLOEXEC) < 0
        || (!o->is_merged && pipe2(p.errors, O_CLOEXEC) < 0))
    {
        err_set(e, ERR_SYSTEM, "making a pipe for %s:", program);
        goto done;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        err_set(e, ERR_SYSTEM, "starting %s:", program);
        goto done;
    }
    if (pid == 0) {
        become(program, words, o, &p, parent);
    }
    close_one(&p.out[1]);
    close_one(&p.errors[1]);
    close_one(&p.failed[1]);
    int code = 0;
    bool is_failed = read(p.failed[0], &code, sizeof(code)) > 0;
    if (!is_failed) {
        drain(&p, pid, o, r);
    }
    reap(pid, r);
    errno = code;
    result = is_failed ? err_set(e, ERR_SYSTEM, "starting %s:", program) : 0;
done:
    close_ends(&p);
    free(program);
    return result;
}

int
tool_fork(struct forked *f, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set(e, ERR_SYSTEM, "making a pipe:");
    }
    pid_t parent = getpid();
    f->pid = fork();
    if (f->pid < 0) {
        close(ends[0]);
        close(ends[1]);
        return err_set(e, ERR_SYSTEM, "starting a process:");
    }
    if (f->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) {
            _exit(127);
        }
    }
    close(ends[f->pid == 0 ? 0 : 1]);
    f->fd = ends[f->pid == 0 ? 1 : 0];
    return 0;
}

int
tool_wait(struct forked *f, int deadline_ms, struct tool_result *r)
{
    struct tool_options o = {.deadline_ms = deadline_ms,
                             .has_no_group = true};
    struct ends p = {{f->fd, -1}, {-1, -1}, {-1, -1}};
    drain(&p, f->pid, &o, r);
    close_ends(&p);
    f->fd = -1;
    reap(f->pid, r);
    return r->status == 0 && !r->is_timed_out ? 0 : -1;
}

char *
tool_reason(const struct tool_result *r)
{
    if (r->is_timed_out) {
        return mem_copy_str("no answer in time");
    }
    if (r->signal != 0) {
        return mem_format("signal %d (%s)", r->signal, strsignal(r->signal));
    }
    return mem_format("exit status %d", r->status);
}

void
tool_result_dispose(struct tool_result *r)
{
    buf_dispose(&r->out);
    buf_dispose(&r->errors);
    *r = (struct tool_result)TOOL_RESULT_INIT;
}
