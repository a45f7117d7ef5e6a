/* compile_cc: a module through gcc or clang; compile_job.h's compile_cc_run.
 * Runs in the compile's child, which the parent ends as a group. */
#include "compile_job.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"

/* The parent's deadline comes first. */
#define CC_MS (24 * 3600 * 1000)

static bool
is_cxx(const char *path)
{
    return strcmp(path_suffix(path), ".c") != 0;
}

static void
add_words(struct list *argv, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        list_add(argv, words[i]);
    }
}

/* What every compile gets, before the user's own flags so that those win. */
static void
add_our_flags(struct list *argv, const struct job *j, bool cxx, bool hides)
{
    static const char *const common[]
        = {"-O2", "-g", "-fPIC", "-fwrapv", "-Wall",
           "-fdiagnostics-color=never", "-fdiagnostics-parseable-fixits",
           NULL};
    static const char *const c_only[]
        = {"-Werror=implicit-function-declaration", NULL};
    add_words(argv, common);
    if (cxx) {
        /* A unique symbol of generation 1 would serve all later ones. */
        if (strstr(j->t->cc_version, "clang") == NULL) {
            list_add(argv, "-fno-gnu-unique");
        }
    }
    else {
        add_words(argv, c_only);
    }
    if (hides) {
        list_add(argv, "-fvisibility=hidden");
    }
    if (j->plain_name != NULL && !cxx) {
        /* the module's attributes */
        list_add(argv, "-Wno-unused-const-variable");
    }
    /* As wheels are built; in the fast tier assertions hold. */
    if (j->tier == TIER_OPTIMISED && !j->p->is_debug) {
        list_add(argv, "-DNDEBUG");
    }
    if (j->std != NULL) {
        list_add_fmt(argv, "-std=%s", j->std);
    }
}

static void
add_flags(struct list *argv, const struct job *j, bool cxx)
{
    const struct toolchain *t = j->t;
    for (size_t i = 0; i < j->includes.count; i++) {
        list_add_fmt(argv, "-I%s", j->includes.items[i]);
    }
    list_add_all(argv, &t->cppflags);
    list_add_all(argv, cxx ? &t->cxxflags : &t->cflags);
    list_add_all(argv, &j->flags);
    if (j->plain_include != NULL) {
        list_add(argv, "-isystem");
        list_add(argv, j->plain_include);
    }
    list_add(argv, "-isystem");
    list_add(argv, j->p->include);
    if (j->p->platinclude != NULL
        && strcmp(j->p->platinclude, j->p->include) != 0)
    {
        list_add(argv, "-isystem");
        list_add(argv, j->p->platinclude);
    }
}

/* Runs one step; its words become diagnostics. False when it failed. */
static bool
step(struct list *argv, struct record *r)
{
    struct tool_options o = {.deadline_ms = CC_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    struct tool_result result = TOOL_RESULT_INIT;
    struct err e = ERR_INIT;
    char *cwd = getcwd(NULL, 0);
    bool is_good = false;
    if (tool_run(argv, &o, &result, &e) < 0) {
        diag_add(&r->diags)->message = mem_copy_str(e.text);
    }
    else {
        diag_parse_result(&r->diags, buf_text(&result.out),
                          cwd == NULL ? "/" : cwd, result.status == 0);
        is_good = result.status == 0;
        if (!is_good && diag_first_error(&r->diags) == NULL) {
            char *reason = tool_reason(&result);
            diag_add(&r->diags)->message
                = mem_format("%s ended with %s", path_base(argv->items[0]),
                             reason);
            free(reason);
        }
    }
    tool_result_dispose(&result);
    free(cwd);
    return is_good;
}

/* The files of a make rule: "x.o: a.c b.h \" lines, blanks as "\ ". */
static void
take_rule(const char *path, struct list *files)
{
    struct buf text = BUF_INIT;
    struct buf name = BUF_INIT;
    if (file_read(path, &text, NULL) < 0) {
        buf_dispose(&text);
        return;
    }
    const char *at = buf_text(&text);
    const char *colon = strstr(at, ": ");
    at = colon == NULL ? "" : colon + 2;
    for (;; at++) {
        if (at[0] == '\\' && (at[1] == ' ' || at[1] == '#')) {
            buf_add(&name, ++at, 1);
        }
        else if (at[0] == '$' && at[1] == '$') {
            buf_add(&name, ++at, 1);
        }
        else if (*at == '\0' || strchr(" \t\n\\", *at) != NULL) {
            if (name.len > 0) {
                list_add_new(files, buf_text(&name));
                buf_clear(&name);
            }
            if (*at == '\0') {
                break;
            }
        }
        else {
            buf_add(&name, at, 1);
        }
    }
    buf_dispose(&name);
    buf_dispose(&text);
}

static bool
compile_one(const struct job *j, size_t index, bool hides, struct record *r)
{
    const char *source = j->sources.items[index];
    bool cxx = is_cxx(source);
    const struct list *words = cxx ? &j->t->cxx : &j->t->cc;
    if (words->count == 0) {
        struct diag *d = diag_add(&r->diags);
        d->path = mem_copy_str(source);
        d->line = 1;
        d->message = mem_copy_str(
            cxx ? "there is no C++ compiler (Debian, Ubuntu: apt install "
                  "g++; or set CXX)"
                : "there is no C compiler");
        return false;
    }
    struct list argv = LIST_INIT;
    char *rule = mem_format("%s/%zu.d", j->folder, index);
    list_add_all(&argv, words);
    add_our_flags(&argv, j, cxx, hides);
    add_flags(&argv, j, cxx);
    list_add(&argv, "-MD");
    list_add(&argv, "-MF");
    list_add(&argv, rule);
    list_add(&argv, "-c");
    list_add(&argv, "-o");
    list_add_fmt(&argv, "%s/%zu.o", j->folder, index);
    list_add(&argv, source);
    int64_t began_ns = clock_now_ns();
    bool is_good = step(&argv, r);
    span_add(&r->spans, SPAN_CC, began_ns);
    take_rule(rule, &r->files);
    unlink(rule);
    free(rule);
    list_dispose(&argv);
    return is_good;
}

static bool
link_all(const struct job *j, struct record *r)
{
    struct list argv = LIST_INIT;
    list_add_all(&argv, j->is_cxx ? &j->t->cxx : &j->t->cc);
    list_add(&argv, "-shared");
    list_add(&argv, "-g");
    list_add(&argv, "-Wl,-Bsymbolic");
    list_add(&argv, "-o");
    list_add(&argv, j->artefact);
    for (size_t i = 0; i < j->sources.count; i++) {
        list_add_fmt(&argv, "%s/%zu.o", j->folder, i);
    }
    list_add_all(&argv, j->is_cxx ? &j->t->cxxflags : &j->t->cflags);
    list_add_all(&argv, &j->t->ldflags);
    list_add_all(&argv, &j->link);
    int64_t began_ns = clock_now_ns();
    bool is_good = step(&argv, r);
    span_add(&r->spans, SPAN_LINK, began_ns);
    list_dispose(&argv);
    return is_good;
}

static bool
has_init(const struct job *j)
{
    struct object *o = object_open(j->artefact, NULL);
    char *name = mem_format("PyInit_%s", j->stem);
    bool has = o != NULL && object_defines(o, name);
    free(name);
    object_free(o);
    return has;
}

static bool
build(const struct job *j, bool hides, struct record *r)
{
    bool is_good = true;
    for (size_t i = 0; i < j->sources.count; i++) {
        is_good &= compile_one(j, i, hides, r);
    }
    is_good = is_good && link_all(j, r);
    for (size_t i = 0; i < j->sources.count; i++) {
        char *object = mem_format("%s/%zu.o", j->folder, i);
        unlink(object);
        free(object);
    }
    return is_good;
}

void
compile_cc_run(const struct job *j, struct record *r)
{
    r->compiler = mem_copy_str(j->t->cc_label);
    r->is_good = build(j, true, r);
    if (r->is_good && !has_init(j)) {
        /* An init function that is not declared with PyMODINIT_FUNC is
         * hidden with the rest; wheels export it, so do we. */
        diag_list_dispose(&r->diags);
        r->is_good = build(j, false, r);
        if (r->is_good && !has_init(j)) {
            struct diag *d = diag_add(&r->diags);
            d->path = mem_copy_str(j->sources.items[0]);
            d->line = 1;
            d->message = mem_format("no source of the module defines "
                                    "PyInit_%s",
                                    j->stem);
            r->is_good = false;
        }
    }
    if (r->is_good && compile_check_symbols(j, &r->diags) > 0) {
        r->is_good = false;
    }
}
