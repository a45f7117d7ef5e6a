/* compile_key: see compile_key.h. */
#include "compile_key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cache.h"
#include "clock.h"
#include "compile_files.h"
#include "compile_job.h"
#include "compile_tcc.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "plain.h"
#include "toolchain.h"

/* Raised whenever the same inputs would give another artefact. */
#define RECIPE "6"

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
           &t->cxxflags, &t->ldflags, &j->p->libraries, &t->optimise};
    size_t flags = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        add_list(s, lists[i]);
        flags += i >= 2 && i != 4 && i != 5 && i < 10 ? lists[i]->count : 0;
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
    toolchain_add_cc(t, s);
    bool is_fast = j->tier == TIER_FAST || t->wants_tcc
                   || t->cc.count == 0;
    const struct tcc *tcc = is_fast ? toolchain_tcc(t, j->p) : NULL;
    if (tcc != NULL) {
        tcc_add_identity(tcc, s);
    }
    digest_add_str(s, getenv("SOURCE_DATE_EPOCH"));
}

/* files_content, and the text is kept. */
static struct digest
read_source(const char *path, struct buf *text)
{
    struct digest d = {{0}};
    struct digest_state s;
    if (file_read(path, text, NULL) < 0) {
        buf_clear(text);
        return d;
    }
    digest_start(&s);
    digest_add(&s, text->data, text->len);
    return digest_end(&s);
}

static void
take_snapshot(struct key *k, const struct job *j)
{
    struct list headers = LIST_INIT;
    files_find(j, &headers);
    list_add_all(&k->paths, &j->sources);
    k->source_count = k->paths.count;
    list_add_all(&k->paths, &headers);
    k->digests = mem_resize(NULL, k->paths.count, sizeof(*k->digests));
    k->texts = mem_new((k->source_count + 1) * sizeof(*k->texts));
    for (size_t i = 0; i < k->source_count; i++) {
        k->digests[i] = read_source(k->paths.items[i], &k->texts[i]);
    }
    for (size_t i = k->source_count; i < k->paths.count; i++) {
        k->digests[i] = files_content(k->paths.items[i]);
    }
    list_dispose(&headers);
}

static struct digest
content_of(const struct key *k)
{
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; i < k->paths.count; i++) {
        digest_add_str(&s, k->paths.items[i]);
        digest_add(&s, k->digests[i].bytes, sizeof(k->digests[i].bytes));
    }
    return digest_end(&s);
}

void
key_begin(struct key *k, const struct job *j)
{
    *k = (struct key){.paths = LIST_INIT};
    clock_gettime(CLOCK_REALTIME_COARSE, &k->started);
    k->started_ns = clock_now_ns();
    take_snapshot(k, j);
    k->content = content_of(k);
    struct digest_state s;
    digest_start(&s);
    digest_add_str(&s, RECIPE);
    digest_add_str(&s, j->stem);
    digest_add_str(&s, j->std);
    digest_add_str(&s, j->plain_name);
    if (j->plain_name != NULL) {
        plain_add_identity(&s, j->p);
    }
    else {
        /* what waits for a raw one searches it, or does not */
        digest_add_str(&s, j->plain_include);
    }
    digest_add_str(&s, j->p->soabi);
    digest_add_str(&s, j->p->include);
    digest_add_str(&s, j->p->executable);
    add_flags(&s, j);
    struct digest_state reading = s;
    k->reading = digest_end(&reading);
    k->before_tier = s;
    key_set_tier(k, j);
}

void
key_set_tier(struct key *k, const struct job *j)
{
    struct digest_state s = k->before_tier;
    int tier = j->t->wants_tcc ? 2 : (int)j->tier;
    digest_add(&s, &tier, sizeof(tier));
    add_compilers(&s, j);
    struct digest_state setup = s;
    k->setup = digest_end(&setup);
    for (size_t i = 0; i < j->sources.count; i++) {
        digest_add(&s, k->digests[i].bytes, sizeof(k->digests[i].bytes));
    }
    k->base = digest_end(&s);
}

static char *
memory_path(const struct key *k, struct err *e)
{
    return cache_file("deps", &k->base, e);
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
        struct digest d = files_content(project->items[i]);
        digest_add_str(&s, project->items[i]);
        digest_add(&s, d.bytes, sizeof(d.bytes));
    }
    files_add_facts(&s, system, k->started_ns);
    return digest_end(&s);
}

bool
key_recall(const struct key *k, struct digest *whole, struct list *headers,
           struct list *system)
{
    char *path = memory_path(k, NULL);
    struct buf text = BUF_INIT;
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
            list_add_new(at[0] == 'P' ? headers : system, path_read);
            free(path_read);
        }
        at += len + (at[len] == '\n');
    }
    if (is_there) {
        list_sort(headers);
        *whole = whole_key(k, headers, system);
    }
    buf_dispose(&text);
    free(path);
    return is_there;
}

/* Whether a file that the compile read is still what it read. */
static bool
is_unchanged(const struct key *k, const char *path, bool was_read)
{
    size_t i = 0;
    while (i < k->paths.count && strcmp(k->paths.items[i], path) != 0) {
        i++;
    }
    if (files_is_older(path, &k->started)) {
        return true;
    }
    if (i < k->paths.count) {
        struct digest now = files_content(path);
        return digest_equal(&now, &k->digests[i]);
    }
    return !was_read && !path_is_file(path);
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
           struct digest *whole, struct list *headers, struct list *system)
{
    struct list read = LIST_INIT;
    struct list extra = LIST_INIT; /* read, though no text shows why */
    files_sort(j, &r->files, &read, system);
    files_find(j, headers);
    remove_common(&read, headers, &extra);
    list_add_all(headers, &extra);
    list_sort(headers);
    *whole = whole_key(k, headers, system);
    /* afterwards: what the key has read is then what the compile has read */
    bool is_same = is_all_unchanged(k, j, &read, headers);
    if (is_same && r->is_good) {
        write_memory(k, &extra, system);
    }
    if (!is_same
        && getrandom(whole->bytes, sizeof(whole->bytes), 0) < 0)
    {
        *whole = k->base;
    }
    list_dispose(&read);
    list_dispose(&extra);
    return is_same;
}

void
key_dispose(struct key *k)
{
    for (size_t i = 0; i < k->source_count; i++) {
        buf_dispose(&k->texts[i]);
    }
    free(k->texts);
    list_dispose(&k->paths);
    free(k->digests);
}
