/* app: the app's life inside a session: started, restarted, ended, and the
 * signals that decide which. See dev.h.
 */
#include "dev.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "outcome.h"
#include "report.h"

/* How long the app may take to end before it is killed. */
#define STOP_GRACE_MS 10000
#define RESTART_GRACE_MS 3000
/* The same after a second Ctrl-C. */
#define HURRY_MS 500
/* After this long somebody at the terminal wonders. */
#define WONDER_MS 2000

static bool
has_broken_module(const struct dev *d)
{
    for (size_t i = 0; i < d->graph->module_count; i++) {
        const struct module *m = d->graph->modules[i];
        if (!m->is_gone && m->phase == MODULE_FAILED) {
            return true;
        }
    }
    return false;
}

static char *
describe_end(int status)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        return mem_format("died of SIG%s", name == NULL ? "?" : name);
    }
    return mem_format("ended with status %d", WEXITSTATUS(status));
}

static void
finish(struct dev *d)
{
    d->is_over = true;
    loop_stop(d->loop);
}

static void
start(struct dev *d)
{
    struct err e = ERR_INIT;
    d->is_waiting = false;
    d->is_restart_due = false;
    d->has_open_crash = false;
    if (child_start(&d->child, &e) < 0) {
        report_error(&e, NULL);
        finish(d);
    }
    d->app_pid = d->child.pid;
}

static void
report_restart(struct dev *d, const char *why)
{
    char *took = outcome_duration(clock_now_ns() - d->restart_ns);
    char *text = mem_format("%s, started again in %s", why, took);
    const struct report_field fields[] = {
        {.key = "app", .text = d->launch.shown},
        {.key = "why", .text = why},
        {.key = "pid", .number = (double)d->child.pid},
        {.key = "took_ms",
         .number = (double)(clock_now_ns() - d->restart_ns) / 1e6}};
    struct report_event event = {.verb = VERB_RESTART,
                                 .subject = d->launch.shown,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 4};
    report_event(&event);
    char *whole = mem_format("%s %s", d->launch.shown, text);
    workers_restarted(d, whole);
    free(whole);
    free(text);
    free(took);
}

void
app_restart(struct dev *d, const char *why)
{
    d->restart_ns = clock_now_ns();
    d->was_restarted = true;
    py_saves_forget(d);
    if (d->child.pid == 0) {
        workers_promote(d, true);
        start(d);
        report_restart(d, why);
        return;
    }
    d->is_stopping = true;
    d->restart_why = why;
    child_stop(&d->child, RESTART_GRACE_MS);
}

/* The app is down and a save can mend that: say so and stay. */
static void
wait_for_save(struct dev *d, int status)
{
    char *end = describe_end(status);
    char *text = mem_format("%s; waiting for the next save", end);
    const struct report_field fields[] = {
        {.key = "app", .text = d->launch.shown},
        {.key = "status",
         .number = WIFSIGNALED(status) ? -WTERMSIG(status)
                                       : WEXITSTATUS(status)}};
    struct report_event event = {.verb = VERB_EXIT,
                                 .subject = d->launch.shown,
                                 .text = text,
                                 .fields = fields,
                                 .field_count = 2};
    report_event(&event);
    free(text);
    free(end);
    d->is_waiting = true;
}

static void
on_exit_of_app(void *data, int status)
{
    struct dev *d = data;
    d->wait_status = status;
    d->has_status = true;
    child_sweep(&d->child, APP_SWEEP_MS);
    crashes_look(d, d->app_pid, status == 0);
    if (d->end_signal != 0) {
        finish(d);
    }
    else if (d->is_stopping) {
        d->is_stopping = false;
        workers_promote(d, true);
        start(d);
        report_restart(d, d->restart_why);
    }
    else if (status != 0 && crashes_restart(d)) {
        /* started again, now or when the way back is over */
    }
    else if (status != 0 && (d->was_restarted || has_broken_module(d))) {
        wait_for_save(d, status);
    }
    else {
        if (WIFSIGNALED(status)) {
            char *end = describe_end(status);
            report_warning("%s %s", d->launch.shown, end);
            free(end);
        }
        finish(d);
    }
}

static void
end_by(struct dev *d, const struct signalfd_siginfo *info)
{
    bool is_first = d->end_signal == 0;
    int number = (int)info->ssi_signo;
    d->end_signal = number;
    if (d->txn != NULL && txn_can_cancel(d->txn)) {
        txn_cancel(d->txn);
        d->txn = NULL;
    }
    if (d->child.pid == 0) {
        finish(d);
        return;
    }
    /* The terminal's Ctrl-C has reached the app already. */
    if (info->ssi_code != SI_KERNEL) {
        child_signal(&d->child, number);
    }
    if (is_first) {
        report_detail("end", "waiting for %s", d->launch.shown);
    }
    else {
        report_setup("end", "killing %s", d->launch.shown);
        child_stop(&d->child, HURRY_MS);
    }
}

static void
on_wonder(void *data)
{
    struct dev *d = data;
    if (!d->is_over) {
        report_setup("end", "waiting for %s; Ctrl-C again hurries it",
                     d->launch.shown);
    }
}

static void
on_end_grace(void *data)
{
    struct dev *d = data;
    if (!d->is_over) {
        report_warning("%s does not end: killed", d->launch.shown);
        child_signal(&d->child, SIGKILL);
    }
}

static void
on_signal(void *data, int fd, short events)
{
    struct dev *d = data;
    struct signalfd_siginfo info;
    (void)events;
    while (read(fd, &info, sizeof(info)) == sizeof(info)) {
        int number = (int)info.ssi_signo;
        if (number == SIGCHLD) {
            child_reap(&d->child);
        }
        else if (number == SIGINT || number == SIGTERM) {
            bool is_first = d->end_signal == 0;
            end_by(d, &info);
            if (is_first && !d->is_over) {
                int64_t now = clock_now_ns();
                loop_add_timer(d->loop, now + WONDER_MS * 1000000LL,
                               on_wonder, d);
                loop_add_timer(d->loop, now + STOP_GRACE_MS * 1000000LL,
                               on_end_grace, d);
            }
        }
        else if (info.ssi_code != SI_KERNEL) {
            child_signal(&d->child, number);
        }
    }
}

/* Background jobs of a plain shell and nohup have them ignored. */
static bool
is_ignored(int number)
{
    struct sigaction given;
    return sigaction(number, NULL, &given) == 0
           && given.sa_handler == SIG_IGN;
}

static void
on_early_interrupt(int number)
{
    (void)number;
    _exit(130);
}

void
app_end_at_once(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_early_interrupt};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!is_ignored(numbers[i])) {
            sigaction(numbers[i], &action, NULL);
        }
    }
}

void
app_open_signals(struct dev *d)
{
    static const int heard[] = {SIGINT,  SIGTERM, SIGHUP, SIGUSR1,
                                SIGUSR2, SIGWINCH, SIGQUIT};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    for (size_t i = 0; i < sizeof(heard) / sizeof(heard[0]); i++) {
        if (!is_ignored(heard[i])) {
            sigaddset(&set, heard[i]);
        }
    }
    sigprocmask(SIG_BLOCK, &set, &d->given);
    d->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    loop_add_fd(d->loop, d->signal_fd, POLLIN, on_signal, d);
}

int
app_begin(struct dev *d, struct err *e)
{
    d->child = (struct child){.loop = d->loop,
                              .launch = &d->launch,
                              .mask = &d->given,
                              .on_exit = on_exit_of_app,
                              .data = d};
    on_signal(d, d->signal_fd, POLLIN);
    int status = d->is_over ? 0 : child_start(&d->child, e);
    d->app_pid = d->child.pid;
    return status;
}
