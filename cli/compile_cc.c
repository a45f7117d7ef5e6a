/* compile_cc: a module through gcc or clang; compile_job.h's compile_cc_run.
 * Runs in the compile's child, which the parent ends as a group. */
#include "compile_job.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "cc_order.h"
#include "cc_words.h"
#include "compile_pieces.h"
#include "driver.h"
#include "file.h"
#include "kept_object.h"
#include "link_stub.h"
#include "make_rule.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"
#include "toolchain.h"
#include "warm_object.h"

/* The parent's deadline comes first. */
#define CC_MS (24 * 3600 * 1000)

/* Whether somebody has killed it, or the compiler proper below it, of which
 * gcc and clang tell in words. */
static bool
was_killed(const struct tool_result *result)
{
    const char *words = buf_text(&result->out);
    return result->signal == SIGKILL
           || (result->status != 0
               && (strstr(words, "Killed signal terminated program") != NULL
                   || strstr(words, "execute command: Killed") != NULL));
}

/* Memory that was short once may be there again: a killed compiler is run a
 * second time. */
static int
run(struct list *argv, struct tool_result *result, struct err *e)
{
    struct tool_options o = {.deadline_ms = CC_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    int status = tool_run(argv, &o, result, e);
    if (status == 0 && was_killed(result)) {
        tool_result_dispose(result);
        status = tool_run(argv, &o, result, e);
    }
    return status;
}

/* Runs one step; its words become diagnostics, and go to `said` as they are
 * unless that is NULL. False when it failed. */
static bool
step(struct list *argv, struct record *r, struct buf *said)
{
    struct tool_result result = TOOL_RESULT_INIT;
    struct err e = ERR_INIT;
    char *cwd = getcwd(NULL, 0);
    bool is_good = false;
    if (run(argv, &result, &e) < 0) {
        diag_add(&r->diags)->message = mem_copy_str(e.text);
    }
    else {
        diag_parse_result(&r->diags, buf_text(&result.out),
                          cwd == NULL ? "/" : cwd, result.status == 0);
        is_good = result.status == 0;
        if (said != NULL) {
            buf_add(said, result.out.data, result.out.len);
        }
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

/* The object that a warm compiler makes, or that was made ahead. False: there
 * is none. */
static bool
take_made(const struct job *j, size_t index, struct record *r, bool *is_good)
{
    struct cc_order *ahead = index == 0 ? j->ahead : NULL;
    if (index == 0 && j->pieces != NULL) {
        *is_good = piece_orders_finish(j->pieces, j, r);
        if (*is_good) {
            return true;
        }
        ahead = cc_order_start(j);
    }
    if (ahead != NULL) {
        return cc_order_finish(ahead, j, r, is_good);
    }
    *is_good = warm_object_take(j, index, r);
    return *is_good;
}

/* The object of an earlier compile of the same, with what was said then. */
static bool
take_kept(const struct kept_object *kept, const struct job *j,
          const char *object, struct record *r)
{
    struct buf said = BUF_INIT;
    char *cwd = getcwd(NULL, 0);
    bool is_there = kept_object_take(kept, j, object, &r->files, &said);
    if (is_there) {
        diag_parse_result(&r->diags, buf_text(&said),
                          cwd == NULL ? "/" : cwd, true);
    }
    free(cwd);
    buf_dispose(&said);
    return is_there;
}

static bool
compile_or_take(const struct job *j, size_t index, bool hides,
                struct record *r)
{
    struct list argv = LIST_INIT;
    struct list read = LIST_INIT;
    struct buf said = BUF_INIT;
    struct kept_object kept;
    char *rule = mem_format("%s/%zu.d", j->folder, index);
    char *object = mem_format("%s/%zu.o", j->folder, index);
    const struct cc_output anywhere = {"", ""};
    const struct cc_output to = {object, rule};
    cc_words_compile(&argv, j, index, hides, &anywhere);
    kept_object_begin(&kept, j, j->sources.items[index], &argv, NULL);
    bool is_good = take_kept(&kept, j, object, r);
    if (!is_good) {
        list_clear(&argv);
        cc_words_compile(&argv, j, index, hides, &to);
        is_good = step(&argv, r, &said);
        make_rule_files(rule, &read);
        if (is_good) {
            kept_object_put(&kept, j, object, &read, &said);
        }
        list_add_all(&r->files, &read);
    }
    unlink(rule);
    list_dispose(&read);
    list_dispose(&argv);
    buf_dispose(&said);
    free(object);
    free(rule);
    return is_good;
}

static bool
compile_one(const struct job *j, size_t index, bool hides, struct record *r)
{
    const char *source = j->sources.items[index];
    bool is_good = false;
    bool cxx = cc_words_is_cxx(source);
    if ((cxx ? &j->t->cxx : &j->t->cc)->count == 0) {
        struct diag *d = diag_add(&r->diags);
        d->path = mem_copy_str(source);
        d->line = 1;
        d->message = mem_copy_str(
            cxx ? "there is no C++ compiler (Debian, Ubuntu: apt install "
                  "g++; or set CXX)"
                : "there is no C compiler");
        return false;
    }
    int64_t began_ns = clock_now_ns();
    if (hides && take_made(j, index, r, &is_good)) {
        span_add(&r->spans, SPAN_CC, began_ns);
        return is_good;
    }
    is_good = compile_or_take(j, index, hides, r);
    span_add(&r->spans, SPAN_CC, began_ns);
    return is_good;
}

/* False when the linker has anything to say: the driver's words for it are
 * what the user knows. */
static bool
link_silently(struct list *words)
{
    struct tool_options o = {.deadline_ms = CC_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    struct tool_result result = TOOL_RESULT_INIT;
    bool is_good = tool_run(words, &o, &result, NULL) == 0
                   && result.status == 0 && result.out.len == 0;
    tool_result_dispose(&result);
    return is_good;
}

/* Without a driver before the linker, and without the libraries where stubs of
 * them do. */
static bool
link_directly(const struct job *j, struct list *argv)
{
    struct list linker = LIST_INIT;
    struct link_stub stub;
    if (j->is_cxx || !driver_link(j->t, argv, j->folder, false, &linker)) {
        list_dispose(&linker);
        return false;
    }
    piece_orders_place(j->pieces, j, &linker);
    link_stub_find(&stub, j, &linker);
    bool is_good = stub.words.count > 0 && link_silently(&stub.words)
                   && link_stub_suffices(&stub, j);
    if (!is_good) {
        is_good = link_silently(&linker);
        if (is_good) {
            link_stub_learn(&stub, j);
        }
    }
    link_stub_dispose(&stub);
    list_dispose(&linker);
    return is_good;
}

static bool
link_once(const struct job *j, struct record *r)
{
    struct list argv = LIST_INIT;
    cc_words_link(&argv, j, j->sources.count, j->folder);
    int64_t began_ns = clock_now_ns();
    bool is_good = link_directly(j, &argv);
    if (!is_good) {
        piece_orders_place(j->pieces, j, &argv);
        is_good = step(&argv, r, NULL);
    }
    span_add(&r->spans, SPAN_LINK, began_ns);
    list_dispose(&argv);
    return is_good;
}

/* Of several -o the driver takes the last. */
static bool
link_listed(const struct job *j, const char *out, struct record *r)
{
    struct list argv = LIST_INIT;
    struct record again = RECORD_INIT;
    cc_words_link(&argv, j, j->sources.count, j->folder);
    piece_orders_place(j->pieces, j, &argv);
    list_add(&argv, "-Wl,--emit-relocs");
    list_add(&argv, "-o");
    list_add(&argv, out);
    int64_t began_ns = clock_now_ns();
    bool is_good = step(&argv, &again, NULL);
    span_add(&r->spans, SPAN_LINK, began_ns);
    record_dispose(&again);
    list_dispose(&argv);
    return is_good;
}

/* Static types are swapped with the linker's list of references (refs.h); it
 * makes the file larger, so nothing else gets it. Where the linker can't, the
 * artefact is as good as a wheel's, and a swap says what is missing. */
static bool
link_all(const struct job *j, struct record *r)
{
    if (!link_once(j, r)) {
        return false;
    }
    if (compile_has_static_types(j)) {
        char *listed = mem_format("%s.refs", j->artefact);
        if (!link_listed(j, listed, r) || rename(listed, j->artefact) < 0) {
            unlink(listed);
        }
        free(listed);
    }
    return true;
}

/* The hook that CPython calls in the place of PyInit_<stem> from 3.15 on (PEP
 * 793). */
static bool
has_export(const struct job *j)
{
    return j->p->major == 3 && j->p->minor >= 15;
}

static bool
has_init(const struct job *j)
{
    struct object *o = object_open(j->artefact, NULL);
    char *init = mem_format("PyInit_%s", j->stem);
    char *hook = mem_format("PyModExport_%s", j->stem);
    bool has = o != NULL
               && (object_defines(o, init)
                   || (has_export(j) && object_defines(o, hook)));
    free(hook);
    free(init);
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
    piece_orders_end(j->pieces);
    for (size_t i = 0; i < j->sources.count; i++) {
        char *object = mem_format("%s/%zu.o", j->folder, i);
        unlink(object);
        free(object);
    }
    return is_good;
}

static void
run_all(const struct job *j, struct record *r)
{
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
    if (!r->is_good) {
        cc_words_explain(j, &r->diags);
    }
}

void
compile_cc_run(const struct job *j, struct record *r)
{
    /* a compiler that is killed leaves its temporary files behind */
    char *temporary = path_join(j->folder, "tmp");
    mkdir(temporary, 0700);
    setenv("TMPDIR", temporary, 1);
    r->compiler = mem_copy_str(j->t->cc_label);
    run_all(j, r);
    file_remove_tree(temporary, NULL);
    free(temporary);
}
