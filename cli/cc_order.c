/* cc_order: see cc_order.h. */
#include "cc_order.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cc_words.h"
#include "clex.h"
#include "clock.h"
#include "compile_job.h"
#include "driver.h"
#include "file.h"
#include "make_rule.h"
#include "mem.h"
#include "path.h"
#include "preamble.h"
#include "tool.h"
#include "warm_cc.h"
#include "warm_child.h"
#include "warm_stop.h"

/* From an order to its child's first word. */
#define ANSWER_MS 500
/* The parent's deadline comes first. */
#define CC_MS (24 * 3600 * 1000)

struct cc_order {
    struct driver_steps steps;
    struct forked assembler; /* pid 0: the compiler writes an object */
    int answer;  /* the child's pipe */
    int words;   /* what it says, and … */
    int rule;    /* … what it reads: files in memory */
    int64_t sent_ns;
    bool is_sent;
};

/* -- start ---------------------------------------------------------------- */

static int
rest_for_gcc(const struct buf *text, size_t from, const char *source)
{
    struct buf rest = BUF_INIT;
    size_t line = 1 + clex_lines(text->data, text->data + from);
    /* 2: back in this file, so that nothing looks like an include's */
    buf_add_fmt(&rest, "# %zu \"%s\" 2\n", line, source);
    buf_add(&rest, text->data + from, text->len - from);
    int fd = warm_child_file("rest", &rest);
    buf_dispose(&rest);
    return fd;
}

bool
cc_order_fits(const struct job *j, const struct buf *text)
{
    struct preamble p;
    size_t len = strlen(j->cc.preamble);
    if (text->len < len || memcmp(text->data, j->cc.preamble, len) != 0) {
        return false;
    }
    preamble_read(&p, buf_text(text), text->len);
    bool fits = p.why == NULL && p.len >= len;
    preamble_dispose(&p);
    return fits;
}

/* What the compiler reads at its stop; clang reads all of it. */
static int
open_rest(const struct job *j, const struct buf *text, bool is_clang)
{
    return is_clang ? warm_child_file("source", text)
                    : rest_for_gcc(text, strlen(j->cc.preamble),
                                   j->sources.items[0]);
}

/* Starts the assembler ahead of its input; where the compiler is to write. */
static int
open_output(struct cc_order *o, const char *object)
{
    int ends[2] = {-1, -1};
    if (o->steps.assemble.count == 0) {
        return open(object, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    }
    struct list *words = &o->steps.assemble;
    free(words->items[o->steps.object]);
    words->items[o->steps.object] = mem_copy_str(object);
    char *program = path_which(words->items[0]);
    if (program == NULL || pipe2(ends, O_CLOEXEC) < 0
        || tool_fork(&o->assembler, NULL) < 0)
    {
        close(ends[0]);
        close(ends[1]);
        free(program);
        return -1;
    }
    if (o->assembler.pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        dup2(o->assembler.fd, STDOUT_FILENO);
        dup2(o->assembler.fd, STDERR_FILENO);
        execv(program, list_argv(words));
        _exit(127);
    }
    close(ends[0]);
    free(program);
    return ends[1];
}

static bool
send_order(const struct job *j, const int fds[WARM_STOP_FDS])
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(WARM_STOP_FDS * sizeof(int))];
    } control;
    struct warm_stop_order order
        = {getpgrp(), getpriority(PRIO_PROCESS, 0)};
    struct iovec io = {&order, sizeof(order)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    memset(&control, 0, sizeof(control));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(WARM_STOP_FDS * sizeof(int));
    memcpy(CMSG_DATA(c), fds, WARM_STOP_FDS * sizeof(int));
    return sendmsg(j->cc.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

static void
close_all(const int fds[WARM_STOP_FDS])
{
    for (int i = 0; i < WARM_STOP_FDS; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static bool
start(struct cc_order *o, const struct job *j, const char *object, int rest)
{
    const struct buf nothing = BUF_INIT;
    int answer[2] = {-1, -1};
    if (pipe2(answer, O_CLOEXEC) < 0) {
        close(rest);
        return false;
    }
    o->answer = answer[0];
    o->words = warm_child_file("words", &nothing);
    o->rule = warm_child_file("rule", &nothing);
    int output = open_output(o, object);
    const int fds[WARM_STOP_FDS] = {answer[1], output, dup(o->words),
                                    dup(o->rule), rest};
    o->sent_ns = clock_now_ns();
    o->is_sent = output >= 0 && send_order(j, fds);
    close_all(fds);
    return o->is_sent;
}

struct cc_order *
cc_order_start_text(const struct job *j, const struct buf *text,
                    const char *object)
{
    struct driver_steps steps = DRIVER_STEPS_INIT;
    struct list argv = LIST_INIT;
    int rest = -1;
    warm_cc_words(&argv, j);
    if (driver_compile(j->t, &argv, &steps)) {
        rest = open_rest(j, text, steps.assemble.count == 0);
    }
    list_dispose(&argv);
    if (rest < 0) {
        driver_steps_dispose(&steps);
        return NULL;
    }
    struct cc_order *o = mem_new(sizeof(*o));
    o->steps = steps;
    start(o, j, object, rest);
    return o;
}

struct cc_order *
cc_order_start(const struct job *j)
{
    struct buf text = BUF_INIT;
    char *object = mem_format("%s/0.o", j->folder);
    bool fits = j->cc.fd >= 0
                && file_read(j->sources.items[0], &text, NULL) == 0
                && cc_order_fits(j, &text);
    struct cc_order *o = fits ? cc_order_start_text(j, &text, object) : NULL;
    buf_dispose(&text);
    free(object);
    return o;
}

/* -- finish --------------------------------------------------------------- */

/* One that has not begun soon never will: it ends, and a new one is started
 * after this compile. */
static bool
has_begun(const struct cc_order *o, const struct job *j)
{
    struct pollfd polled = {o->answer, POLLIN, 0};
    unsigned char word = 0;
    int64_t left = ANSWER_MS - (clock_now_ns() - o->sent_ns) / 1000000;
    if (poll(&polled, 1, left < 0 ? 0 : (int)left) == 1
        && read(o->answer, &word, 1) == 1 && word == WARM_STOP_BEGUN)
    {
        return true;
    }
    kill(j->cc.pid, SIGKILL);
    return false;
}

/* Its exit status; -1 when it died. */
static int
wait_for_end(const struct cc_order *o)
{
    unsigned char word[2] = {0, 0};
    size_t have = 0;
    while (have < sizeof(word)) {
        ssize_t n = read(o->answer, word + have, sizeof(word) - have);
        if (n <= 0 && !(n < 0 && errno == EINTR)) {
            return -1;
        }
        have += n > 0 ? (size_t)n : 0;
    }
    return word[0] == WARM_STOP_ENDED ? word[1] : -1;
}

/* An assembler's words name its input, which is another one here. */
static bool
is_assembled(struct cc_order *o)
{
    struct tool_result r = TOOL_RESULT_INIT;
    if (o->assembler.pid == 0) {
        return true;
    }
    bool is_good = tool_wait(&o->assembler, CC_MS, &r) == 0
                   && r.out.len == 0;
    o->assembler.pid = 0;
    tool_result_dispose(&r);
    return is_good;
}

static void
take_files(const struct cc_order *o, const struct job *j, struct list *files)
{
    struct list all = LIST_INIT;
    char *name = mem_format("/proc/self/fd/%d", o->rule);
    char *place = warm_cc_place(j->sources.items[0]);
    make_rule_files(name, &all);
    for (size_t i = 0; i < all.count; i++) {
        if (strcmp(all.items[i], place) != 0
            && !path_is_below(all.items[i], j->cc.folder))
        {
            list_add(files, all.items[i]);
        }
    }
    list_dispose(&all);
    free(place);
    free(name);
}

/* clang takes what it has precompiled for an include in line 1, and says so
 * of each header in that: the line goes. */
static void
forget_precompiled(struct buf *text, const char *source)
{
    struct buf kept = BUF_INIT;
    char *include = mem_format("In file included from %s:", source);
    char *first = mem_format("%s1:\n%s", include, include);
    const char *at = buf_text(text);
    for (const char *found = strstr(at, first); found != NULL;
         found = strstr(at, first))
    {
        buf_add(&kept, at, (size_t)(found - at));
        at = found + strlen(first) - strlen(include);
    }
    buf_add_str(&kept, at);
    free(first);
    free(include);
    buf_dispose(text);
    *text = kept;
}

/* What it said. False: something that a cold compiler does not say. */
static bool
take_words(const struct cc_order *o, const struct job *j, bool is_good,
           struct diag_list *diags)
{
    struct buf text = BUF_INIT;
    char *name = mem_format("/proc/self/fd/%d", o->words);
    char *place = warm_cc_place(j->sources.items[0]);
    char *cwd = getcwd(NULL, 0);
    bool is_known = file_read(name, &text, NULL) == 0
                    && strstr(buf_text(&text), place) == NULL;
    if (is_known && o->steps.assemble.count == 0) {
        forget_precompiled(&text, j->sources.items[0]);
    }
    if (is_known) {
        diag_parse_result(diags, buf_text(&text), cwd == NULL ? "/" : cwd,
                          is_good);
        is_known = is_good || diag_first_error(diags) != NULL;
    }
    free(cwd);
    free(place);
    free(name);
    buf_dispose(&text);
    return is_known;
}

static bool
finish(struct cc_order *o, const struct job *j, struct record *r,
       bool *is_good)
{
    struct diag_list diags = DIAG_LIST_INIT;
    int status = o->is_sent && has_begun(o, j) ? wait_for_end(o) : -1;
    *is_good = status == 0;
    /* an assembler that was cut off has nothing to say */
    bool is_assembly = is_assembled(o) || status > 0;
    bool is_known = status >= 0 && is_assembly
                    && take_words(o, j, *is_good, &diags);
    if (is_known) {
        diag_copy_all(&r->diags, &diags);
        take_files(o, j, &r->files);
        r->is_warm = true;
    }
    diag_list_dispose(&diags);
    return is_known;
}

bool
cc_order_finish(struct cc_order *o, const struct job *j, struct record *r,
                bool *is_good)
{
    if (o->answer < 0) {
        return false; /* it was finished before */
    }
    bool is_known = finish(o, j, r, is_good);
    const int fds[] = {o->answer, o->words, o->rule};
    for (size_t i = 0; i < 3; i++) {
        close(fds[i]);
    }
    o->answer = -1;
    driver_steps_dispose(&o->steps);
    return is_known;
}
