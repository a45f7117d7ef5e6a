/* extensions_ask: see extensions_ask.h. The child answers in JSON on a file
 * in memory, so that nothing that setup.py prints is mistaken for it. */
#include "extensions_ask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cache.h"
#include "digest.h"
#include "extensions.h"
#include "file.h"
#include "guest.h"
#include "json.h"
#include "mem.h"
#include "path.h"
#include "python.h"
#include "tool.h"

/* Raised whenever the same project would be answered for in another way. */
#define RECIPE "2"

struct question {
    const struct python *p;
    const char *folder;
    char *setup; /* setup.py as the user sees it, for sentences */
    struct buf answer;
    struct tool_result result;
};

static void
add_strings(struct list *l, const struct json *object, const char *name)
{
    const struct json *items = json_get(object, name);
    for (size_t i = 0; items != NULL && i < items->count; i++) {
        if (items->items[i].type == JSON_STRING) {
            list_add(l, items->items[i].text);
        }
    }
}

static void
take_module(struct extensions *x, const struct json *from)
{
    const char *name = json_get_str(from, "name");
    const struct json *is_cxx = json_get(from, "is_cxx");
    if (name == NULL) {
        return;
    }
    x->modules = mem_resize(x->modules, x->module_count + 1,
                            sizeof(*x->modules));
    struct config_module *m = &x->modules[x->module_count++];
    *m = (struct config_module){.name = mem_copy_str(name),
                                .is_cxx = is_cxx != NULL
                                          && is_cxx->is_true};
    add_strings(&m->sources, from, "sources");
    add_strings(&m->include_dirs, from, "include_dirs");
    add_strings(&m->cflags, from, "cflags");
    add_strings(&m->ldflags, from, "ldflags");
    add_strings(&m->libraries, from, "libraries");
}

/* What failed in Python has a place and a last line. */
static void
warn_of_error(struct extensions *x, const struct question *q,
              const struct json *answer, const char *error)
{
    const char *file = json_get_str(answer, "file");
    const char *missing = json_get_str(answer, "missing");
    const struct json *line = json_get(answer, "line");
    char *dir = mem_copy_range(q->setup, (size_t)(path_base(q->setup)
                                                  - q->setup));
    char *path = mem_format("%s%s", dir, file == NULL ? "setup.py" : file);
    char *fix = missing == NULL
                    ? mem_copy_str("")
                    : mem_format(" (%s -m pip install %.*s, if that is its "
                                 "name)",
                                 q->p->executable,
                                 (int)strcspn(missing, "."), missing);
    bool has_line = line != NULL && line->type == JSON_NUMBER;
    list_add_fmt(&x->warnings,
                 "%s%s%s: %s, so its extensions are left out%s",
                 path, has_line ? ":" : "",
                 has_line ? line->text : "", error, fix);
    free(fix);
    free(path);
    free(dir);
}

/* What is declared and not found: what its own build_ext would have added,
 * and modules that setuptools itself knows nothing of. */
static void
warn_of_rest(struct extensions *x, const struct question *q,
             const struct json *answer)
{
    const char *reason = json_get_str(answer, "stopped");
    const struct json *others = json_get(answer, "others");
    for (size_t i = 0; others != NULL && i < others->count; i++) {
        list_add_fmt(&x->warnings, "%s: its %s", q->setup,
                     others->items[i].text);
    }
    if (reason != NULL) {
        list_add_fmt(&x->warnings,
                     "%s: its build_ext is not followed to its end (%s), so "
                     "what that adds to the extensions is left out "
                     "([tool.cowbird.modules.NAME] in pyproject.toml says "
                     "more: cowbird help modules)",
                     q->setup, reason);
    }
}

/* What the child itself could not say any more. */
static void
warn_of_end(struct extensions *x, const struct question *q)
{
    char *reason = q->result.is_timed_out
                       ? mem_format("it had not called setup() after %d s "
                                    "and was ended",
                                    EXTENSIONS_MS / 1000)
                       : tool_reason(&q->result);
    const char *words = buf_text(&q->result.out);
    size_t len = strlen(words);
    while (len > 0 && (words[len - 1] == '\n' || words[len - 1] == '\r')) {
        len--;
    }
    size_t start = len;
    while (start > 0 && words[start - 1] != '\n') {
        start--;
    }
    list_add_fmt(&x->warnings,
                 "%s: %s, so its extensions are left out%s%.*s%s", q->setup,
                 reason, len > start ? " (its last line: " : "",
                 (int)(len - start), words + start, len > start ? ")" : "");
    free(reason);
}

/* True when the answer is good. */
static bool
take_answer(struct extensions *x, const struct question *q)
{
    struct json answer = JSON_INIT;
    if (q->answer.len == 0
        || json_read(&answer, buf_text(&q->answer), q->answer.len, NULL) < 0)
    {
        warn_of_end(x, q);
        return false;
    }
    const char *error = json_get_str(&answer, "error");
    const struct json *found = json_get(&answer, "extensions");
    if (error != NULL) {
        warn_of_error(x, q, &answer, error);
    }
    else if (found == NULL) {
        list_add_fmt(&x->warnings,
                     "%s: %s has no setuptools, so its extensions are left "
                     "out (%s -m pip install setuptools)",
                     q->setup, q->p->asked, q->p->executable);
    }
    warn_of_rest(x, q, &answer);
    add_strings(&x->files, &answer, "files");
    for (size_t i = 0; found != NULL && i < found->count; i++) {
        take_module(x, &found->items[i]);
    }
    json_dispose(&answer);
    return error == NULL && found != NULL;
}

/* Reads the file in memory to its end. */
static void
read_answer(int fd, struct buf *out)
{
    char bytes[4096];
    off_t at = 0;
    for (ssize_t n; (n = pread(fd, bytes, sizeof(bytes), at)) > 0; at += n) {
        buf_add(out, bytes, (size_t)n);
    }
}

static void
run_child(struct question *q)
{
    struct list argv = LIST_INIT;
    struct tool_options o = {.deadline_ms = EXTENSIONS_MS,
                             .is_merged = true};
    const char *package = guest_package(NULL);
    int fd = memfd_create("extensions", 0); /* the child inherits it */
    list_add(&argv, q->p->executable);
    list_add(&argv, "-B"); /* nothing is written into the tree */
    list_add_fmt(&argv, "%s/runtime/extensions.py",
                 package == NULL ? "" : package);
    list_add_fmt(&argv, "%d", fd);
    list_add(&argv, q->folder);
    struct err e = ERR_INIT;
    if (tool_run(&argv, &o, &q->result, &e) < 0) {
        buf_add_str(&q->result.out, e.text);
        q->result.status = 1;
    }
    if (fd >= 0) {
        read_answer(fd, &q->answer);
        close(fd);
    }
    list_dispose(&argv);
}

static void
add_content(struct digest_state *s, const char *path)
{
    struct digest d = {{0}};
    digest_file(path, &d, NULL);
    digest_add_str(s, path);
    digest_add(s, d.bytes, sizeof(d.bytes));
}

/* The answer's place in the cache; NULL when there is no cache. */
static char *
memory_path(const struct question *q)
{
    struct digest_state s;
    static const char *const names[]
        = {"setup.py", "setup.cfg", "pyproject.toml"};
    digest_start(&s);
    digest_add_str(&s, RECIPE COWBIRD_VERSION);
    digest_add_str(&s, q->folder);
    digest_add_str(&s, q->p->executable);
    digest_add_str(&s, q->p->version);
    for (size_t i = 0; i < 3; i++) {
        char *path = path_join(q->folder, names[i]);
        add_content(&s, path);
        free(path);
    }
    struct digest d = digest_end(&s);
    return cache_file("extensions", &d, NULL);
}

/* Whatever else the answer stands on: what setup.py imported from beside
 * itself, and which C there is where its sources are. */
static void
stamp_of(const struct extensions *x, char text[DIGEST_TEXT])
{
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; i < x->files.count; i++) {
        add_content(&s, x->files.items[i]);
    }
    extensions_add_names(&s, x);
    struct digest d = digest_end(&s);
    digest_text(&d, text);
}

/* True when the answer is known. The first line is its stamp. */
static bool
recall(struct extensions *x, struct question *q, const char *memory)
{
    struct buf text = BUF_INIT;
    char stamp[DIGEST_TEXT];
    bool is_good = false;
    if (memory != NULL && path_is_file(memory)
        && file_read(memory, &text, NULL) == 0 && text.len > DIGEST_TEXT)
    {
        buf_add(&q->answer, text.data + DIGEST_TEXT, text.len - DIGEST_TEXT);
        is_good = take_answer(x, q);
        stamp_of(x, stamp);
        is_good = is_good && memcmp(stamp, text.data, DIGEST_TEXT - 1) == 0;
    }
    if (!is_good) {
        extensions_dispose(x);
        buf_clear(&q->answer);
    }
    buf_dispose(&text);
    return is_good;
}

static void
remember(const struct extensions *x, const struct question *q,
         const char *memory)
{
    struct buf text = BUF_INIT;
    char stamp[DIGEST_TEXT];
    stamp_of(x, stamp);
    buf_add_fmt(&text, "%s\n", stamp);
    buf_add(&text, q->answer.data, q->answer.len);
    file_write(memory, text.data, text.len, NULL);
    buf_dispose(&text);
}

void
extensions_ask(struct extensions *x, const struct python *p,
               const char *folder, const char *root)
{
    struct question q = {.p = p, .folder = folder,
                         .result = TOOL_RESULT_INIT};
    char *setup = path_join(folder, "setup.py");
    char *other = path_join(folder, "pyproject.toml");
    q.setup = mem_copy_str(path_below(path_is_file(setup) ? setup : other,
                                      root));
    char *memory = memory_path(&q);
    if (!recall(x, &q, memory)) {
        run_child(&q);
        if (take_answer(x, &q) && memory != NULL) {
            remember(x, &q, memory);
        }
    }
    free(memory);
    free(other);
    free(setup);
    free(q.setup);
    buf_dispose(&q.answer);
    tool_result_dispose(&q.result);
}
