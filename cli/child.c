/* child: see child.h. */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mem.h"
#include "report.h"
#include "wire/buf.h"

static void
become_app(const struct child *c, pid_t bench)
{
    struct err e = ERR_INIT;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != bench) {
        _exit(1); /* the bench died before prctl could tell */
    }
    sigprocmask(SIG_SETMASK, c->mask, NULL);
    launch_exec(c->launch, &e);
    report_error(&e, NULL);
    _exit(127);
}

int
child_start(struct child *c, struct err *e)
{
    pid_t bench = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        return err_set(e, ERR_SYSTEM, "starting %s:", c->launch->shown);
    }
    if (pid == 0) {
        become_app(c, bench);
    }
    c->pid = pid;
    return 0;
}

void
child_signal(struct child *c, int signal_number)
{
    if (c->pid > 0) {
        kill(c->pid, signal_number);
    }
}

static void
on_grace_over(void *data)
{
    struct child *c = data;
    c->kill_timer = 0;
    child_signal(c, SIGKILL);
}

void
child_stop(struct child *c, int grace_ms)
{
    child_signal(c, SIGTERM);
    if (c->kill_timer == 0) {
        c->kill_timer = loop_add_timer(
            c->loop, clock_now_ns() + grace_ms * 1000000LL, on_grace_over, c);
    }
}

void
child_reap(struct child *c)
{
    int status = 0;
    if (c->pid <= 0 || waitpid(c->pid, &status, WNOHANG) != c->pid) {
        return;
    }
    c->pid = 0;
    loop_remove_timer(c->loop, c->kill_timer);
    c->kill_timer = 0;
    c->on_exit(c->data, status);
}

/* Whether the environment block holds exactly `entry`, or begins an entry
 * with it when it ends in '='. */
static bool
has_entry(const struct buf *environ_block, const char *entry)
{
    size_t len = strlen(entry);
    bool is_prefix = entry[len - 1] == '=';
    size_t at = 0;
    while (at < environ_block->len) {
        const char *item = environ_block->data + at;
        size_t item_len = strnlen(item, environ_block->len - at);
        if (strncmp(item, entry, len) == 0
            && (is_prefix || item_len == len))
        {
            return true;
        }
        at += item_len + 1;
    }
    return false;
}

static bool
is_descendant(pid_t pid, const char *entry)
{
    char *path = mem_format("/proc/%d/environ", (int)pid);
    struct buf block = BUF_INIT;
    bool is_ours = file_read(path, &block, NULL) == 0
                   && has_entry(&block, entry)
                   && !has_entry(&block, "COWBIRD_CANARY=");
    buf_dispose(&block);
    free(path);
    return is_ours;
}

/* Signals every living descendant; returns how many. */
static int
signal_all(const struct child *c, int signal_number)
{
    int count = 0;
    char *entry = mem_format("COWBIRD_SESSION=%s", c->launch->session);
    DIR *proc = opendir("/proc");
    struct dirent *d;
    while (proc != NULL && (d = readdir(proc)) != NULL) {
        pid_t pid = (pid_t)strtol(d->d_name, NULL, 10);
        if (pid > 1 && pid != getpid() && is_descendant(pid, entry)) {
            count++;
            if (signal_number != 0) {
                kill(pid, signal_number);
            }
        }
    }
    if (proc != NULL) {
        closedir(proc);
    }
    free(entry);
    return count;
}

int
child_sweep(const struct child *c, int grace_ms)
{
    int found = signal_all(c, SIGTERM);
    int64_t deadline = clock_now_ns() + grace_ms * 1000000LL;
    int left = found;
    while (left > 0 && clock_now_ns() < deadline) {
        poll(NULL, 0, 10);
        left = signal_all(c, 0);
    }
    if (left > 0) {
        signal_all(c, SIGKILL);
    }
    return found;
}
