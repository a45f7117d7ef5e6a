/* compile_tcc: a module through libtcc; compile_job.h's compile_tcc_run.
 *
 * libtcc runs in a process of its own below the compile's child: it may
 * crash, hang or leak, and cc still gets its turn. Never used by the bench
 * itself.
 */
#include "compile_tcc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tcc_listing.h"
#include "tcc_state.h"
#include "tool.h"
#include "toolchain.h"

#define TCC_MS 10000

/* The process that libtcc runs in: what it reads goes to one file, what it
 * says to another. */
static void
work(const struct job *j, const struct tcc *t, const char *read_path,
     const char *words_path)
{
    int fd = open(read_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
        _exit(2);
    }
    struct tcc_state w = {.s = NULL};
    bool is_good = tcc_state_open(&w, j, t);
    for (size_t i = 0; is_good && i < j->sources.count; i++) {
        is_good = tcc_state_add(&w, j->sources.items[i]);
    }
    is_good = is_good && tcc_state_link(&w, j, t);
    file_write(words_path, buf_text(&w.words), w.words.len, NULL);
    fflush(NULL); /* libtcc lists what it reads through stdio */
    _exit(is_good ? 0 : 1);
}

static char *
first_words(const struct record *r, const char *words, const char *reason)
{
    const struct diag *d = diag_first_error(&r->diags);
    if (d != NULL && d->line > 0) {
        return mem_format("tcc: line %u: %s", d->line, d->message);
    }
    size_t len = strcspn(words, "\n");
    return len > 0 ? mem_format("tcc: %.*s", (int)len, words)
                   : mem_format("tcc: %s", reason);
}

/* A function that is used without a declaration returns int for tcc: a
 * pointer cut in half. cc refuses that, so it decides. */
static const char *
find_undeclared(const struct diag_list *diags)
{
    static const char words[] = "implicit declaration of function";
    for (size_t i = 0; i < diags->count; i++) {
        if (strstr(diags->items[i].message, words) != NULL) {
            return diags->items[i].message;
        }
    }
    return NULL;
}

/* True when the artefact can really be loaded. */
static bool
finish(const struct job *j, struct record *r, char **why)
{
    struct err e = ERR_INIT;
    const char *undeclared = find_undeclared(&r->diags);
    if (undeclared != NULL && j->t->cc.count > 0) {
        *why = mem_format("tcc: %s", undeclared);
        return false;
    }
    if (j->t->cc.count > 0 && compile_has_static_types(j)) {
        *why = mem_copy_str("tcc: static types, which a swap can follow only "
                            "where the linker lists their uses");
        return false;
    }
    if (object_forbid_executable_stack(j->artefact, &e) < 0) {
        *why = mem_format("tcc: %s", e.text);
        return false;
    }
    struct diag_list missing = DIAG_LIST_INIT;
    int64_t began_ns = clock_now_ns();
    size_t missing_count = compile_check_symbols(j, &missing);
    span_add(&r->spans, SPAN_SYMBOLS, began_ns);
    if (missing_count > 0) {
        *why = mem_format("tcc: %s", missing.items[0].message);
        diag_copy_all(&r->diags, &missing);
    }
    diag_list_dispose(&missing);
    return *why == NULL;
}

bool
compile_tcc_take(const struct job *j, struct record *r, const char *words,
                 const char *reason, char **why)
{
    diag_parse_result(&r->diags, words, "/", reason == NULL);
    *why = NULL;
    if (reason == NULL && finish(j, r, why)) {
        r->compiler = mem_copy_str("tcc");
    }
    else if (*why == NULL) {
        *why = first_words(r, words, reason);
    }
    r->is_good = *why == NULL;
    return r->is_good;
}

bool
compile_tcc_run(const struct job *j, struct record *r, char **why)
{
    const struct tcc *t = toolchain_tcc(j->t, j->p);
    *why = NULL;
    if (j->is_cxx) {
        *why = mem_copy_str("tcc: C++");
        return false;
    }
    char *read_path = path_join(j->folder, "tcc.read");
    char *words_path = path_join(j->folder, "tcc.words");
    struct buf words = BUF_INIT;
    struct buf listing = BUF_INIT;
    struct forked f;
    struct tool_result result = TOOL_RESULT_INIT;
    int64_t began_ns = clock_now_ns();
    if (tool_fork(&f, NULL) < 0) {
        *why = mem_copy_str("tcc: no process to run it in");
        goto done;
    }
    if (f.pid == 0) {
        work(j, t, read_path, words_path);
    }
    bool is_good = tool_wait(&f, TCC_MS, &result) == 0;
    span_add(&r->spans, SPAN_TCC, began_ns);
    file_read(read_path, &listing, NULL);
    struct tcc_listing listed = TCC_LISTING_INIT;
    tcc_listing_read(&listed, buf_text(&listing));
    list_add_all(&r->files, &listed.files);
    tcc_listing_dispose(&listed);
    file_read(words_path, &words, NULL);
    char *reason = is_good ? NULL : tool_reason(&result);
    /* only an end of its own accord says something about the source */
    bool has_words = is_good || result.status == 1;
    compile_tcc_take(j, r, has_words ? buf_text(&words) : "", reason, why);
    free(reason);
done:
    unlink(read_path);
    unlink(words_path);
    tool_result_dispose(&result);
    buf_dispose(&words);
    buf_dispose(&listing);
    free(read_path);
    free(words_path);
    return *why == NULL;
}
