/* demo_session: see demo_session.h. */
#include "demo_session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"
#include "mem.h"
#include "path.h"

enum { GRACE_MS = 10000 }; /* from SIGTERM to SIGKILL */

int
demo_session_guard(struct demo_session *s, struct err *e)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->stop_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (s->stop_fd < 0) {
        return err_set(e, ERR_SYSTEM, "listening for signals:");
    }
    return 0;
}

bool
demo_session_is_interrupted(const struct demo_session *s)
{
    struct pollfd fd = {s->stop_fd, POLLIN, 0};
    return s->stop_fd >= 0 && poll(&fd, 1, 0) > 0;
}

/* In the child: never returns. `fds` become stdout, stderr and the event
 * stream. */
static void
become_session(char **argv, const char *folder, const int fds[3])
{
    sigset_t none;
    int nothing = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (chdir(folder) == 0 && dup2(nothing, STDIN_FILENO) >= 0
        && dup2(fds[0], STDOUT_FILENO) >= 0
        && dup2(fds[1], STDERR_FILENO) >= 0 && fcntl(fds[2], F_SETFD, 0) == 0)
    {
        execv("/proc/self/exe", argv);
    }
    _exit(127);
}

int
demo_session_start(struct demo_session *s, struct list *argv,
                   const char *folder, const char *scratch, struct err *e)
{
    int out[2] = {-1, -1};
    int events[2] = {-1, -1};
    int status = -1;
    char *log = path_join(scratch, "session.log");
    int log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_fd < 0 || pipe2(out, O_CLOEXEC) < 0
        || pipe2(events, O_CLOEXEC) < 0)
    {
        err_set(e, ERR_SYSTEM, "preparing a session:");
        goto done;
    }
    list_add_fmt(argv, "--json=fd:%d", events[1]);
    s->pid = fork();
    if (s->pid == 0) {
        /* a compiler that is killed leaves its temporary files */
        setenv("TMPDIR", scratch, 1);
        become_session(argv->items, folder,
                       (const int[]){out[1], log_fd, events[1]});
    }
    if (s->pid < 0) {
        s->pid = 0;
        err_set(e, ERR_SYSTEM, "starting a session:");
        goto done;
    }
    setpgid(s->pid, s->pid);
    s->out.fd = out[0];
    s->events.fd = events[0];
    out[0] = events[0] = -1;
    status = 0;
done:
    for (int i = 0; i < 2; i++) {
        if (out[i] >= 0) {
            close(out[i]);
        }
        if (events[i] >= 0) {
            close(events[i]);
        }
    }
    if (log_fd >= 0) {
        close(log_fd);
    }
    free(log);
    return status;
}

/* Reads once, waiting for it. 1: more is there, 0: the stream ended. */
static int
fill(struct demo_session *s, struct demo_stream *from, int64_t deadline_ns,
     struct err *e)
{
    char bytes[4096];
    int64_t left_ns = deadline_ns - clock_now_ns();
    if (left_ns <= 0) {
        return err_set(e, ERR_SYSTEM, "the session said nothing in time");
    }
    struct pollfd fds[] = {{from->fd, POLLIN, 0}, {s->stop_fd, POLLIN, 0}};
    int64_t left_ms = left_ns / 1000000 + 1;
    int ready = poll(fds, 2, left_ms > 1000 ? 1000 : (int)left_ms);
    if (ready <= 0) {
        return 1;
    }
    if (fds[1].revents != 0) {
        return err_set(e, ERR_REFUSED, "interrupted");
    }
    ssize_t n = read(from->fd, bytes, sizeof(bytes));
    if (n > 0) {
        buf_add(&from->bytes, bytes, (size_t)n);
    }
    return n > 0 || (n < 0 && errno == EINTR);
}

/* The next line without its newline, on the heap. */
static char *
next_line(struct demo_session *s, struct demo_stream *from,
          int64_t deadline_ns, struct err *e)
{
    for (;;) {
        char *end = from->bytes.len == 0 ? NULL
                                         : memchr(from->bytes.data, '\n',
                                                  from->bytes.len);
        if (end != NULL) {
            size_t len = (size_t)(end - from->bytes.data);
            char *line = mem_copy_range(from->bytes.data, len);
            buf_consume(&from->bytes, len + 1);
            return line;
        }
        int got = fill(s, from, deadline_ns, e);
        if (got == 0) {
            err_set(e, ERR_CLOSED, "the session ended");
        }
        if (got <= 0) {
            return NULL;
        }
    }
}

char *
demo_session_line(struct demo_session *s, const char *start,
                  int64_t deadline_ns, struct err *e)
{
    for (;;) {
        char *line = next_line(s, &s->out, deadline_ns, e);
        if (line == NULL || strncmp(line, start, strlen(start)) == 0) {
            return line;
        }
        free(line);
    }
}

int
demo_session_event(struct demo_session *s, const char *verb,
                   int64_t deadline_ns, struct json *event, struct err *e)
{
    for (;;) {
        char *line = next_line(s, &s->events, deadline_ns, e);
        if (line == NULL) {
            return -1;
        }
        int status = json_read(event, line, strlen(line), e);
        free(line);
        if (status < 0) {
            return -1;
        }
        const char *what = json_get_str(event, "event");
        if (what != NULL && strcmp(what, verb) == 0) {
            return 0;
        }
        json_dispose(event);
    }
}

/* Leaves it to be reaped, so that its process group keeps its number. */
static bool
is_over(const struct demo_session *s)
{
    siginfo_t info = {.si_pid = 0};
    int found = waitid(P_PID, (id_t)s->pid, &info,
                       WEXITED | WNOHANG | WNOWAIT);
    return found < 0 || info.si_pid != 0;
}

void
demo_session_end(struct demo_session *s)
{
    if (s->pid > 0) {
        int64_t deadline = clock_now_ns() + GRACE_MS * 1000000LL;
        kill(s->pid, SIGTERM);
        bool is_gone = is_over(s);
        while (!is_gone && clock_now_ns() < deadline) {
            poll(NULL, 0, 5);
            is_gone = is_over(s);
        }
        kill(-s->pid, SIGKILL); /* whoever did not listen */
        waitpid(s->pid, NULL, 0);
        s->pid = 0;
    }
    int *const fds[] = {&s->stop_fd, &s->out.fd, &s->events.fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0) {
            close(*fds[i]);
        }
        *fds[i] = -1;
    }
    buf_dispose(&s->out.bytes);
    buf_dispose(&s->events.bytes);
}
