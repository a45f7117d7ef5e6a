/* compile: see compile.h. Here: the parent's side of one compile; the cache
 * entry it becomes is in compile_entry.c. The bench's main thread. */
#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "compile_job.h"
#include "compile_key.h"
#include "mem.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"

#define DEFAULT_DEADLINE_MS 120000

struct compile {
    struct module *module; /* borrowed */
    struct job job;
    struct key key;
    pid_t pid;   /* the child, leader of its group; 0: none was needed */
    int fd;      /* its record comes here; -1: closed */
    struct buf bytes;
    int64_t started_ns;
    int64_t deadline_ns;
    int deadline_ms;
    bool is_cancelled;
    bool is_timed_out;
};

void
build_dispose(struct build *b)
{
    free(b->artefact);
    free(b->stub);
    free(b->compiler);
    free(b->fallback);
    diag_list_dispose(&b->diags);
    list_dispose(&b->headers);
    *b = (struct build)BUILD_INIT;
}

bool
compile_lookup(const struct toolchain *t, const struct python *p,
               struct module *m, enum compile_tier tier, struct build *b)
{
    int64_t started_ns = clock_now_ns();
    struct job j;
    struct key k;
    *b = (struct build)BUILD_INIT;
    b->module = m;
    if (job_init(&j, t, p, m, tier, NULL) < 0) {
        return false;
    }
    key_begin(&k, &j);
    b->is_good = key_recall(&k, &b->key, &b->headers)
                 && entry_read(b, &j);
    b->is_cached = b->is_good;
    b->took_ns = clock_now_ns() - started_ns;
    key_dispose(&k);
    job_dispose(&j);
    if (!b->is_good) {
        build_dispose(b);
        b->module = m;
    }
    return b->is_good;
}

static int
start_child(struct compile *c, struct err *e)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return err_set(e, ERR_SYSTEM, "making a pipe for a compile:");
    }
    pid_t parent = getpid();
    c->fd = ends[0];
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    fflush(NULL); /* or the child would write it again */
    c->pid = fork();
    if (c->pid == 0) {
        compile_child(&c->job, ends[1], parent);
    }
    close(ends[1]);
    if (c->pid < 0) {
        c->pid = 0;
        return err_set(e, ERR_SYSTEM, "starting a compile:");
    }
    setpgid(c->pid, c->pid); /* whoever of us two comes first */
    return 0;
}

static void
compile_free(struct compile *c)
{
    if (c->fd >= 0) {
        close(c->fd);
    }
    if (c->job.folder != NULL) {
        cache_abandon(c->job.folder);
    }
    buf_dispose(&c->bytes);
    key_dispose(&c->key);
    job_dispose(&c->job);
    free(c);
}

struct compile *
compile_start(const struct toolchain *t, const struct python *p,
              struct module *m, enum compile_tier tier, int deadline_ms,
              struct err *e)
{
    struct compile *c = mem_new(sizeof(*c));
    c->module = m;
    c->fd = -1;
    c->started_ns = clock_now_ns();
    c->deadline_ms = deadline_ms > 0 ? deadline_ms : DEFAULT_DEADLINE_MS;
    c->deadline_ns = c->started_ns + (int64_t)c->deadline_ms * 1000000;
    char *folder = cache_begin(e);
    if (folder == NULL || job_init(&c->job, t, p, m, tier, e) < 0) {
        if (folder != NULL) {
            cache_abandon(folder);
            free(folder);
        }
        compile_free(c);
        return NULL;
    }
    job_set_folder(&c->job, folder);
    key_begin(&c->key, &c->job);
    if (start_child(c, e) < 0) {
        compile_free(c);
        return NULL;
    }
    return c;
}

int
compile_fd(const struct compile *c)
{
    return c->fd;
}

int64_t
compile_deadline_ns(const struct compile *c)
{
    return c->deadline_ns;
}

static void
kill_group(struct compile *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        kill(c->pid, SIGKILL);
    }
}

bool
compile_step(struct compile *c)
{
    char bytes[16384];
    while (!c->is_cancelled && !c->is_timed_out) {
        ssize_t n = read(c->fd, bytes, sizeof(bytes));
        if (n > 0) {
            buf_add(&c->bytes, bytes, (size_t)n);
        }
        else if (n == 0) {
            return true;
        }
        else if (errno != EINTR) {
            break;
        }
    }
    if (c->is_cancelled || c->is_timed_out) {
        return true;
    }
    if (clock_now_ns() >= c->deadline_ns) {
        c->is_timed_out = true;
        kill_group(c);
        return true;
    }
    return false;
}

void
compile_cancel(struct compile *c)
{
    c->is_cancelled = true;
    kill_group(c);
}

/* Why there is no record. */
static void
explain(const struct compile *c, int status, struct diag_list *diags)
{
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(c->module->source);
    if (c->is_timed_out) {
        d->message = mem_format("the compiler had not ended after %d s and "
                                "was killed",
                                (c->deadline_ms + 999) / 1000);
    }
    else if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        d->message = mem_format("the compile was killed by signal %d (%s)%s",
                                number, strsignal(number),
                                number == SIGKILL ? "; is memory short?"
                                                  : "");
    }
    else {
        d->message = mem_format("the compile ended without a word (exit "
                                "status %d)",
                                WEXITSTATUS(status));
    }
}

static int
reap(struct compile *c)
{
    int status = 0;
    while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void
help_with_headers(const struct python *p, struct diag_list *diags)
{
    for (size_t i = 0; i < diags->count && !p->has_headers; i++) {
        struct diag *d = &diags->items[i];
        if (d->severity == DIAG_ERROR && d->help == NULL
            && strstr(d->message, "Python.h") != NULL)
        {
            d->help = mem_format("install the headers of Python %d.%d "
                                 "(Debian, Ubuntu: apt install "
                                 "python%d.%d-dev)",
                                 p->major, p->minor, p->major, p->minor);
            return;
        }
    }
}

static void
take_record(struct compile *c, struct record *r, struct build *b)
{
    b->is_stale = !key_settle(&c->key, &c->job, r, &b->key, &b->headers);
    b->compiler = r->compiler;
    b->fallback = r->fallback;
    b->diags = r->diags;
    b->is_good = r->is_good;
    r->compiler = NULL;
    r->fallback = NULL;
    r->diags = (struct diag_list)DIAG_LIST_INIT;
    help_with_headers(c->job.p, &b->diags);
    struct err e = ERR_INIT;
    if (b->is_good && entry_write(b, &c->job, &e) < 0) {
        b->is_good = false;
        struct diag *d = diag_add(&b->diags);
        d->severity = DIAG_ERROR;
        d->message = mem_copy_str(e.text);
    }
}

void
compile_finish(struct compile *c, struct build *b)
{
    *b = (struct build)BUILD_INIT;
    b->module = c->module;
    struct record r = RECORD_INIT;
    b->is_cancelled = c->is_cancelled;
    b->is_timed_out = c->is_timed_out && !c->is_cancelled;
    if (!c->is_cancelled) {
        if (!c->is_timed_out && record_read(&r, &c->bytes)) {
            reap(c);
            take_record(c, &r, b);
        }
        else {
            /* A compiler may have outlived the child; its pid is not free
             * before it is reaped. */
            if (c->pid > 0) {
                kill(-c->pid, SIGKILL);
            }
            explain(c, reap(c), &b->diags);
            key_settle(&c->key, &c->job, &r, &b->key, &b->headers);
        }
    }
    else {
        reap(c);
    }
    b->took_ns = clock_now_ns() - c->started_ns;
    record_dispose(&r);
    compile_free(c);
}
