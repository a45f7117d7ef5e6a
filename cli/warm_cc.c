/* warm_cc: see warm_cc.h. */
#include "warm_cc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cc_words.h"
#include "compile_job.h"
#include "driver.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "preamble.h"
#include "tool.h"
#include "toolchain.h"
#include "warm_child.h"
#include "warm_stop.h"

#define NUMBER_TEXT(n) #n
#define NUMBER(n) NUMBER_TEXT(n)
#define PRECOMPILE_MS 30000

struct warm_cc {
    struct job *job;
    const char *source;
    const char *folder;
    struct driver_steps steps;
    struct buf text;    /* the source */
    struct preamble preamble;
    struct buf words;   /* what clang said about it */
    int order;
    int listing;
};

bool
warm_cc_is_possible(const struct job *j)
{
    const char *source = j->sources.items[0];
    return j->t->is_direct && !j->is_cxx && !cc_words_is_cxx(source)
           && strpbrk(source, "\"\\\n\r") == NULL;
}

void
warm_cc_words(struct list *argv, const struct job *j)
{
    const struct cc_output to
        = {"cowbird.o", "/dev/fd/" NUMBER(WARM_STOP_RULE)};
    cc_words_compile(argv, j, 0, true, &to);
}

char *
warm_cc_place(const char *source)
{
    char *dir = path_dir(source);
    char *place = mem_format("%s/.cowbird-waits.c", dir);
    free(dir);
    return place;
}

/* Asks for the link's words as well, while nobody waits. */
static void
learn_link(const struct warm_cc *w)
{
    struct list argv = LIST_INIT;
    struct list linker = LIST_INIT;
    const struct job *j = w->job;
    size_t count = j->sources.count + (j->plain_name != NULL);
    for (size_t i = 0; i < count; i++) {
        char *object = mem_format("%s/%zu.o", w->folder, i);
        file_write(object, "", 0, NULL); /* or the driver misses it */
        free(object);
    }
    cc_words_link(&argv, j, count, w->folder);
    driver_link(j->t, &argv, w->folder, true, &linker);
    list_dispose(&linker);
    list_dispose(&argv);
}

static void
set_number(const char *name, int fd)
{
    char *text = mem_format("%d", fd);
    fcntl(fd, F_SETFD, 0); /* open in the compiler too */
    setenv(name, text, 1);
    free(text);
}

static void
set_library(void)
{
    int fd = warm_stop_library();
    if (fd < 0) {
        _exit(1);
    }
    char *name = mem_format("/proc/self/fd/%d", fd);
    setenv("LD_PRELOAD", name, 1);
    free(name);
}

/* -- clang ---------------------------------------------------------------- */

static bool
has_word(const struct list *words, const char *word)
{
    return list_has(words, word);
}

static void
set_after(struct list *words, const char *word, const char *text)
{
    for (size_t i = 0; i + 1 < words->count; i++) {
        if (strcmp(words->items[i], word) == 0) {
            free(words->items[i + 1]);
            words->items[i + 1] = mem_copy_str(text);
            return;
        }
    }
}

/* The source's beginning, in a file of its own: clang compares the size of
 * what it has precompiled (ASTReader::getInputFile). */
static bool
write_preamble(const struct warm_cc *w, const char *path)
{
    struct buf text = BUF_INIT;
    char *dir = path_dir(w->source);
    buf_add_fmt(&text, "#line 1 \"%s\"\n", w->source);
    preamble_copy(&w->preamble, w->text.data, 0, w->preamble.len, dir, &text);
    bool is_good = file_write(path, text.data, text.len, NULL) == 0;
    buf_dispose(&text);
    free(dir);
    return is_good;
}

/* Compiles the preamble into a file that each order's child maps. */
static bool
precompile(struct warm_cc *w, const char *into)
{
    struct list words = LIST_INIT;
    char *source = path_join(w->folder, "preamble.c");
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = PRECOMPILE_MS,
                             .has_no_group = true, .is_merged = true,
                             .is_plain = true};
    list_add_all(&words, &w->steps.compile);
    for (size_t i = 0; i < words.count; i++) {
        if (strcmp(words.items[i], "-emit-obj") == 0) {
            free(words.items[i]);
            words.items[i] = mem_copy_str("-emit-pch");
        }
    }
    set_after(&words, "-o", into);
    set_after(&words, "-dependency-file", "/dev/null");
    free(words.items[words.count - 1]);
    words.items[words.count - 1] = mem_copy_str(source);
    bool is_good = write_preamble(w, source)
                   && tool_run(&words, &o, &r, NULL) == 0 && r.status == 0;
    buf_add(&w->words, r.out.data, r.out.len);
    tool_result_dispose(&r);
    free(source);
    list_dispose(&words);
    return is_good;
}

/* Headers are compared by ourselves, by what is in them. */
static bool
prepare_clang(struct warm_cc *w)
{
    struct list *words = &w->steps.compile;
    char *into = mem_format("%s/preamble.pch", w->folder);
    bool is_good = !has_word(words, "-include")
                   && !has_word(words, "-imacros") && precompile(w, into);
    char *last = words->items[words->count - 1];
    words->count--;
    words->items[words->count] = NULL;
    list_add(words, "-include-pch");
    list_add(words, into);
    list_add(words, "-fno-validate-pch");
    list_add_fmt(words, "-preamble-bytes=%zu,1", w->preamble.len);
    list_add_taken(words, last);
    setenv(WARM_STOP_PLACE, w->source, 1);
    setenv(WARM_STOP_SOURCE, w->source, 1); /* for what it has said */
    free(into);
    return is_good;
}

/* -- gcc ------------------------------------------------------------------ */

/* Reads the source's beginning as the source itself, and there the include at
 * which it stops. */
static bool
prepare_gcc(struct warm_cc *w)
{
    struct buf text = BUF_INIT;
    char *place = warm_cc_place(w->source);
    buf_add(&text, w->text.data, w->preamble.len);
    buf_add_fmt(&text, "#include \"%s\"\n", place);
    setenv(WARM_STOP_PLACE, place, 1);
    setenv(WARM_STOP_SOURCE, w->source, 1);
    set_number(WARM_STOP_TEXT, warm_child_file("preamble", &text));
    buf_dispose(&text);
    free(place);
    return true;
}

/* -- the process ---------------------------------------------------------- */

static bool
prepare(struct warm_cc *w)
{
    struct list argv = LIST_INIT;
    if (!warm_cc_is_possible(w->job)
        || file_read(w->source, &w->text, NULL) < 0)
    {
        return false;
    }
    preamble_read(&w->preamble, buf_text(&w->text), w->text.len);
    warm_cc_words(&argv, w->job);
    if (w->preamble.why != NULL || w->preamble.len == 0
        || !driver_compile(w->job->t, &argv, &w->steps))
    {
        return false;
    }
    list_dispose(&argv);
    learn_link(w);
    set_library();
    set_number(WARM_STOP_LISTING, w->listing);
    return w->steps.assemble.count == 0 ? prepare_clang(w) : prepare_gcc(w);
}

/* What it writes before its stop is the beginning of what an order gets. */
static void
open_outputs(const struct buf *words)
{
    const struct buf nothing = BUF_INIT;
    int fd = warm_child_file("words", words);
    lseek(fd, 0, SEEK_END);
    dup2(warm_child_file("output", &nothing), STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
}

void
warm_cc_run(struct job *j, int fd, int listing, const char *folder,
            pid_t parent)
{
    struct warm_cc w = {.job = j, .source = j->sources.items[0],
                        .folder = folder, .order = fd, .listing = listing};
    warm_child_begin(parent, fd, listing);
    setenv("LC_ALL", "C", 1);
    unsetenv("LANGUAGE");
    unsetenv("GCC_COLORS");
    setenv("TMPDIR", folder, 1);
    if (!prepare(&w)) {
        _exit(1);
    }
    open_outputs(&w.words);
    set_number(WARM_STOP_ORDER, fd);
    execv(w.steps.compile.items[0], list_argv(&w.steps.compile));
    _exit(1);
}
