/* cmd_demo: `cowbird demo`: the whole promise in a few seconds, on a project
 * of its own in a temporary folder.
 *
 * Uses what a user would: the code of `new`, then this very program as
 * `run --dev`, then saves. Leaves nothing behind but with --keep.
 */
#include "commands.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "common.h"
#include "demo_session.h"
#include "file.h"
#include "guest.h"
#include "http.h"
#include "json.h"
#include "mem.h"
#include "path.h"
#include "scaffold.h"
#include "template.h"

enum {
    START_MS = 120000, /* a first start may have to compile the guest */
    SWAP_MS = 30000,
    LAST_BYTES = 2000, /* of the session's words, shown on a failure */
};

/* What the app answers to one request. */
struct answer {
    char value[32]; /* "6.0" */
    int pid;
    int request; /* counted in the app's memory */
};

struct demo {
    struct common common;
    bool is_kept;
    char *folder;
    char *scratch; /* below it: what the session needs for itself */
    char *source;  /* the C file, and its text as scaffolded */
    struct buf text;
    struct demo_session session;
    int port;
    struct answer now;
    unsigned requests;
    struct json acts; /* what --json tells */
};

/* What total() gives back in each act. The first answer is 6.0. */
struct act {
    const char *verb;
    const char *result; /* C: what is returned instead of "sum" */
    const char *serves; /* what is served then; NULL: it does not compile */
};

static const struct act acts[] = {
    {"edit", "sum * 10", "60.0"},
    {"edit", "sum / 4", "1.5"},
    {"edit", "sum + 0.25", "6.25"},
    {"break", "sun + 0.25", NULL},
    {"repair", "sum * sum", "36.0"},
};

static int64_t
in_ms(int64_t ms)
{
    return clock_now_ns() + ms * 1000000;
}

static int
copy_app(const struct demo *d, const char *package, struct err *e)
{
    char *from = path_join(package, "templates/demo/app.py");
    char *to = path_join(d->folder, "app.py");
    int status = file_copy(from, to, e);
    free(from);
    free(to);
    return status;
}

/* The one that asks for nothing but a C compiler. */
static int
find_template(const struct template_list *l, const struct template **t,
              struct err *e)
{
    *t = template_find(l, "raw");
    return *t != NULL ? 0 : err_set(e, ERR_BUG, "there is no template 'raw'");
}

/* The same as `cowbird new scoring --template=raw` in the new folder. */
static int
write_module(struct demo *d, const char *package, struct err *e)
{
    struct template_list templates = TEMPLATE_LIST_INIT;
    struct scaffold s = SCAFFOLD_INIT;
    struct buf help = BUF_INIT;
    const struct template *t = NULL;
    char *folder = path_join(package, "templates");
    int status = -1;
    if (template_list_read(&templates, folder, e) == 0
        && find_template(&templates, &t, e) == 0
        && scaffold_plan(&s, "scoring", d->folder, &help, e) == 0
        && scaffold_write(&s, t, false, e) == 0
        && file_read(s.source, &d->text, e) == 0)
    {
        d->source = mem_copy_str(s.source);
        report_setup("create", "scoring.c  %s", t->holds);
        report_setup("create", "app.py     a web app that calls it");
        status = 0;
    }
    free(folder);
    buf_dispose(&help);
    scaffold_dispose(&s);
    template_list_dispose(&templates);
    return status;
}

static int
make_project(struct demo *d, struct err *e)
{
    const char *temporary = getenv("TMPDIR");
    bool has_own = temporary != NULL && temporary[0] == '/';
    char *name = mem_format("%s/cowbird-demo-XXXXXX",
                            has_own ? temporary : "/tmp");
    if (mkdtemp(name) == NULL) {
        err_set(e, ERR_SYSTEM, "making the folder %s:", name);
        free(name);
        return -1;
    }
    d->folder = path_real(name);
    d->scratch = path_join(d->folder, ".demo");
    free(name);
    if (path_make_dirs(d->scratch, 0700, e) < 0) {
        return -1;
    }
    const char *package = guest_package(e);
    int status = package == NULL || copy_app(d, package, e) < 0
                     ? -1
                     : write_module(d, package, e);
    return status;
}

/* One request; refuses an answer that shows a lost process or lost state. */
static int
ask(struct demo *d, struct err *e)
{
    struct http_request r = {d->port, "/", in_ms(SWAP_MS),
                             d->session.stop_fd};
    struct buf body = BUF_INIT;
    struct answer next;
    int code = 0;
    if (http_get(&r, &code, &body, e) < 0) {
        buf_dispose(&body);
        return -1;
    }
    int found = sscanf(buf_text(&body),
                       "total([1, 2, 3]) = %31s pid %d, request %d",
                       next.value, &next.pid, &next.request);
    buf_dispose(&body);
    if (code != 200 || found != 3) {
        return err_set(e, ERR_BUILD, "the app answered with status %d", code);
    }
    if (d->requests > 0
        && (next.pid != d->now.pid || next.request <= d->now.request))
    {
        return err_set(e, ERR_BUILD, "the app was restarted: pid %d to %d",
                       d->now.pid, next.pid);
    }
    d->now = next;
    d->requests++;
    return 0;
}

/* An option handed on to the session, which runs in another folder: a path
 * below ours is made absolute, its links kept (a venv's python is one). */
static void
hand_on(struct list *argv, const char *option, const char *value)
{
    char *here = NULL;
    if (value == NULL) {
        return;
    }
    if (value[0] != '/' && strchr(value, '/') != NULL) {
        here = getcwd(NULL, 0);
    }
    list_add_fmt(argv, "%s=%s%s%s", option, here == NULL ? "" : here,
                 here == NULL ? "" : "/", value);
    free(here);
}

static int
start(struct demo *d, struct err *e)
{
    struct list argv = LIST_INIT;
    int64_t started = clock_now_ns();
    list_add(&argv, "cowbird");
    list_add(&argv, "run");
    list_add(&argv, "app.py");
    list_add(&argv, "--compile-path=.");
    list_add(&argv, "--dev");
    char *line = list_join(&argv, " ");
    report_setup("run", "%s", line);
    free(line);
    hand_on(&argv, "--cc", d->common.flags.cc);
    hand_on(&argv, "--python", d->common.flags.python);
    int status = demo_session_start(&d->session, &argv, d->folder, d->scratch,
                                    e);
    list_dispose(&argv);
    if (status < 0) {
        return -1;
    }
    line = demo_session_line(&d->session, "http://127.0.0.1:",
                             in_ms(START_MS), e);
    if (line == NULL) {
        return -1;
    }
    d->port = (int)strtol(line + strlen("http://127.0.0.1:"), NULL, 10);
    status = ask(d, e);
    if (status == 0) {
        report_setup("served", "%s at %s, pid %d, %lld ms after the start",
                     d->now.value, line, d->now.pid,
                     (long long)((clock_now_ns() - started) / 1000000));
    }
    free(line);
    return status;
}

/* Saves scoring.c with another result, as an editor does. */
static int
save(const struct demo *d, const char *result, struct err *e)
{
    static const char mark[] = "PyFloat_FromDouble(sum)";
    const char *text = buf_text(&d->text);
    const char *at = strstr(text, mark);
    struct buf edited = BUF_INIT;
    if (at == NULL) {
        return err_set(e, ERR_BUG, "the template has no %s", mark);
    }
    buf_add(&edited, text, (size_t)(at - text));
    buf_add_fmt(&edited, "PyFloat_FromDouble(%s)", result);
    buf_add_str(&edited, at + strlen(mark));
    int status = file_write(d->source, buf_text(&edited), edited.len, e);
    buf_dispose(&edited);
    return status;
}

static void
note_act(struct demo *d, const struct act *a, const char *before,
         double took_ms)
{
    struct json *item = json_put(&d->acts, NULL, JSON_OBJECT);
    json_put_str(item, "act", a->verb);
    json_put_str(item, "result", a->result);
    json_put_str(item, "before", before);
    json_put_str(item, "after", d->now.value);
    if (took_ms >= 0.0) {
        struct json *took = json_put(item, "took_ms", JSON_NUMBER);
        took->text = mem_format("%d.%d", (int)took_ms,
                                (int)(took_ms * 10) % 10);
        took->len = strlen(took->text);
    }
}

/* Until the new answer is served; anything but the old and the new one is a
 * failure. */
static int
wait_for_answer(struct demo *d, const struct act *a, struct err *e)
{
    char before[sizeof(d->now.value)];
    strcpy(before, d->now.value);
    int64_t saved = clock_now_ns();
    if (save(d, a->result, e) < 0) {
        return -1;
    }
    while (strcmp(d->now.value, a->serves) != 0) {
        if (clock_now_ns() - saved > SWAP_MS * 1000000LL) {
            return err_set(e, ERR_BUILD, "%s is still served after %d s",
                           d->now.value, SWAP_MS / 1000);
        }
        if (ask(d, e) < 0) {
            return -1;
        }
        if (strcmp(d->now.value, before) != 0
            && strcmp(d->now.value, a->serves) != 0)
        {
            return err_set(e, ERR_BUILD, "%s is served instead of %s",
                           d->now.value, a->serves);
        }
        poll(NULL, 0, 1); /* lets the app breathe between two requests */
    }
    double took_ms = (double)(clock_now_ns() - saved) / 1e6;
    struct json event = JSON_INIT;
    if (demo_session_event(&d->session, "swap", in_ms(SWAP_MS), &event, e)
        < 0)
    {
        return -1;
    }
    const char *compiler = json_get_str(&event, "compiler");
    report_setup(a->verb, "return %-12s %5s -> %-5s %4.0f ms from save to "
                          "first new answer (%s)",
                 a->result, before, d->now.value, took_ms,
                 compiler == NULL ? "cc" : compiler);
    json_dispose(&event);
    note_act(d, a, before, took_ms);
    return 0;
}

/* "'sun' undeclared" of the first error in an event. */
static const char *
first_message(const struct json *event)
{
    const struct json *list = json_get(event, "diagnostics");
    const char *message = list == NULL || list->count == 0
                              ? NULL
                              : json_get_str(&list->items[0], "message");
    return message == NULL ? "it does not compile" : message;
}

/* A save that cannot compile: the session says so, the old code serves on. */
static int
watch_it_fail(struct demo *d, const struct act *a, struct err *e)
{
    struct json event = JSON_INIT;
    struct answer before = d->now;
    if (save(d, a->result, e) < 0
        || demo_session_event(&d->session, "error", in_ms(SWAP_MS), &event, e)
               < 0)
    {
        return -1;
    }
    int status = ask(d, e);
    if (status == 0 && strcmp(d->now.value, before.value) != 0) {
        status = err_set(e, ERR_BUILD, "%s is served instead of %s",
                         d->now.value, before.value);
    }
    if (status == 0) {
        report_setup(a->verb, "return %-12s %5s still served: %s", a->result,
                     d->now.value, first_message(&event));
        note_act(d, a, before.value, -1.0);
    }
    json_dispose(&event);
    return status;
}

static int
play(struct demo *d, struct err *e)
{
    if (demo_session_guard(&d->session, e) < 0 || make_project(d, e) < 0
        || start(d, e) < 0)
    {
        return -1;
    }
    size_t count = sizeof(acts) / sizeof(acts[0]);
    for (size_t i = 0; i < count; i++) {
        int status = acts[i].serves == NULL ? watch_it_fail(d, &acts[i], e)
                                            : wait_for_answer(d, &acts[i], e);
        if (status < 0) {
            return -1;
        }
    }
    report_setup("done", "%zu saves, %u requests, all answered by process %d",
                 count, d->requests, d->now.pid);
    return 0;
}

/* The end of what the session said, for a failure. */
static void
show_log(const struct demo *d)
{
    char *path = path_join(d->scratch, "session.log");
    struct buf text = BUF_INIT;
    if (file_read(path, &text, NULL) == 0 && text.len > 0) {
        size_t skipped = text.len > LAST_BYTES ? text.len - LAST_BYTES : 0;
        report_text(false, "what the session said:\n");
        report_text(false, text.data + skipped);
    }
    buf_dispose(&text);
    free(path);
}

static void
clean_up(struct demo *d)
{
    struct err e = ERR_INIT;
    demo_session_end(&d->session);
    if (d->folder != NULL && d->is_kept) {
        struct buf text = BUF_INIT;
        (void)file_remove_tree(d->scratch, &e);
        buf_add_fmt(&text,
                    "Kept in:  %s\n"
                    "Then:     cd %s && cowbird run app.py "
                    "--compile-path=. --dev\n",
                    d->folder, d->folder);
        report_text(false, buf_text(&text));
        buf_dispose(&text);
    }
    else if (d->folder != NULL && file_remove_tree(d->folder, &e) < 0) {
        report_warning("%s", e.text);
    }
    free(d->folder);
    free(d->scratch);
    free(d->source);
    buf_dispose(&d->text);
    json_dispose(&d->acts);
}

int
cmd_demo(size_t count, char **argv)
{
    struct demo d = {.common = COMMON_INIT,
                     .session = DEMO_SESSION_INIT,
                     .acts = {.type = JSON_ARRAY}};
    const struct opt table[] = {
        {OPT_FLAG, "keep", NULL, 'k', &d.is_kept, NULL,
         "leave the project to play with"},
        COMMON_OPTIONS(d.common),
        OPT_END,
    };
    struct err e = ERR_INIT;
    int status;
    if (!common_begin(&d.common, "demo", table, OPT_ANYWHERE, count, argv,
                      NULL, NULL, &status))
    {
        return status;
    }
    status = STATUS_DONE;
    int played = play(&d, &e);
    if (played < 0 && demo_session_is_interrupted(&d.session)) {
        status = 130;
    }
    else if (played < 0) {
        status = common_fail(&e, NULL);
        if (d.folder != NULL) {
            show_log(&d);
        }
    }
    else if (d.common.json != NULL) {
        struct buf text = BUF_INIT;
        json_print(&d.acts, NULL, &text);
        report_result(buf_text(&text));
        buf_dispose(&text);
    }
    clean_up(&d);
    common_end(&d.common, NULL, NULL);
    return status;
}
