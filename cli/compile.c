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
#include "compile_explain.h"
#include "compile_find.h"
#include "compile_job.h"
#include "compile_key.h"
#include "compile_reuse.h"
#include "mem.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"
#include "warm.h"

#define DEFAULT_DEADLINE_MS 120000
/* Beside an app at full load little is left for what may wait. */
#define IDLE_PATIENCE 10
/* What a warm tcc has taken longer for, a cold compile is to try. */
#define WARM_MS 10000

struct compile {
    struct module *module; /* borrowed */
    struct job job;
    struct key key;
    pid_t pid;   /* the child, leader of its group; 0: none, or reaped */
    int end_status; /* of one that is reaped, as wait(2) has it */
    int fd;      /* its record comes here; -1: closed */
    struct buf bytes;
    struct record record; /* what the bytes said */
    int64_t started_ns;
    int64_t deadline_ns;
    struct digest name; /* of what the binding is made of */
    bool has_name;
    bool is_rebound; /* it still is what the build before was bound with */
    struct span_list ordered; /* until the child was at work */
    int deadline_ms;
    bool is_warm; /* the child is of a warm compiler */
    bool was_killed; /* by somebody else, and it was tried once more */
    bool is_cancelled;
    bool is_timed_out;
};

/* Both ends of the record's way; the reading one keeps its number when a
 * second child follows the first. */
static int
open_record(struct compile *c, int *to)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (c->fd < 0) {
        c->fd = ends[0];
    }
    else {
        dup3(ends[0], c->fd, O_CLOEXEC);
        close(ends[0]);
    }
    *to = ends[1];
    return 0;
}

static int
start_child(struct compile *c, struct err *e)
{
    int to = -1;
    if (open_record(c, &to) < 0) {
        return err_set(e, ERR_SYSTEM, "making a pipe for a compile:");
    }
    pid_t parent = getpid();
    fflush(NULL); /* or the child would write it again */
    c->pid = fork();
    if (c->pid == 0) {
        compile_child(&c->job, to, parent);
    }
    close(to);
    if (c->pid < 0) {
        c->pid = 0;
        return err_set(e, ERR_SYSTEM, "starting a compile:");
    }
    setpgid(c->pid, c->pid); /* whoever of us two comes first */
    return 0;
}

/* False when no warm compiler takes it. */
static bool
start_warm(struct compile *c, struct warm *warm)
{
    int to = -1;
    if (warm == NULL || open_record(c, &to) < 0) {
        return false;
    }
    c->pid = warm_order(warm, &c->job, &c->key, to);
    c->is_warm = c->pid > 0;
    close(to);
    if (c->is_warm) {
        setpgid(c->pid, c->pid);
    }
    return c->is_warm;
}

static void
kill_group(struct compile *c)
{
    if (c->pid > 0) {
        kill(-c->pid, SIGKILL);
        kill(c->pid, SIGKILL);
    }
}

static int
reap(struct compile *c)
{
    int status = 0;
    while (c->pid > 0 && waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    c->pid = 0;
    return status;
}

/* What the child keeps for later it does now. */
static void
let_end(struct compile *c)
{
    if (c->fd >= 0) {
        close(c->fd);
        c->fd = -1;
    }
}

static void
compile_free(struct compile *c)
{
    if (c == NULL) {
        return;
    }
    let_end(c);
    kill_group(c); /* one that was not waited for is wanted no more */
    reap(c);
    record_dispose(&c->record);
    span_list_dispose(&c->ordered);
    if (c->job.folder != NULL) {
        cache_abandon(c->job.folder);
    }
    buf_dispose(&c->bytes);
    key_dispose(&c->key);
    job_dispose(&c->job);
    free(c);
}

void
build_dispose(struct build *b)
{
    compile_free(b->pending);
    free(b->artefact);
    free(b->stub);
    free(b->compiler);
    free(b->fallback);
    diag_list_dispose(&b->diags);
    list_dispose(&b->headers);
    list_dispose(&b->system);
    list_dispose(&b->texts);
    span_list_dispose(&b->spans);
    *b = (struct build)BUILD_INIT;
}

/* Who tells the binding of a plain module: the build before, when the edit
 * was inside a body, or a warm libclang. -1: the child reads the source. */
static int
start_scan(struct compile *c, const struct compile_options *o)
{
    c->has_name = reuse_name(&c->job, &c->key, &c->name);
    int fd = c->has_name ? reuse_answer(&c->job, &c->name, o->before) : -1;
    c->is_rebound = fd >= 0;
    return fd >= 0 ? fd : warm_scan(o->warm, &c->job, &c->key);
}

/* What is to be compiled, as it is now. */
static struct compile *
ask(const struct toolchain *t, const struct python *p, struct module *m,
    const struct compile_options *o, struct err *e)
{
    struct compile *c = mem_new(sizeof(*c));
    c->module = m;
    c->fd = -1;
    c->started_ns = clock_now_ns();
    c->deadline_ms = o->deadline_ms > 0 ? o->deadline_ms
                     : t->limit_ms > 0  ? t->limit_ms
                                        : DEFAULT_DEADLINE_MS;
    c->deadline_ms *= o->is_idle ? IDLE_PATIENCE : 1;
    c->deadline_ns = c->started_ns + (int64_t)c->deadline_ms * 1000000;
    if (job_init(&c->job, t, p, m, o->tier, e) < 0) {
        compile_free(c);
        return NULL;
    }
    key_begin(&c->key, &c->job);
    return c;
}

static struct compile *
start(struct compile *c, const struct compile_options *o, struct err *e)
{
    char *folder = cache_begin(e);
    if (folder == NULL) {
        compile_free(c);
        return NULL;
    }
    job_set_folder(&c->job, folder);
    c->job.scan_fd = o->is_ahead ? -1 : start_scan(c, o);
    warm_offer(o->warm, &c->job, &c->key);
    c->job.is_idle = o->is_idle;
    c->job.is_ahead = o->is_ahead;
    bool is_started = start_warm(c, o->warm) || start_child(c, e) == 0;
    span_add(&c->ordered, SPAN_ORDER, c->started_ns);
    if (c->job.scan_fd >= 0) {
        close(c->job.scan_fd); /* the child's alone: who answers may wait */
        c->job.scan_fd = -1;
    }
    if (!is_started) {
        compile_free(c);
        return NULL;
    }
    return c;
}

struct compile *
compile_start(const struct toolchain *t, const struct python *p,
              struct module *m, const struct compile_options *o,
              struct err *e)
{
    struct compile *c = ask(t, p, m, o, e);
    return c == NULL ? NULL : start(c, o, e);
}

struct compile *
compile_begin(const struct toolchain *t, const struct python *p,
              struct module *m, const struct compile_options *o,
              struct build *b, struct err *e)
{
    struct compile *c = ask(t, p, m, o, e);
    *b = (struct build)BUILD_INIT;
    b->module = m;
    if (c == NULL || !find_best(&c->job, &c->key, c->started_ns, b)) {
        return c == NULL ? NULL : start(c, o, e);
    }
    compile_free(c);
    return NULL;
}

int
compile_fd(const struct compile *c)
{
    return c->fd;
}

/* A warm child has its own, until it says that cc is at work. */
static bool
has_warm_deadline(const struct compile *c)
{
    return c->is_warm && c->bytes.len == 0;
}

int64_t
compile_deadline_ns(const struct compile *c)
{
    int64_t warm = c->started_ns + WARM_MS * INT64_C(1000000);
    return has_warm_deadline(c) && warm < c->deadline_ns ? warm
                                                         : c->deadline_ns;
}

/* The warm compiler's child left no record: the same again, cold. False when
 * that cannot be. */
static bool
go_cold(struct compile *c)
{
    kill_group(c);
    reap(c);
    c->is_warm = false;
    buf_clear(&c->bytes);
    return start_child(c, NULL) == 0;
}

/* A child that died of SIGKILL died of no fault of the source's: memory was
 * short. Once more, then; by now there may be some. */
static bool
go_again(struct compile *c)
{
    int status = reap(c);
    if (c->was_killed || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL) {
        c->end_status = status;
        return false;
    }
    c->was_killed = true;
    buf_clear(&c->bytes);
    return start_child(c, NULL) == 0;
}

/* Whether the record has come to its end. */
static bool
read_record(struct compile *c)
{
    char bytes[16384];
    for (;;) {
        ssize_t n = read(c->fd, bytes, sizeof(bytes));
        if (n > 0) {
            buf_add(&c->bytes, bytes, (size_t)n);
        }
        else if (n == 0 || errno != EINTR) {
            return n == 0;
        }
    }
}

bool
compile_step(struct compile *c)
{
    if (c->is_cancelled || c->is_timed_out) {
        return true;
    }
    bool is_over = read_record(c);
    /* whole: its end is not waited for, an exit takes time */
    if (c->bytes.len > 0 && c->bytes.data[c->bytes.len - 1] == '\0') {
        return true;
    }
    if (is_over) {
        return c->is_warm ? !go_cold(c) : !go_again(c);
    }
    if (clock_now_ns() < compile_deadline_ns(c)) {
        return false;
    }
    if (has_warm_deadline(c) && go_cold(c)) {
        return false;
    }
    c->is_timed_out = true;
    kill_group(c);
    return true;
}

void
compile_cancel(struct compile *c)
{
    c->is_cancelled = true;
    kill_group(c);
}

/* The record's words; key and headers come with compile_settle. */
static void
take_record(const struct compile *c, struct record *r, struct build *b)
{
    b->compiler = r->compiler;
    b->fallback = r->fallback;
    b->diags = r->diags;
    b->is_good = r->is_good;
    b->is_rebound = c->is_rebound;
    b->is_warm = c->is_warm || r->is_warm;
    b->pieces = r->pieces;
    b->compiled = r->compiled;
    span_add_all(&b->spans, &c->ordered);
    span_add_all(&b->spans, &r->spans);
    r->compiler = NULL;
    r->fallback = NULL;
    r->diags = (struct diag_list)DIAG_LIST_INIT;
    explain_headers(c->job.p, &b->diags);
}

void
compile_take(struct compile *c, struct build *b)
{
    struct record *r = &c->record;
    *b = (struct build)BUILD_INIT;
    b->module = c->module;
    b->content = c->key.content;
    list_add_all(&b->texts, &c->key.paths);
    b->is_cancelled = c->is_cancelled;
    b->is_timed_out = c->is_timed_out && !c->is_cancelled;
    if (!c->is_cancelled && !c->is_timed_out && record_read(r, &c->bytes)) {
        take_record(c, r, b);
    }
    else if (!c->is_cancelled) {
        /* A compiler may have outlived the child; its pid is not free
         * before it is reaped. */
        if (c->pid > 0) {
            kill(-c->pid, SIGKILL);
        }
        int status = c->pid > 0 ? reap(c) : c->end_status;
        explain_end(c->module, status, c->is_timed_out ? c->deadline_ms : 0,
                    &b->diags);
    }
    b->took_ns = clock_now_ns() - c->started_ns;
    b->pending = c;
    if (b->is_good) {
        b->artefact = mem_copy_str(c->job.artefact);
    }
    else {
        compile_settle(b, NULL);
    }
}

bool
compile_settle(struct build *b, struct err *e)
{
    struct compile *c = b->pending;
    bool is_kept = true;
    if (c == NULL) {
        return true;
    }
    b->pending = NULL;
    let_end(c);
    int status = reap(c);
    if (!b->is_cancelled) {
        record_read_files(&c->record, &c->bytes);
        bool is_same = key_settle(&c->key, &c->job, &c->record, &b->key,
                                  &b->headers, &b->system);
        b->is_stale = !is_same && b->compiler != NULL;
    }
    if (b->is_good) {
        free(b->artefact);
        b->artefact = NULL;
        if (c->has_name && !b->is_stale) {
            reuse_note(&c->job, &c->name);
        }
        is_kept = entry_write(b, &c->job, status, e) == 0;
    }
    compile_free(c);
    return is_kept;
}

void
compile_finish(struct compile *c, struct build *b)
{
    struct err e = ERR_INIT;
    compile_take(c, b);
    if (!compile_settle(b, &e)) {
        b->is_good = false;
        struct diag *d = diag_add(&b->diags);
        d->severity = DIAG_ERROR;
        d->message = mem_copy_str(e.text);
    }
}
