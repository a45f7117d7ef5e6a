/* compile_child: what runs in a compile's forked child: tcc, then cc, and the
 * record that goes up the pipe. Private to compile; never returns. */
#include "compile_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clock.h"
#include "cc_order.h"
#include "compile_job.h"
#include "compile_pieces.h"
#include "mem.h"
#include "path.h"
#include "toolchain.h"

#define LOWEST_NICE 19
/* No swap takes longer that is not held up. */
#define SWAP_MS 20

void
record_dispose(struct record *r)
{
    free(r->compiler);
    free(r->fallback);
    list_dispose(&r->files);
    diag_list_dispose(&r->diags);
    span_list_dispose(&r->spans);
    *r = (struct record)RECORD_INIT;
}

static bool
is_ours(const struct job *j, const char *path)
{
    return path != NULL
           && (path_is_below(path, j->folder)
               || (j->binding_path != NULL
                   && strcmp(path, j->binding_path) == 0));
}

/* The binding is no file of the user's, and what the user's warning flags
 * find in it is not the user's business. */
static void
forget_binding(const struct job *j, struct record *r)
{
    struct diag_list kept = DIAG_LIST_INIT;
    bool is_dropped = false;
    for (size_t i = 0; i < r->diags.count; i++) {
        const struct diag *d = &r->diags.items[i];
        is_dropped = d->is_child ? is_dropped
                                 : d->severity != DIAG_ERROR
                                       && is_ours(j, d->path);
        if (!is_dropped) {
            struct diag_list one = {(struct diag *)d, 1, 1};
            diag_copy_all(&kept, &one);
        }
    }
    diag_list_dispose(&r->diags);
    r->diags = kept;
    for (size_t i = r->files.count; i-- > 0;) {
        if (is_ours(j, r->files.items[i])) {
            list_remove_at(&r->files, i);
        }
    }
}

void
child_write(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno != EINTR) {
            return;
        }
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

bool
compile_wants_tcc(const struct job *j)
{
    const struct toolchain *t = j->t;
    bool is_fast = j->tier == TIER_FAST || t->wants_tcc
                   || t->cc.count == 0;
    return is_fast && toolchain_tcc(t, j->p) != NULL;
}

/* For whoever has to read it: a plain module's binding becomes a file. */
static bool
place_binding(struct job *j, struct record *r)
{
    return j->plain_name == NULL || compile_place_binding(j, &r->diags);
}

static bool
has_binding(const struct job *j, const struct child_way *way)
{
    return compile_wants_tcc(j) && way->has_binding != NULL
           && way->has_binding(way->data, j);
}

/* Both compilers, in the order that tier and policy give. */
static void
run(struct job *j, struct record *r, const struct child_way *way)
{
    const struct toolchain *t = j->t;
    char *why = NULL;
    if (!has_binding(j, way) && !place_binding(j, r)) {
        return;
    }
    if (compile_wants_tcc(j) && way->by_tcc(way->data, j, r, &why)) {
        return;
    }
    /* A mark of life: cc may take longer than tcc ever does. */
    child_write(way->fd, "W\n", 2);
    if (t->cc.count == 0) {
        if (diag_first_error(&r->diags) == NULL) {
            diag_add(&r->diags)->message
                = mem_format("%s, and there is no other C compiler",
                             why == NULL ? "tcc: not found" : why);
        }
        r->compiler = mem_copy_str("tcc");
        compile_lend(j, r, true);
        free(why);
        return;
    }
    struct record by_cc = RECORD_INIT;
    span_add_all(&by_cc.spans, &r->spans);
    if (place_binding(j, &by_cc)) {
        compile_cc_run(j, &by_cc);
    }
    /* Both say no: the code is wrong, and cc has said it better. */
    if (by_cc.is_good) {
        by_cc.fallback = why;
        why = NULL;
    }
    else {
        compile_lend(j, &by_cc, false);
    }
    free(why);
    record_dispose(r);
    *r = by_cc;
}

/* What the compiler finds wrong comes first: a declaration that it does not
 * accept is none that could be bound. */
static void
run_plain(struct job *j, struct record *r, const struct child_way *way)
{
    struct diag_list refused = DIAG_LIST_INIT;
    int64_t began_ns = clock_now_ns();
    bool is_bound = compile_bind(j, &refused);
    span_add(&r->spans, SPAN_BINDING, began_ns);
    if (is_bound) {
        run(j, r, way);
    }
    if (r->is_good || diag_first_error(&r->diags) == NULL) {
        r->is_good = r->is_good && refused.count == 0;
        diag_copy_all(&r->diags, &refused);
    }
    forget_binding(j, r);
    diag_list_dispose(&refused);
}

static void
add_line(struct buf *b, char mark, const char *text)
{
    if (text != NULL) {
        buf_add(b, &mark, 1);
        buf_add(b, text, strcspn(text, "\n"));
        buf_add(b, "\n", 1);
    }
}

/* Lines with a mark in front, then the diagnostics; the last byte tells that
 * it is whole. */
void
record_write(const struct record *r, struct buf *b)
{
    add_line(b, 'G', r->is_good ? "1" : "0");
    add_line(b, 'H', r->is_warm ? "1" : "0");
    if (r->pieces > 0) {
        buf_add_fmt(b, "P%u %u\n", r->compiled, r->pieces);
    }
    add_line(b, 'C', r->compiler);
    add_line(b, 'F', r->fallback);
    for (size_t i = 0; i < r->files.count; i++) {
        add_line(b, 'R', r->files.items[i]);
    }
    for (size_t i = 0; i < r->spans.count; i++) {
        buf_add_str(b, "T");
        span_write(&r->spans.items[i], b);
        buf_add_str(b, "\n");
    }
    add_line(b, 'D', "");
    diag_store(&r->diags, b);
    buf_add(b, "\0", 1);
}

static bool
is_whole(const struct buf *bytes)
{
    return bytes->len > 0 && bytes->data[bytes->len - 1] == '\0';
}

bool
record_read(struct record *r, const struct buf *bytes)
{
    if (!is_whole(bytes)) {
        return false;
    }
    const char *at = bytes->data;
    while (*at != '\0') {
        size_t len = strcspn(at, "\n");
        const char *line = at;
        char mark = *at;
        struct span span;
        at += len + (at[len] == '\n');
        if (mark == 'R') {
            continue;
        }
        char *text = mem_copy_range(line + 1, len - (len > 0));
        switch (mark) {
        case 'G':
            r->is_good = text[0] == '1';
            break;
        case 'H':
            r->is_warm = text[0] == '1';
            break;
        case 'P':
            sscanf(text, "%u %u", &r->compiled, &r->pieces);
            break;
        case 'C':
            free(r->compiler);
            r->compiler = mem_copy_str(text);
            break;
        case 'F':
            free(r->fallback);
            r->fallback = mem_copy_str(text);
            break;
        case 'T':
            if (span_read(text, &span)) {
                span_add_copy(&r->spans, &span);
            }
            break;
        case 'W':
            break;
        default:
            diag_restore(&r->diags, at);
            at += strlen(at);
            break;
        }
        free(text);
    }
    return true;
}

void
record_read_files(struct record *r, const struct buf *bytes)
{
    const char *at = is_whole(bytes) ? bytes->data : "";
    while (*at != '\0' && *at != 'D') {
        size_t len = strcspn(at, "\n");
        if (*at == 'R') {
            list_add_taken(&r->files, mem_copy_range(at + 1, len - 1));
        }
        at += len + (at[len] == '\n');
    }
}

void
compile_child_begin(pid_t parent)
{
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(127);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
}

void
child_let_swap(int fd, short events)
{
    struct pollfd p = {fd, events, 0};
    poll(&p, 1, SWAP_MS);
}

void
compile_child_end(struct job *j, const struct child_way *way)
{
    struct record r = RECORD_INIT;
    if (!compile_wants_tcc(j)) {
        j->pieces = piece_orders_start(j); /* beside the scan */
        j->ahead = j->pieces == NULL ? cc_order_start(j) : NULL;
    }
    if (j->plain_name != NULL) {
        run_plain(j, &r, way);
    }
    else {
        run(j, &r, way);
    }
    diag_fill_sources(&r.diags);
    diag_merge(&r.diags);
    struct buf bytes = BUF_INIT;
    record_write(&r, &bytes);
    child_write(way->fd, bytes.data, bytes.len);
    if (way->lets_swap) {
        child_let_swap(way->fd, 0); /* the bench closes its end then */
    }
    /* nobody waits for these: each new file takes a while on ext4 */
    errno = 0;
    bool is_kept = compile_keep_binding(j, NULL) == 0;
    int why = is_kept ? 0 : errno != 0 ? errno : EIO;
    if (way->at_end != NULL) {
        way->at_end(way->data);
    }
    _exit(why); /* entry_write tells it */
}

static bool
by_cold_tcc(void *data, const struct job *j, struct record *r, char **why)
{
    (void)data;
    return compile_tcc_run(j, r, why);
}

/* Nothing but the pieces, and a record without a word. */
static void
end_ahead(const struct job *j, int fd)
{
    struct record r = RECORD_INIT;
    struct buf bytes = BUF_INIT;
    struct piece_orders *o = piece_orders_start(j);
    if (o != NULL) {
        piece_orders_finish(o, j, &r);
    }
    record_write(&r, &bytes);
    child_write(fd, bytes.data, bytes.len);
    _exit(0);
}

void
compile_child(struct job *j, int fd, pid_t parent)
{
    struct child_way way = {.by_tcc = by_cold_tcc, .fd = fd};
    compile_child_begin(parent);
    if (j->is_idle) {
        /* SCHED_IDLE would never end beside a `make -j`, and whoever is not
         * root does not get out of it again (__sched_setscheduler, Linux 6) */
        setpriority(PRIO_PROCESS, 0, LOWEST_NICE);
    }
    if (j->is_ahead) {
        end_ahead(j, fd);
    }
    compile_child_end(j, &way);
}
