/* compile_key: see compile_key.h. */
#include "compile_key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "compile_job.h"
#include "compile_tcc.h"
#include "file.h"
#include "includes.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "toolchain.h"

/* Raised whenever the same inputs would give another artefact. */
#define RECIPE "3"

static void
add_list(struct digest_state *s, const struct list *l)
{
    uint64_t count = l->count;
    digest_add(s, &count, sizeof(count));
    for (size_t i = 0; i < l->count; i++) {
        digest_add_str(s, l->items[i]);
    }
}

static void
add_flags(struct digest_state *s, const struct job *j)
{
    const struct toolchain *t = j->t;
    const struct list *const lists[]
        = {&j->sources, &j->includes, &j->flags,    &j->link,
           &t->cc,      &t->cxx,      &t->cppflags, &t->cflags,
           &t->cxxflags, &t->ldflags, &j->p->libraries};
    size_t flags = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        add_list(s, lists[i]);
        flags += i >= 2 && i != 4 && i != 5 && i != 10 ? lists[i]->count : 0;
    }
    /* Flags may hold relative paths. */
    char *cwd = flags > 0 ? getcwd(NULL, 0) : NULL;
    digest_add_str(s, cwd);
    free(cwd);
}

static void
add_compilers(struct digest_state *s, const struct job *j)
{
    const struct toolchain *t = j->t;
    digest_add(s, t->cc_identity.bytes, sizeof(t->cc_identity.bytes));
    bool is_fast = j->tier == TIER_FAST || t->wants_tcc
                   || t->cc.count == 0;
    const struct tcc *tcc = is_fast ? toolchain_tcc(t, j->p) : NULL;
    if (tcc != NULL) {
        tcc_add_identity(tcc, s);
    }
    digest_add_str(s, getenv("SOURCE_DATE_EPOCH"));
}

/* The digest of a file as it is now; zeros when it is not there. */
static struct digest
content(const char *path)
{
    struct digest d = {{0}};
    if (digest_file(path, &d, NULL) < 0) {
        memset(&d, 0, sizeof(d));
    }
    return d;
}

static struct include_search
search_of(const struct job *j, struct list *dirs, struct list *system)
{
    const struct list *const lists[]
        = {&j->t->cppflags, j->is_cxx ? &j->t->cxxflags : &j->t->cflags,
           &j->flags};
    list_add_all(dirs, &j->includes);
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            const char *flag = lists[i]->items[k];
            if (strncmp(flag, "-I", 2) == 0 && flag[2] != '\0') {
                list_add(dirs, flag + 2);
            }
            else if ((strcmp(flag, "-I") == 0 || strcmp(flag, "-iquote") == 0
                      || strcmp(flag, "-isystem") == 0)
                     && k + 1 < lists[i]->count)
            {
                list_add(dirs, lists[i]->items[++k]);
            }
        }
    }
    list_add_all(system, &j->t->system_dirs);
    list_add(system, "/usr/include");
    list_add(system, "/usr/lib");
    list_add(system, j->p->include);
    if (j->p->platinclude != NULL) {
        list_add_new(system, j->p->platinclude);
    }
    const struct tcc *tcc = toolchain_tcc(j->t, j->p);
    if (tcc != NULL) {
        list_add_taken(system, path_dir(tcc_library(tcc)));
    }
    if (j->plain_include != NULL) {
        list_add(system, j->plain_include);
    }
    char *shim = cache_subdir("tcc-1", NULL);
    if (shim != NULL) {
        list_add_taken(system, shim);
    }
    return (struct include_search){dirs, system};
}

static void
take_snapshot(struct key *k, const struct job *j)
{
    struct list dirs = LIST_INIT;
    struct list system = LIST_INIT;
    struct include_search s = search_of(j, &dirs, &system);
    struct list headers = LIST_INIT;
    includes_collect(&s, &j->sources, &headers);
    list_add_all(&k->paths, &j->sources);
    k->source_count = k->paths.count;
    list_add_all(&k->paths, &headers);
    k->digests = mem_resize(NULL, k->paths.count, sizeof(*k->digests));
    for (size_t i = 0; i < k->paths.count; i++) {
        k->digests[i] = content(k->paths.items[i]);
    }
    list_dispose(&headers);
    list_dispose(&dirs);
    list_dispose(&system);
}

void
key_begin(struct key *k, const struct job *j)
{
    *k = (struct key){.paths = LIST_INIT};
    clock_gettime(CLOCK_REALTIME_COARSE, &k->started);
    take_snapshot(k, j);
    struct digest_state s;
    digest_start(&s);
    digest_add_str(&s, RECIPE);
    digest_add_str(&s, j->stem);
    digest_add_str(&s, j->std);
    digest_add_str(&s, j->plain_name);
    if (j->plain_name != NULL) {
        plain_add_identity(&s, j->p);
    }
    int tier = j->t->wants_tcc ? 2 : (int)j->tier;
    digest_add(&s, &tier, sizeof(tier));
    digest_add_str(&s, j->p->soabi);
    digest_add_str(&s, j->p->include);
    digest_add_str(&s, j->p->executable);
    add_flags(&s, j);
    add_compilers(&s, j);
    for (size_t i = 0; i < j->sources.count; i++) {
        digest_add(&s, k->digests[i].bytes, sizeof(k->digests[i].bytes));
    }
    k->base = digest_end(&s);
}

static char *
memory_path(const struct key *k, struct err *e)
{
    char text[DIGEST_TEXT];
    digest_text(&k->base, text);
    char *dir = cache_subdir("deps", e);
    char *path = dir == NULL ? NULL : path_join(dir, text);
    free(dir);
    return path;
}

/* The key of the files as they are now. */
static struct digest
whole_key(const struct key *k, const struct list *project,
          const struct list *system)
{
    struct digest_state s;
    digest_start(&s);
    digest_add(&s, k->base.bytes, sizeof(k->base.bytes));
    for (size_t i = 0; i < project->count; i++) {
        struct digest d = content(project->items[i]);
        digest_add_str(&s, project->items[i]);
        digest_add(&s, d.bytes, sizeof(d.bytes));
    }
    for (size_t i = 0; i < system->count; i++) {
        struct stat st;
        if (stat(system->items[i], &st) < 0) {
            memset(&st, 0, sizeof(st));
        }
        int64_t facts[3] = {(int64_t)st.st_size, (int64_t)st.st_mtim.tv_sec,
                            (int64_t)st.st_mtim.tv_nsec};
        digest_add_str(&s, system->items[i]);
        digest_add(&s, facts, sizeof(facts));
    }
    return digest_end(&s);
}

bool
key_recall(const struct key *k, struct digest *whole, struct list *headers)
{
    char *path = memory_path(k, NULL);
    struct buf text = BUF_INIT;
    struct list system = LIST_INIT;
    bool is_there = path != NULL && path_is_file(path)
                    && file_read(path, &text, NULL) == 0;
    const char *at = buf_text(&text);
    for (size_t i = k->source_count; i < k->paths.count; i++) {
        list_add(headers, k->paths.items[i]);
    }
    while (is_there && *at != '\0') {
        size_t len = strcspn(at, "\n");
        if (len > 2) {
            char *path_read = mem_copy_range(at + 2, len - 2);
            list_add_new(at[0] == 'P' ? headers : &system, path_read);
            free(path_read);
        }
        at += len + (at[len] == '\n');
    }
    if (is_there) {
        list_sort(headers);
        *whole = whole_key(k, headers, &system);
    }
    list_dispose(&system);
    buf_dispose(&text);
    free(path);
    return is_there;
}

/* Whether a file that the compile read is still what it read. */
static bool
is_unchanged(const struct key *k, const char *path, bool was_read)
{
    struct stat st;
    size_t i = 0;
    while (i < k->paths.count && strcmp(k->paths.items[i], path) != 0) {
        i++;
    }
    bool is_there = stat(path, &st) == 0;
    if (i < k->paths.count) {
        /* ctime: a rename of an old file over it does not touch mtime. */
        bool is_older = is_there
                        && (st.st_ctim.tv_sec < k->started.tv_sec
                            || (st.st_ctim.tv_sec == k->started.tv_sec
                                && st.st_ctim.tv_nsec
                                       < k->started.tv_nsec));
        struct digest now = {{0}};
        now = is_older ? k->digests[i] : content(path);
        return digest_equal(&now, &k->digests[i]);
    }
    if (!is_there) {
        return !was_read;
    }
    return st.st_ctim.tv_sec < k->started.tv_sec
           || (st.st_ctim.tv_sec == k->started.tv_sec
               && st.st_ctim.tv_nsec < k->started.tv_nsec);
}

/* What the sources' own text does not tell: files reached through macros, and
 * the system's. */
static void
write_memory(const struct key *k, const struct list *extra,
             const struct list *system)
{
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < extra->count; i++) {
        buf_add_fmt(&text, "P %s\n", extra->items[i]);
    }
    for (size_t i = 0; i < system->count; i++) {
        buf_add_fmt(&text, "S %s\n", system->items[i]);
    }
    char *path = memory_path(k, NULL);
    if (path != NULL) {
        file_write(path, text.data == NULL ? "" : text.data, text.len, NULL);
    }
    free(path);
    buf_dispose(&text);
}

/* Sorts what was read into the project's and the system's. */
static void
sort_files(const struct job *j, const struct record *r,
           const struct include_search *s, struct list *project,
           struct list *system)
{
    char *cwd = getcwd(NULL, 0);
    for (size_t i = 0; i < r->files.count; i++) {
        char *path = path_join(cwd == NULL ? "/" : cwd, r->files.items[i]);
        if (includes_is_system(s, path)) {
            list_add_new(system, path);
        }
        else if (!list_has(&j->sources, path)) {
            list_add_new(project, path);
        }
        free(path);
    }
    free(cwd);
}

static bool
is_all_unchanged(const struct key *k, const struct job *j,
                 const struct list *read, const struct list *project)
{
    for (size_t i = 0; i < j->sources.count; i++) {
        if (!is_unchanged(k, j->sources.items[i], true)) {
            return false;
        }
    }
    for (size_t i = 0; i < project->count; i++) {
        if (!is_unchanged(k, project->items[i],
                          list_has(read, project->items[i])))
        {
            return false;
        }
    }
    return true;
}

static void
remove_common(const struct list *from, const struct list *other,
              struct list *rest)
{
    for (size_t i = 0; i < from->count; i++) {
        if (!list_has(other, from->items[i])) {
            list_add(rest, from->items[i]);
        }
    }
}

bool
key_settle(const struct key *k, const struct job *j, const struct record *r,
           struct digest *whole, struct list *headers)
{
    struct list dirs = LIST_INIT;
    struct list system_dirs = LIST_INIT;
    struct list system = LIST_INIT;
    struct list read = LIST_INIT;
    struct list extra = LIST_INIT; /* read, though no text shows why */
    struct include_search s = search_of(j, &dirs, &system_dirs);
    sort_files(j, r, &s, &read, &system);
    includes_collect(&s, &j->sources, headers);
    remove_common(&read, headers, &extra);
    list_add_all(headers, &extra);
    list_sort(headers);
    bool is_same = is_all_unchanged(k, j, &read, headers);
    if (is_same) {
        *whole = whole_key(k, headers, &system);
        if (r->is_good) {
            write_memory(k, &extra, &system);
        }
    }
    else if (getrandom(whole->bytes, sizeof(whole->bytes), 0) < 0) {
        *whole = k->base;
    }
    list_dispose(&dirs);
    list_dispose(&system_dirs);
    list_dispose(&system);
    list_dispose(&read);
    list_dispose(&extra);
    return is_same;
}

void
key_dispose(struct key *k)
{
    list_dispose(&k->paths);
    free(k->digests);
}
