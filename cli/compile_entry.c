/* compile_entry: see compile_entry.h. */
#include "compile_entry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "cache.h"
#include "compile_job.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "tool.h"
#include "toolchain.h"
#include "wire/sum.h"

/* Flags of the linker among pkg-config's go to `link`. */
static void
sort_flags(const struct list *all, struct job *j)
{
    for (size_t i = 0; i < all->count; i++) {
        const char *flag = all->items[i];
        bool is_link = strncmp(flag, "-L", 2) == 0
                       || strncmp(flag, "-l", 2) == 0
                       || strncmp(flag, "-Wl,", 4) == 0;
        list_add(is_link ? &j->link : &j->flags, flag);
    }
}

static int
ask_pkg_config(struct job *j, const struct module *m, struct err *e)
{
    if (m->pkg_config.count == 0) {
        return 0;
    }
    struct list argv = LIST_INIT;
    struct list all = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = 10000};
    const char *own = getenv("PKG_CONFIG");
    list_add(&argv, own != NULL && own[0] != '\0' ? own : "pkg-config");
    list_add(&argv, "--cflags");
    list_add(&argv, "--libs");
    list_add_all(&argv, &m->pkg_config);
    int status = tool_run(&argv, &o, &r, e);
    if (status == 0 && r.status != 0) {
        const char *words = buf_text(&r.errors);
        status = err_set(e, ERR_BUILD, "pkg-config for module %s: %.*s",
                         m->name, (int)strcspn(words, "\n"), words);
    }
    if (status == 0 && list_split(&all, buf_text(&r.out)) == 0) {
        sort_flags(&all, j);
    }
    tool_result_dispose(&r);
    list_dispose(&all);
    list_dispose(&argv);
    return status;
}

int
job_init(struct job *j, const struct toolchain *t, const struct python *p,
         const struct module *m, enum compile_tier tier, struct err *e)
{
    *j = (struct job){.t = t, .p = p, .tier = tier, .is_cxx = m->is_cxx,
                      .scan_fd = -1, .cc = CC_OFFER_INIT};
    if (m->kind == MODULE_PLAIN) {
        j->plain_name = mem_copy_str(m->name);
    }
    /* Raw ones may take CB_MIGRATE from cowbird.h. */
    j->plain_include = plain_include(NULL);
    j->stem = mem_copy_str(m->stem);
    j->std = mem_copy_str(m->std);
    list_add_all(&j->sources, &m->sources);
    list_add_all(&j->includes, &m->includes);
    int status = ask_pkg_config(j, m, e);
    list_add_all(&j->flags, &m->cflags);
    list_add_all(&j->link, &m->ldflags);
    for (size_t i = 0; i < m->libraries.count; i++) {
        list_add_fmt(&j->link, "-l%s", m->libraries.items[i]);
    }
    if (status < 0) {
        job_dispose(j);
    }
    else {
        /* Found now, in the parent: a child's memory ends with it. */
        toolchain_tcc(t, p);
    }
    return status;
}

int
compile_words(const struct toolchain *t, const struct python *p,
              const struct module *m, struct list *words)
{
    struct job j;
    if (job_init(&j, t, p, m, TIER_OPTIMISED, NULL) < 0) {
        return -1;
    }
    for (size_t i = 0; i < j.includes.count; i++) {
        list_add_fmt(words, "-I%s", j.includes.items[i]);
    }
    list_add_all(words, &t->cppflags);
    list_add_all(words, m->is_cxx ? &t->cxxflags : &t->cflags);
    list_add_all(words, &j.flags);
    /* cowbird.h for raw modules too: the line that includes it makes a plain
     * one of them, and an editor reads it first. */
    char *own = plain_include(NULL);
    const char *const folders[] = {own, p->include, p->platinclude};
    for (size_t i = 0; i < 3; i++) {
        char *word = folders[i] == NULL ? NULL
                                        : mem_format("-I%s", folders[i]);
        if (word != NULL) {
            list_add_new(words, word);
        }
        free(word);
    }
    if (j.std != NULL) {
        list_add_fmt(words, "-std=%s", j.std);
    }
    free(own);
    job_dispose(&j);
    return 0;
}

void
job_set_folder(struct job *j, char *folder)
{
    j->folder = folder;
    j->artefact = mem_format("%s/%s%s", folder, j->stem, j->p->ext_suffix);
}

void
job_dispose(struct job *j)
{
    struct list *const lists[]
        = {&j->sources, &j->includes, &j->flags, &j->link};
    for (size_t i = 0; i < 4; i++) {
        list_dispose(lists[i]);
    }
    free(j->stem);
    free(j->plain_name);
    free(j->plain_include);
    free(j->binding_path);
    free(j->std);
    free(j->folder);
    free(j->artefact);
    buf_dispose(&j->binding);
    buf_dispose(&j->stub);
    if (j->scan_fd >= 0) {
        close(j->scan_fd);
    }
    *j = (struct job){.scan_fd = -1, .cc = CC_OFFER_INIT};
}

/* "compiler gcc -O2 -g\nfallback …\nsum 4f…\n" */
static void
read_meta(struct build *b, const char *text, unsigned long long *sum)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *line = mem_copy_range(text, len);
        if (strncmp(line, "compiler ", 9) == 0) {
            b->compiler = mem_copy_str(line + 9);
        }
        else if (strncmp(line, "fallback ", 9) == 0) {
            b->fallback = mem_copy_str(line + 9);
        }
        else if (strncmp(line, "sum ", 4) == 0) {
            *sum = strtoull(line + 4, NULL, 16);
        }
        free(line);
        text += len + (text[len] == '\n');
    }
}

static char *
find_stub(const char *entry, const struct job *j)
{
    char *path = mem_format("%s/%s.pyi", entry, j->stem);
    if (!path_is_file(path)) {
        free(path);
        path = NULL;
    }
    return path;
}

bool
entry_read(struct build *b, const struct job *j)
{
    bool is_there = false;
    char *entry = cache_entry("artefacts", &b->key, &is_there, NULL);
    if (!is_there) {
        free(entry);
        return false;
    }
    char *artefact = mem_format("%s/%s%s", entry, j->stem, j->p->ext_suffix);
    char *meta = path_join(entry, "meta");
    char *diags = path_join(entry, "diags");
    struct buf text = BUF_INIT;
    unsigned long long sum = 0;
    uint64_t found;
    if (file_read(meta, &text, NULL) == 0) {
        read_meta(b, buf_text(&text), &sum);
    }
    /* A machine that lost power may have kept the names and not the bytes. */
    bool is_good = sum_file(artefact, &found) && found == sum;
    buf_clear(&text);
    if (is_good && file_read(diags, &text, NULL) == 0) {
        diag_restore(&b->diags, buf_text(&text));
    }
    if (is_good) {
        utime(meta, NULL); /* the size cap removes what is used least */
        b->artefact = artefact;
        b->stub = find_stub(entry, j);
        artefact = NULL;
    }
    else {
        file_remove_tree(entry, NULL);
    }
    buf_dispose(&text);
    free(artefact);
    free(diags);
    free(meta);
    free(entry);
    return is_good;
}

static int
write_text(const struct job *j, const char *name, const struct buf *text,
           struct err *e)
{
    char *path = path_join(j->folder, name);
    int status = file_write_new(path, buf_text(text), text->len, e);
    free(path);
    return status;
}

static int
describe(const struct build *b, const struct job *j, struct err *e)
{
    uint64_t sum;
    if (!sum_file(j->artefact, &sum)) {
        return err_set(e, ERR_SYSTEM, "reading %s:", j->artefact);
    }
    struct buf meta = BUF_INIT;
    buf_add_fmt(&meta, "compiler %s\nsum %016llx\n", b->compiler,
                (unsigned long long)sum);
    if (b->fallback != NULL) {
        buf_add_fmt(&meta, "fallback %s\n", b->fallback);
    }
    struct buf diags = BUF_INIT;
    diag_store(&b->diags, &diags);
    int status = (diags.len > 0 && write_text(j, "diags", &diags, e) < 0)
                         || write_text(j, "meta", &meta, e) < 0
                     ? -1
                     : 0;
    buf_dispose(&meta);
    buf_dispose(&diags);
    return status;
}

/* The cache's own inode where workers have loaded this one (image_file.h):
 * what happens to a file of the cache does not happen to them. */
static int
part(const char *artefact, struct err *e)
{
    struct stat st;
    bool is_shared = stat(artefact, &st) == 0 && st.st_nlink > 1;
    return is_shared ? file_copy(artefact, artefact, e) : 0;
}

/* The compile's child had answered and then kept the binding, or not. */
static int
refuse_unwritten(const struct job *j, int status, struct err *e)
{
    if (WIFSIGNALED(status)) {
        return err_set(e, ERR_SYSTEM,
                       "the binding of %s could not be written to %s: signal "
                       "%d ended who writes it",
                       j->stem, j->folder, WTERMSIG(status));
    }
    errno = WEXITSTATUS(status);
    return err_set(e, ERR_SYSTEM,
                   "the binding of %s could not be written to %s:", j->stem,
                   j->folder);
}

int
entry_write(struct build *b, struct job *j, int status, struct err *e)
{
    bool is_there;
    if (status != 0) {
        return refuse_unwritten(j, status, e);
    }
    if (part(j->artefact, e) < 0 || describe(b, j, e) < 0
        || cache_publish(j->folder, "artefacts", &b->key, e) < 0)
    {
        return -1;
    }
    char *entry = cache_entry("artefacts", &b->key, &is_there, e);
    b->artefact = entry == NULL
                      ? NULL
                      : mem_format("%s/%s%s", entry, j->stem,
                                   j->p->ext_suffix);
    b->stub = entry == NULL ? NULL : find_stub(entry, j);
    free(entry);
    free(j->folder);
    j->folder = NULL;
    return b->artefact == NULL ? -1 : 0;
}
