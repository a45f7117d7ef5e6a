/* compile_files: see compile_files.h. */
#include "compile_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "compile_job.h"
#include "compile_tcc.h"
#include "mem.h"
#include "path.h"
#include "table.h"
#include "toolchain.h"

struct digest
files_content(const char *path)
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

void
files_find(const struct job *j, struct list *headers)
{
    struct list dirs = LIST_INIT;
    struct list system = LIST_INIT;
    struct include_search s = search_of(j, &dirs, &system);
    includes_collect(&s, &j->sources, headers);
    list_dispose(&dirs);
    list_dispose(&system);
}

void
files_sort(const struct job *j, const struct list *files,
           struct list *project, struct list *system)
{
    struct list dirs = LIST_INIT;
    struct list system_dirs = LIST_INIT;
    struct include_search s = search_of(j, &dirs, &system_dirs);
    struct table seen = TABLE_INIT;
    char *cwd = getcwd(NULL, 0);
    for (size_t i = 0; i < files->count; i++) {
        char *path = path_join(cwd == NULL ? "/" : cwd, files->items[i]);
        if (table_get(&seen, path) == NULL) {
            table_set(&seen, path, system);
            if (includes_is_system(&s, path)) {
                list_add(system, path);
            }
            else if (!list_has(&j->sources, path)) {
                list_add(project, path);
            }
        }
        free(path);
    }
    free(cwd);
    table_dispose(&seen);
    list_dispose(&dirs);
    list_dispose(&system_dirs);
}

/* What a look at a file has told. */
struct facts {
    int64_t words[3]; /* size, seconds, nanoseconds */
    int64_t looked_ns;
};

/* A save asks for those of some hundred headers several times. Kept as long
 * as the process lives. */
static const struct facts *
look_at(const char *path, int64_t since_ns)
{
    static struct table known = TABLE_INIT;
    struct facts *f = table_get(&known, path);
    struct stat st;
    if (f == NULL) {
        f = mem_new(sizeof(*f));
        f->looked_ns = -1;
        table_set(&known, path, f);
    }
    if (f->looked_ns < since_ns) {
        f->looked_ns = clock_now_ns();
        if (stat(path, &st) < 0) {
            memset(&st, 0, sizeof(st));
        }
        f->words[0] = (int64_t)st.st_size;
        f->words[1] = (int64_t)st.st_mtim.tv_sec;
        f->words[2] = (int64_t)st.st_mtim.tv_nsec;
    }
    return f;
}

void
files_add_facts(struct digest_state *s, const struct list *files,
                int64_t since_ns)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct facts *f = look_at(files->items[i], since_ns);
        digest_add_str(s, files->items[i]);
        digest_add(s, f->words, sizeof(f->words));
    }
}

bool
files_is_older(const char *path, const struct timespec *than)
{
    struct stat st;
    /* ctime: a rename of an old file over it does not touch mtime. */
    return stat(path, &st) == 0
           && (st.st_ctim.tv_sec < than->tv_sec
               || (st.st_ctim.tv_sec == than->tv_sec
                   && st.st_ctim.tv_nsec < than->tv_nsec));
}
