/* recorded: see recorded.h. */
#include "recorded.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "report.h"
#include "wire/msg.h"

#define ANSWER_MS 15000
/* When it first says how far it is, and how often. */
#define FIRST_NS INT64_C(400000000)
#define SAY_NS INT64_C(2000000000)

/* A sentence, and what helps in the lines that follow. */
static int
refuse(const char *text, struct buf *help, struct err *e)
{
    size_t len = strcspn(text, "\n");
    buf_add_str(help, text[len] == '\0' ? "" : text + len + 1);
    return err_set(e, ERR_REFUSED, "%.*s", (int)len, text);
}

static void
get_list(struct msg *m, struct list *l, size_t words)
{
    uint64_t count = msg_get_count(m, 4 * words) * words;
    for (uint64_t i = 0; i < count && !m->is_bad; i++) {
        char *text = msg_get_str(m);
        if (text != NULL) {
            list_add_taken(l, text);
        }
    }
}

static int
get_served(struct recorded *r, struct msg *m, struct err *e)
{
    char **const texts[] = {&r->executable, &r->artefact, &r->compiler,
                            &r->content, &r->former, &r->former_compiler};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = msg_get_str(m);
    }
    get_list(m, &r->modules, 4);
    return msg_end(m, e);
}

int
recorded_served(struct recorded *r, int fd, const char *module,
                struct buf *help, struct err *e)
{
    struct buf question = BUF_INIT;
    struct buf in = BUF_INIT;
    struct msg m;
    size_t taken = 0;
    int status = -1;
    msg_start(&question, MSG_SERVED_ASK);
    msg_put_str(&question, module);
    if (msg_finish(&question, e) == 0
        && msg_send(fd, &question, ANSWER_MS, e) == 0
        && msg_recv(fd, &in, &m, &taken, ANSWER_MS, e) >= 0)
    {
        if (m.type == MSG_SERVED) {
            status = get_served(r, &m, e);
        }
        else {
            (void)msg_get_u64(&m);
            char *text = msg_get_str(&m);
            status = refuse(text == NULL ? "" : text, help, e);
            free(text);
        }
    }
    buf_dispose(&question);
    buf_dispose(&in);
    return status;
}

static void
get_call(struct recorded *r, struct msg *m)
{
    char *call = msg_get_str(m);
    char *why = msg_get_str(m);
    if (call != NULL && call[0] != '\0') {
        list_add_taken(&r->calls, call);
        call = NULL;
    }
    else if (why != NULL) {
        r->lost++;
        if (r->lost_why == NULL) {
            r->lost_why = why;
            why = NULL;
        }
    }
    free(call);
    free(why);
}

/* The last word: why there is nothing, or where the app runs. */
static int
get_end(struct recorded *r, struct msg *m, struct buf *help, struct err *e)
{
    uint64_t refused = msg_get_u64(m);
    char *text = msg_get_str(m);
    r->folder = msg_get_str(m);
    get_list(m, &r->paths, 1);
    int status = msg_end(m, e);
    if (status == 0 && refused != 0) {
        status = refuse(text, help, e);
    }
    free(text);
    return status;
}

struct gathering {
    struct recorded *r;
    const struct recorded_order *o;
    int64_t say_ns; /* when it says how far it is */
    int64_t until_ns;
};

static void
say_progress(struct gathering *g)
{
    size_t count = g->r->calls.count + g->r->lost;
    if (clock_now_ns() >= g->say_ns) {
        report_setup("calls", "waiting for calls of %s.%s(): %zu of %d",
                     g->o->module, g->o->function, count, g->o->calls);
        g->say_ns = clock_now_ns() + SAY_NS;
    }
}

/* Waits for the next message, a little longer than the session does, and says
 * how far it is meanwhile. */
static int
next(struct gathering *g, int fd, struct buf *in, struct msg *m, size_t *taken,
     struct err *e)
{
    for (;;) {
        struct err failure = ERR_INIT;
        say_progress(g);
        int found = msg_recv(fd, in, m, taken, 200, &failure);
        if (found > 0) {
            return 0;
        }
        if (failure.code != ERR_SYSTEM || clock_now_ns() > g->until_ns) {
            *e = failure;
            return -1;
        }
    }
}

static int
gather(struct gathering *g, int fd, struct buf *help, struct err *e)
{
    struct buf in = BUF_INIT;
    struct msg m;
    int status = 0;
    bool is_over = false;
    while (status == 0 && !is_over) {
        size_t taken = 0;
        status = next(g, fd, &in, &m, &taken, e);
        if (status == 0 && m.type == MSG_CALL) {
            get_call(g->r, &m);
            status = msg_end(&m, e);
        }
        else if (status == 0) {
            is_over = true;
            status = m.type == MSG_CALLS
                         ? get_end(g->r, &m, help, e)
                         : err_set(e, ERR_BUG,
                                   "the session answered with message %u",
                                   m.type);
        }
        buf_consume(&in, taken);
    }
    buf_dispose(&in);
    return status;
}

/* Nothing came, or nothing that can be used. */
static int
refuse_nothing(const struct gathering *g, struct buf *help, struct err *e)
{
    const struct recorded *r = g->r;
    if (r->lost > 0) {
        buf_add_str(help, "give arguments by hand: --args \"(…)\"");
        return err_set(e, ERR_REFUSED,
                       "the arguments of %zu call%s of %s.%s() cannot be kept"
                       ": %s",
                       r->lost, r->lost == 1 ? "" : "s", g->o->module,
                       g->o->function, r->lost_why);
    }
    buf_add_str(help, "ask the app for something that calls it (--wait has it "
                      "wait longer), or give arguments by hand: "
                      "--args \"(…)\"");
    return err_set(e, ERR_REFUSED, "the app made no call of %s.%s() in %d s",
                   g->o->module, g->o->function, g->o->wait_s);
}

int
recorded_calls(struct recorded *r, int fd, const struct recorded_order *o,
               struct buf *help, struct err *e)
{
    struct buf question = BUF_INIT;
    struct gathering g = {.r = r, .o = o,
                          .say_ns = clock_now_ns() + FIRST_NS};
    int64_t wait_ms = (int64_t)o->wait_s * 1000;
    g.until_ns = clock_now_ns() + (wait_ms + ANSWER_MS) * 1000000;
    msg_start(&question, MSG_CALLS_ASK);
    msg_put_str(&question, o->module);
    msg_put_str(&question, o->function);
    msg_put_u64(&question, (uint64_t)o->calls);
    msg_put_u64(&question, (uint64_t)wait_ms);
    int status = msg_finish(&question, e) < 0
                         || msg_send(fd, &question, ANSWER_MS, e) < 0
                     ? -1
                     : gather(&g, fd, help, e);
    buf_dispose(&question);
    if (status == 0 && r->calls.count == 0) {
        status = refuse_nothing(&g, help, e);
    }
    return status;
}

void
recorded_dispose(struct recorded *r)
{
    char *const texts[] = {r->executable, r->artefact, r->compiler,
                           r->content, r->former, r->former_compiler,
                           r->lost_why, r->folder};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(texts[i]);
    }
    list_dispose(&r->modules);
    list_dispose(&r->calls);
    list_dispose(&r->paths);
}
