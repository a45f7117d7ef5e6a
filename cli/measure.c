/* measure: see measure.h. Here: the turns; what they gave is shown by
 * measure_show.c. */
#include "measure.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "file.h"
#include "guest.h"
#include "json.h"
#include "json_write.h"
#include "manifest.h"
#include "mem.h"
#include "opt.h"
#include "path.h"
#include "python.h"
#include "tool.h"
#include "variant.h"

/* For one turn; the first tries all calls. */
#define TURN_MS 120000
/* Where the first takes so long, each build has only one more. */
#define SLOW_NS INT64_C(3000000000)

struct turn {
    struct measure *m;
    struct variant *variant;
    const char *folder; /* private: order and plan */
    struct json answer;
    char *ended; /* why there is no answer; or NULL */
};

static void
add_key(struct buf *out, const char *key, const char *text)
{
    buf_add_fmt(out, ",\"%s\":", key);
    json_add_str(out, text);
}

static int
write_order(const struct turn *t, const char *path, struct err *e)
{
    const struct measure *m = t->m;
    struct buf text = BUF_INIT;
    char *plan = path_join(t->folder, "plan");
    buf_add_fmt(&text, "{\"compares\":%s",
                t->variant->turns == 0 || t->variant->serves ? "true"
                                                             : "false");
    add_key(&text, "module", m->module);
    add_key(&text, "function", m->function);
    add_key(&text, "artefact", t->variant->artefact);
    add_key(&text, "expression", m->expression);
    add_key(&text, "folder", m->folder);
    add_key(&text, "session", m->modules->count > 0 ? t->folder : NULL);
    buf_add_fmt(&text, ",\"adds\":%s",
                m->folder == NULL ? "true" : "false");
    add_key(&text, "plan", plan);
    buf_add_str(&text, ",\"calls\":");
    json_add_list(&text, m->calls);
    buf_add_str(&text, ",\"paths\":");
    json_add_list(&text, m->paths);
    buf_add_str(&text, "}");
    int status = file_write(path, text.data, text.len, e);
    buf_dispose(&text);
    free(plan);
    return status;
}

/* What hook.py finds in the folder: a session that nobody swaps in. */
static int
write_manifest(const struct measure *m, const char *folder, struct err *e)
{
    struct buf b = BUF_INIT;
    char *const *words = m->modules->items;
    manifest_start(&b, false);
    for (size_t i = 0; i + 3 < m->modules->count; i += 4) {
        const struct manifest_module line
            = {.name = words[i], .stem = words[i + 1], .image = words[i + 2],
               .origin = words[i + 2], .source = words[i + 3],
               .generation = 1, .shown = 1, .tier = "optimised"};
        manifest_add_module(&b, &line);
    }
    int status = manifest_write(&b, folder, m->python->soabi, e);
    buf_dispose(&b);
    return status;
}

static void
read_all(int fd, struct buf *out)
{
    char bytes[16384];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, bytes, sizeof(bytes), at)) > 0; at += n) {
        buf_add(out, bytes, (size_t)n);
    }
}

/* "signal 11 (Segmentation fault)", or the last line of what it said. */
static char *
last_words(const struct tool_result *r)
{
    const char *text = buf_text(&r->out);
    size_t len = strlen(text);
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    size_t start = len;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return r->signal != 0 || r->is_timed_out || len == start
               ? tool_reason(r)
               : mem_copy_range(text + start, len - start);
}

/* One Python. -1 when it could not even be started. */
static int
play(struct turn *t, const char *order, struct err *e)
{
    struct list argv = LIST_INIT;
    struct tool_options o = {.deadline_ms = TURN_MS, .is_merged = true};
    struct tool_result result = TOOL_RESULT_INIT;
    struct buf answer = BUF_INIT;
    const char *package = guest_package(e);
    int fd = memfd_create("measure", 0); /* the child inherits it */
    if (package == NULL || fd < 0) {
        return fd < 0 ? err_set(e, ERR_SYSTEM, "making a file in memory:")
                      : -1;
    }
    list_add(&argv, t->m->python->executable);
    list_add(&argv, "-B"); /* nothing is written into the tree */
    list_add_fmt(&argv, "%s/runtime/measure.py", package);
    list_add_fmt(&argv, "%d", fd);
    list_add(&argv, order);
    int status = tool_run(&argv, &o, &result, e);
    read_all(fd, &answer);
    close(fd);
    if (status == 0
        && (answer.len == 0
            || json_read(&t->answer, answer.data, answer.len, NULL) < 0))
    {
        t->ended = last_words(&result);
    }
    tool_result_dispose(&result);
    buf_dispose(&answer);
    list_dispose(&argv);
    return status;
}

static size_t
number(const struct json *j, const char *name)
{
    const struct json *n = json_get(j, name);
    return n == NULL || n->type != JSON_NUMBER
               ? 0
               : (size_t)strtoul(n->text, NULL, 10);
}

static void
take_samples(struct variant *v, const struct json *samples)
{
    size_t count = samples == NULL ? 0 : samples->count;
    if (v->calls == NULL) {
        v->calls = mem_new((count + 1) * sizeof(*v->calls));
        v->call_count = count;
    }
    for (size_t i = 0; i < count && i < v->call_count; i++) {
        const struct json *call = &samples->items[i];
        for (size_t k = 0; k < call->count; k++) {
            if (call->items[k].type == JSON_NUMBER) {
                samples_add(&v->calls[i], strtod(call->items[k].text, NULL));
            }
        }
    }
}

/* The same of every turn, as the first has decided. */
static void
take_facts(struct measure *m, const struct json *answer)
{
    const struct json *fresh = json_get(answer, "is_fresh");
    const struct json *raised = json_get(answer, "raised");
    const struct json *lost = json_get(answer, "lost");
    m->given = number(answer, "given");
    m->taken = number(answer, "taken");
    m->timed = number(answer, "timed");
    m->is_fresh = fresh != NULL && fresh->type == JSON_BOOL && fresh->is_true;
    m->raised = number(raised, "count");
    m->lost = number(lost, "count");
    m->raises = mem_copy_str(json_get_str(raised, "first"));
    m->lost_why = mem_copy_str(json_get_str(lost, "first"));
}

static int
refuse_name(const struct measure *m, const struct json *names,
            struct buf *help, struct err *e)
{
    struct list all = LIST_INIT;
    for (size_t i = 0; names != NULL && i < names->count; i++) {
        if (names->items[i].type == JSON_STRING) {
            list_add(&all, names->items[i].text);
        }
    }
    const char *near
        = opt_near(m->function, (const char *const *)list_argv(&all));
    char *joined = list_join(&all, ", ");
    if (near != NULL) {
        buf_add_fmt(help, "did you mean '%s'?", near);
    }
    else if (all.count > 0) {
        buf_add_fmt(help, "it has: %s", joined);
    }
    free(joined);
    list_dispose(&all);
    return err_set(e, ERR_USAGE, "%s has no function '%s'", m->module,
                   m->function);
}

/* Why nothing can be timed at all. */
static int
refuse(const struct turn *t, struct buf *help, struct err *e)
{
    const struct measure *m = t->m;
    const char *error = json_get_str(&t->answer, "error");
    const char *text = json_get_str(&t->answer, "text");
    if (t->ended != NULL) {
        return err_set(e, ERR_BUILD, "%s.%s() could not be timed: its Python "
                       "ended with %s",
                       m->module, m->function, t->ended);
    }
    if (strcmp(error, "missing") == 0) {
        return refuse_name(m, json_get(&t->answer, "names"), help, e);
    }
    if (strcmp(error, "args") == 0) {
        buf_add_str(help, "--args is Python: \"(1, array('d', [2.0]))\"");
        return err_set(e, ERR_USAGE, "--args cannot be used: %s", text);
    }
    if (strcmp(error, "async") == 0) {
        buf_add_str(help, "time the function that it calls");
        return err_set(e, ERR_USAGE,
                       "%s.%s() is awaited: its call only begins the work, "
                       "so there is nothing to compare",
                       m->module, m->function);
    }
    if (strcmp(error, "lost") == 0) {
        buf_add_str(help, "give arguments by hand: --args \"(…)\"");
        return err_set(e, ERR_BUILD,
                       "the recorded arguments cannot be made again outside "
                       "the app: %s",
                       text);
    }
    if (strcmp(error, "load") == 0) {
        return err_set(e, ERR_BUILD, "%s cannot be imported: %s", m->module,
                       text);
    }
    return err_set(e, ERR_BUILD, "%s.%s() raises %s%s", m->module, m->function,
                   text, m->expression == NULL ? ", in every call" : "");
}

static void
fail(struct turn *t)
{
    struct variant *v = t->variant;
    const char *text = json_get_str(&t->answer, "text");
    v->failure = t->ended != NULL ? mem_copy_str(t->ended)
                                  : mem_format("raises %s", text);
}

/* -1 when that ends everything. */
static int
take(struct turn *t, struct buf *help, struct err *e)
{
    struct variant *v = t->variant;
    bool is_good = t->ended == NULL
                   && json_get(&t->answer, "error") == NULL;
    if (!is_good && v->serves) {
        return refuse(t, help, e);
    }
    if (!is_good) {
        fail(t);
        return 0;
    }
    if (t->m->given == 0) {
        take_facts(t->m, &t->answer);
    }
    const char *difference = json_get_str(&t->answer, "difference");
    if (difference != NULL && v->difference == NULL) {
        v->difference = mem_copy_str(difference);
    }
    take_samples(v, json_get(&t->answer, "samples"));
    v->turns++;
    return 0;
}

static int
run_turn(struct turn *t, struct buf *help, struct err *e)
{
    char *order = path_join(t->folder, "order.json");
    int status = write_order(t, order, e) < 0 || play(t, order, e) < 0
                     ? -1
                     : take(t, help, e);
    json_dispose(&t->answer);
    free(t->ended);
    free(order);
    return status;
}

int
measure_run(struct measure *m, struct variants *v, struct buf *help,
            struct err *e)
{
    char *folder = cache_begin(e);
    int status = folder == NULL ? -1 : write_manifest(m, folder, e);
    unsetenv("COWBIRD_SESSION"); /* no guest in there */
    for (int round = 0; status == 0 && round < m->rounds; round++) {
        for (size_t k = 0; status == 0 && k < v->count; k++) {
            size_t at = round % 2 == 0 ? k : v->count - 1 - k;
            struct turn t = {.m = m, .variant = &v->items[at],
                             .folder = folder};
            int64_t began_ns = clock_now_ns();
            if (t.variant->failure == NULL) {
                status = run_turn(&t, help, e);
            }
            if (clock_now_ns() - began_ns > SLOW_NS && m->rounds > 2) {
                m->rounds = 2;
            }
        }
    }
    if (folder != NULL) {
        cache_abandon(folder);
    }
    free(folder);
    return status;
}

void
measure_dispose(struct measure *m)
{
    free(m->raises);
    free(m->lost_why);
}
