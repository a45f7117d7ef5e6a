/* kept_start: see kept_start.h. A record is lines of text in the cache:
 *
 *     cowbird 1
 *     folder PATH            the manifest's
 *     built WORDS
 *     is SIZE MTIME CTIME DEVICE INODE PATH    times in ns
 *     in NAMES is 0 MTIME ... PATH             a folder of the scan
 *     not PATH               nothing is there
 *     use PATH               touched, for the cache's size cap
 */
#include "kept_start.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "cache.h"
#include "compile_files.h"
#include "compile_tcc.h"
#include "extensions.h"
#include "file.h"
#include "mem.h"
#include "outcome.h"
#include "path.h"
#include "plain.h"
#include "table.h"
#include "toolchain.h"

#define FIRST_LINE "cowbird 1 " COWBIRD_VERSION

/* -- what a start is ------------------------------------------------------ */

static void
add_list(struct digest_state *s, const struct list *words)
{
    for (size_t i = 0; i < words->count; i++) {
        digest_add_str(s, words->items[i]);
    }
    digest_add_str(s, NULL);
}

/* Settings are read by now, but those of single modules are in the
 * pyproject.toml alone. */
static void
add_settings(struct digest_state *s, const struct config *c)
{
    digest_add_str(s, c->root);
    digest_add_str(s, c->cc);
    add_list(s, &c->compile_paths);
    digest_add_str(s, c->pyproject);
    if (c->pyproject != NULL) {
        struct digest d;
        if (digest_file(c->pyproject, &d, NULL) == 0) {
            digest_add(s, d.bytes, sizeof(d.bytes));
        }
    }
}

void
kept_start_begin(struct kept_start *k, const struct config *c,
                 const struct toolchain *t, const struct python *p)
{
    struct digest_state s;
    *k = (struct kept_start){.folder = NULL};
    clock_gettime(CLOCK_REALTIME_COARSE, &k->started);
    digest_start(&s);
    toolchain_add_file(&s, "/proc/self/exe");
    add_settings(&s, c);
    add_list(&s, &t->cc);
    add_list(&s, &t->cxx);
    add_list(&s, &t->cppflags);
    add_list(&s, &t->cflags);
    add_list(&s, &t->cxxflags);
    add_list(&s, &t->ldflags);
    toolchain_add_cc(t, &s);
    digest_add_str(&s, getenv("SOURCE_DATE_EPOCH"));
    if (t->wants_tcc || t->cc.count == 0) {
        tcc_add_identity(toolchain_tcc(t, p), &s);
    }
    digest_add_str(&s, p->executable);
    digest_add_str(&s, p->soabi);
    digest_add_str(&s, p->include);
    plain_add_identity(&s, p);
    k->name = digest_end(&s);
    k->setup_py = path_join(c->root, "setup.py");
}

static char *
record_path(const struct kept_start *k)
{
    return cache_file("starts", &k->name, NULL);
}

/* -- one file's facts ----------------------------------------------------- */

static void
tell(const struct stat *st, const char *path, struct buf *line)
{
    buf_clear(line);
    buf_add_fmt(line, "is %lld %lld%09ld %lld%09ld %llu %llu %s",
                (long long)(S_ISDIR(st->st_mode) ? 0 : st->st_size),
                (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec,
                (unsigned long long)st->st_dev,
                (unsigned long long)st->st_ino, path);
}

/* Whether a scan looks at an entry of a folder. */
static bool
matters(const struct dirent *entry)
{
    static const char *const suffixes[] = {".py", ".so", ".cfg"};
    const char *suffix = path_suffix(entry->d_name);
    bool is_named = graph_is_source(entry->d_name);
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        is_named |= strcmp(suffix, suffixes[i]) == 0;
    }
    return entry->d_type == DT_REG ? is_named
                                   : !graph_skips_folder(entry->d_name);
}

/* A sum of the names that matter, whatever their order: apps write caches and
 * journals into their folder, and those are nothing to us. */
static uint64_t
names_in(const char *folder)
{
    uint64_t sum = 0;
    DIR *d = opendir(folder);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        if (matters(entry)) {
            sum += table_hash(entry->d_name) * (2u * entry->d_type + 1);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    return sum;
}

static bool
holds(const char *line, struct buf *now)
{
    struct stat st;
    if (strncmp(line, "in ", 3) == 0) {
        char *rest;
        uint64_t names = strtoull(line + 3, &rest, 16);
        const char *path = strchr(line, '/');
        return holds(rest + 1, now)
               || (path != NULL && path_is_dir(path)
                   && names_in(path) == names);
    }
    if (strncmp(line, "not ", 4) == 0) {
        return stat(line + 4, &st) < 0;
    }
    if (strncmp(line, "use ", 4) == 0) {
        return utime(line + 4, NULL) == 0;
    }
    const char *path = line + 3;
    for (int spaces = 0; spaces < 5 && path != NULL; spaces++) {
        path = strchr(path, ' ');
        path = path == NULL ? NULL : path + 1;
    }
    if (strncmp(line, "is ", 3) != 0 || path == NULL || stat(path, &st) < 0) {
        return false;
    }
    tell(&st, path, now);
    return strcmp(buf_text(now), line) == 0;
}

/* -- recall --------------------------------------------------------------- */

/* Cuts `*rest` at its first line's end. */
static char *
take_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    *rest = end + 1;
    return line;
}

static bool
read_record(struct kept_start *k, char *text)
{
    struct buf now = BUF_INIT;
    char *first = take_line(&text);
    bool is_good = first != NULL && strcmp(first, FIRST_LINE) == 0;
    for (char *line; is_good && (line = take_line(&text)) != NULL;) {
        if (strncmp(line, "folder ", 7) == 0) {
            k->folder = mem_copy_str(line + 7);
        }
        else if (strncmp(line, "built ", 6) == 0) {
            k->built = mem_copy_str(line + 6);
        }
        else {
            is_good = holds(line, &now);
        }
    }
    buf_dispose(&now);
    return is_good && *text == '\0' && k->folder != NULL && k->built != NULL
           && path_is_dir(k->folder);
}

bool
kept_start_recall(struct kept_start *k)
{
    struct buf text = BUF_INIT;
    char *path = record_path(k);
    bool is_good = path != NULL && path_is_file(path)
                   && file_read(path, &text, NULL) == 0 && text.len > 0
                   && read_record(k, (char *)buf_text(&text));
    if (!is_good) {
        free(k->folder);
        free(k->built);
        k->folder = k->built = NULL;
    }
    buf_dispose(&text);
    free(path);
    return is_good;
}

/* -- keep ----------------------------------------------------------------- */

struct record {
    const struct kept_start *start;
    struct buf text;
    struct buf line;
    struct table seen;
    bool is_good;
};

static void
add_line(struct record *r, const char *verb, const char *path)
{
    buf_add_fmt(&r->text, "%s%s\n", verb, path);
}

/* After `before`, the path as it is. False: nothing is there. */
static bool
add_stamp(struct record *r, const char *before, const char *path)
{
    struct stat st;
    bool is_there = stat(path, &st) == 0;
    if (is_there) {
        tell(&st, path, &r->line);
        add_line(r, before, buf_text(&r->line));
    }
    r->is_good &= strchr(path, '\n') == NULL;
    return is_there;
}

/* Not to be kept when it was changed in the clock's tick of the start, or
 * later. */
static bool
add_settled(struct record *r, const char *before, const char *path)
{
    bool is_there = add_stamp(r, before, path);
    r->is_good &= !is_there || files_is_older(path, &r->start->started);
    return is_there;
}

static void
add_path(struct record *r, const char *path)
{
    if (table_get(&r->seen, path) == NULL) {
        table_set(&r->seen, path, r);
        if (!add_settled(r, "", path)) {
            add_line(r, "not ", path);
        }
    }
}

/* Its names are read before its times: what changes between makes it fresh. */
static void
add_folder(struct record *r, const char *path)
{
    char before[32];
    snprintf(before, sizeof(before), "in %016llx ",
             (unsigned long long)names_in(path));
    r->is_good &= add_settled(r, before, path);
}

static void
add_paths(struct record *r, const struct list *paths)
{
    for (size_t i = 0; i < paths->count; i++) {
        add_path(r, paths->items[i]);
    }
}

static void
add_build(struct record *r, const struct build *b)
{
    char *entry = path_dir(b->artefact);
    char *meta = path_join(entry, "meta");
    add_paths(r, &b->module->sources);
    add_paths(r, &b->headers);
    add_paths(r, &b->system);
    add_stamp(r, "", b->artefact);
    add_line(r, "use ", meta);
    free(meta);
    free(entry);
}

/* Whether the next start would have nothing to say but this one's. */
static bool
is_silent(const struct graph *g, const struct build *builds)
{
    const struct extensions *x = g->extensions;
    bool has_declared = x->module_count > 0 || x->warnings.count > 0;
    bool is_silent = !has_declared && g->warnings.count == 0;
    for (size_t i = 0; is_silent && i < g->module_count; i++) {
        is_silent = builds[i].is_good && !builds[i].is_stale
                    && builds[i].diags.count == 0
                    && builds[i].artefact != NULL
                    && g->modules[i]->pkg_config.count == 0;
    }
    return is_silent && g->module_count > 0;
}

void
kept_start_write(const struct kept_start *k, const struct graph *g,
                 const struct build *builds, const char *folder)
{
    struct record r = {.start = k, .is_good = is_silent(g, builds)};
    if (r.is_good) {
        char *built = outcome_names(builds, g->module_count);
        buf_add_fmt(&r.text, FIRST_LINE "\nfolder %s\nbuilt %s\n", folder,
                    built);
        free(built);
        add_path(&r, k->setup_py);
        add_paths(&r, &g->extensions->files);
        for (size_t i = 0; i < g->folders.count; i++) {
            add_folder(&r, g->folders.items[i]);
        }
        add_paths(&r, &g->passed);
        for (size_t i = 0; i < g->module_count; i++) {
            add_build(&r, &builds[i]);
        }
    }
    char *path = r.is_good ? record_path(k) : NULL;
    if (path != NULL) {
        file_write(path, r.text.data, r.text.len, NULL);
    }
    free(path);
    table_dispose(&r.seen);
    buf_dispose(&r.line);
    buf_dispose(&r.text);
}

void
kept_start_dispose(struct kept_start *k)
{
    free(k->setup_py);
    free(k->folder);
    free(k->built);
}
