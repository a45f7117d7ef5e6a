/* compile_lend: what libclang lends to the words of a compiler that has
 * refused a source; compile_job.h's compile_lend and compile.h's
 * compile_review.
 *
 * Runs in a compile's child, and only after a failure: what builds waits for
 * no second opinion, unless a command asks for one. libclang gets a process
 * of its own, so that its crash does not cost the compiler's words.
 */
#include "compile_job.h"

#include <string.h>
#include <unistd.h>

#include "binding_file.h"
#include "clang_diags.h"
#include "compile_child.h"
#include "compile_entry.h"
#include "diag_join.h"
#include "header_hint.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "scan.h"
#include "tool.h"
#include "toolchain.h"

enum { LEND_MS = 10000, MOST_SOURCES = 8 };

/* -W flags of the user's, as far as they are the compiler's own. */
static void
add_warning_flags(struct list *argv, const struct list *flags)
{
    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->items[i];
        if (flag[0] == '-' && flag[1] == 'W'
            && (flag[2] == '\0' || flag[3] != ','))
        {
            list_add(argv, flag);
        }
    }
}

static void
build_flags(const struct job *j, bool is_tcc, const struct scan_options *o,
            const struct list *flags, struct list *argv)
{
    /* What gcc before 14 takes with a warning stays one: the compiler has
     * the say, and clang's errors would drown its own. */
    static const char *const ours[]
        = {"-xc", "-std=gnu17", "-Wall", "-Wno-unknown-warning-option",
           "-Wno-error=int-conversion",
           "-Wno-error=incompatible-function-pointer-types",
           "-Wno-error=implicit-int", "-Wno-unused-const-variable",
           "-Wno-deprecated-non-prototype",
           "-ferror-limit=50", "-fspell-checking", "-nostdinc", NULL};
    for (size_t i = 0; ours[i] != NULL; i++) {
        list_add(argv, ours[i]);
    }
    if (!is_tcc && j->tier == TIER_OPTIMISED && !j->p->is_debug) {
        list_add(argv, "-DNDEBUG");
    }
    add_warning_flags(argv, flags);
    list_add_all(argv, &o->flags);
    if (j->p->platinclude != NULL) {
        list_add_fmt(argv, "-isystem%s", j->p->platinclude);
    }
    list_add_fmt(argv, "-isystem%s", o->own_headers);
    list_add_fmt(argv, "-idirafter%s", o->include);
    for (size_t i = 0; i < o->system_dirs.count; i++) {
        list_add_fmt(argv, "-isystem%s", o->system_dirs.items[i]);
    }
}

/* The process that libclang runs in. */
static void
work(const struct job *j, bool is_tcc, const struct list *sources, int fd)
{
    struct err e = ERR_INIT;
    struct clang c = {.library = NULL};
    struct scan_options options = SCAN_OPTIONS_INIT;
    struct list flags = LIST_INIT;
    struct list argv = LIST_INIT;
    struct diag_list found = DIAG_LIST_INIT;
    struct buf text = BUF_INIT;
    struct plain_options o = job_plain_options(j, &flags);
    char *library = clang_find(j->p, &e);
    if (library == NULL || clang_load(&c, library, &e) < 0
        || plain_scan_options(&options, &o, &e) < 0)
    {
        _exit(1);
    }
    build_flags(j, is_tcc, &options, &flags, &argv);
    for (size_t i = 0; i < sources->count; i++) {
        clang_diagnose(&c, sources->items[i], &argv, &found);
    }
    diag_store(&found, &text);
    child_write(fd, buf_text(&text), text.len);
    _exit(0);
}

static bool
is_mentioned(const struct diag_list *diags, const char *source)
{
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        if (d->path != NULL && d->line > 0
            && (source == NULL || strcmp(d->path, source) == 0))
        {
            return true;
        }
    }
    return false;
}

static bool
is_theirs(const struct job *j, const char *source)
{
    return strcmp(path_suffix(source), ".c") == 0
           && (j->folder == NULL || !path_is_below(source, j->folder))
           && !binding_file_is(source);
}

/* The user's C sources that something is said about; all when it is said of
 * none: #line gave them another name. */
static void
choose_sources(const struct job *j, const struct diag_list *diags,
               struct list *chosen)
{
    for (size_t i = 0; i < j->sources.count; i++) {
        const char *source = j->sources.items[i];
        if (chosen->count < MOST_SOURCES && is_theirs(j, source)
            && is_mentioned(diags, source))
        {
            list_add(chosen, source);
        }
    }
    bool is_any = chosen->count == 0 && is_mentioned(diags, NULL);
    for (size_t i = 0; is_any && i < j->sources.count; i++) {
        const char *source = j->sources.items[i];
        if (chosen->count < MOST_SOURCES && is_theirs(j, source)) {
            list_add(chosen, source);
        }
    }
}

/* Appends what libclang says about the sources; false when it cannot. */
static bool
ask(const struct job *j, bool is_tcc, const struct list *sources,
    struct diag_list *lent)
{
    struct tool_result result = TOOL_RESULT_INIT;
    struct forked f;
    if (tool_fork(&f, NULL) < 0) {
        return false;
    }
    if (f.pid == 0) {
        work(j, is_tcc, sources, f.fd);
    }
    bool is_told = tool_wait(&f, LEND_MS, &result) == 0;
    if (is_told) {
        diag_restore(lent, buf_text(&result.out));
    }
    tool_result_dispose(&result);
    return is_told;
}

/* A clang has said all this itself. */
static bool
is_clang(const struct job *j, bool is_tcc)
{
    return !is_tcc && j->t->cc_version != NULL
           && strstr(j->t->cc_version, "clang") != NULL;
}

void
compile_lend(const struct job *j, struct record *r, bool stops_early)
{
    struct list sources = LIST_INIT;
    struct list dirs = LIST_INIT;
    struct diag_list lent = DIAG_LIST_INIT;
    choose_sources(j, &r->diags, &sources);
    if (sources.count > 0 && !is_clang(j, stops_early)
        && ask(j, stops_early, &sources, &lent))
    {
        diag_join(&r->diags, &lent, stops_early);
    }
    diag_list_dispose(&lent);
    diag_fill_sources(&r->diags);
    list_add_all(&dirs, &j->includes);
    list_add_all(&dirs, &j->t->system_dirs);
    if (j->plain_include != NULL) {
        list_add(&dirs, j->plain_include);
    }
    if (j->p->include != NULL) {
        list_add(&dirs, j->p->include);
    }
    header_hint(&r->diags, &dirs);
    list_dispose(&dirs);
    list_dispose(&sources);
}

void
compile_review(const struct toolchain *t, const struct python *p,
               struct module *m, struct diag_list *diags)
{
    struct job j;
    struct list sources = LIST_INIT;
    struct diag_list lent = DIAG_LIST_INIT;
    if (job_init(&j, t, p, m, TIER_OPTIMISED, NULL) < 0) {
        return;
    }
    for (size_t i = 0; i < j.sources.count; i++) {
        if (is_theirs(&j, j.sources.items[i])) {
            list_add(&sources, j.sources.items[i]);
        }
    }
    ask(&j, true, &sources, &lent);
    for (size_t i = 0; i < lent.count;) {
        size_t end = diag_family_end(&lent, i);
        /* the compiler has found no error, so there is none */
        if (lent.items[i].severity == DIAG_WARNING) {
            diag_copy(diags, &lent, i, end);
        }
        i = end;
    }
    diag_merge(diags);
    diag_list_dispose(&lent);
    list_dispose(&sources);
    job_dispose(&j);
}
