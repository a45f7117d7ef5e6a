/* graph: see graph.h. The walk that finds modules is graph_scan.c; here are
 * the units, their digests and what a change makes dirty. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

#include "cache.h"
#include "mem.h"
#include "path.h"

void
graph_init(struct graph *g)
{
    *g = (struct graph){.modules = NULL};
}

struct module *
graph_find(const struct graph *g, const char *name)
{
    for (size_t i = 0; i < g->module_count; i++) {
        if (strcmp(g->modules[i]->name, name) == 0) {
            return g->modules[i];
        }
    }
    return NULL;
}

/* Units are kept sorted by path: where `path` is or belongs. */
static size_t
place_of(const struct graph *g, const char *path)
{
    size_t low = 0;
    size_t high = g->unit_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(g->units[middle]->path, path) < 0) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

static struct unit *
find_unit(const struct graph *g, const char *real)
{
    size_t i = place_of(g, real);
    bool is_there = i < g->unit_count
                    && strcmp(g->units[i]->path, real) == 0;
    return is_there ? g->units[i] : NULL;
}

/* Reads the content again; true when it differs from what was known. */
static bool
read_unit(struct unit *u)
{
    struct digest now = {{0}};
    bool is_missing = digest_file(u->path, &now, NULL) < 0;
    bool differs = is_missing != u->is_missing
                   || !digest_equal(&now, &u->digest);
    u->digest = now;
    u->is_missing = is_missing;
    return differs;
}

/* The unit of a file, made and read when it is new. */
static struct unit *
make_unit(struct graph *g, const char *path)
{
    char *real = path_real(path);
    struct unit *u = find_unit(g, real);
    if (u == NULL) {
        size_t i = place_of(g, real);
        u = mem_new(sizeof(*u));
        u->path = real;
        g->units = mem_resize(g->units, g->unit_count + 1,
                              sizeof(*g->units));
        memmove(&g->units[i + 1], &g->units[i],
                (g->unit_count - i) * sizeof(*g->units));
        g->units[i] = u;
        g->unit_count++;
        read_unit(u);
    }
    else {
        free(real);
    }
    return u;
}

static void
bind_units(struct graph *g, struct module *m)
{
    const struct list *const lists[] = {&m->sources, &m->headers};
    m->unit_count = 0;
    m->units = mem_resize(m->units, m->sources.count + m->headers.count,
                          sizeof(*m->units));
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < lists[i]->count; k++) {
            m->units[m->unit_count++] = make_unit(g, lists[i]->items[k]);
        }
    }
}

void
graph_set_headers(struct graph *g, struct module *m,
                  const struct list *headers)
{
    struct list copy = LIST_INIT; /* `headers` may be the module's own */
    list_add_all(&copy, headers);
    list_dispose(&m->headers);
    m->headers = copy;
    bind_units(g, m);
}

void
graph_doubt(const struct module *m)
{
    for (size_t i = 0; i < m->unit_count; i++) {
        m->units[i]->digest = (struct digest){{0}};
    }
}

void
graph_read_all(struct graph *g)
{
    for (size_t i = 0; i < g->unit_count; i++) {
        read_unit(g->units[i]);
    }
    for (size_t i = 0; i < g->module_count; i++) {
        bind_units(g, g->modules[i]);
    }
}

/* Adds the modules that `u` decides to `set`. */
static void
add_users(const struct graph *g, const struct unit *u,
          struct module_set *set)
{
    for (size_t i = 0; i < g->module_count; i++) {
        struct module *m = g->modules[i];
        for (size_t k = 0; !m->is_gone && k < m->unit_count; k++) {
            if (m->units[k] == u) {
                module_set_add(set, m);
                break;
            }
        }
    }
}

static void
refresh_one(struct graph *g, struct unit *u, struct module_set *dirty,
            struct module_set *same)
{
    add_users(g, u, read_unit(u) ? dirty : same);
}

/* Whether a file of the module (NULL: any) is another one than when its units
 * were bound: it is, or is behind, a link that points elsewhere now. */
static bool
has_moved(const struct module *m, const char *path)
{
    bool has_moved = false;
    for (size_t i = 0; i < m->sources.count + m->headers.count
                       && m->unit_count > i; i++)
    {
        const char *name = i < m->sources.count
                               ? m->sources.items[i]
                               : m->headers.items[i - m->sources.count];
        if (path == NULL || strcmp(name, path) == 0) {
            char *real = path_real(name);
            has_moved |= strcmp(real, m->units[i]->path) != 0;
            free(real);
        }
    }
    return has_moved;
}

static void
follow_links(struct graph *g, const struct list *paths,
             struct module_set *dirty)
{
    for (size_t i = 0; i < g->module_count; i++) {
        struct module *m = g->modules[i];
        bool is_dirty = paths == NULL && has_moved(m, NULL);
        for (size_t k = 0; paths != NULL && k < paths->count; k++) {
            is_dirty |= has_moved(m, paths->items[k]);
        }
        if (is_dirty && !m->is_gone) {
            bind_units(g, m);
            module_set_add(dirty, m);
        }
    }
}

void
graph_refresh(struct graph *g, const struct list *paths,
              struct module_set *dirty, struct module_set *same)
{
    struct module_set touched = {NULL, 0, 0};
    follow_links(g, paths, dirty);
    for (size_t i = 0; paths == NULL && i < g->unit_count; i++) {
        refresh_one(g, g->units[i], dirty, &touched);
    }
    for (size_t i = 0; paths != NULL && i < paths->count; i++) {
        char *real = path_real(paths->items[i]);
        struct unit *u = find_unit(g, real);
        free(real);
        if (u != NULL) {
            refresh_one(g, u, dirty, &touched);
        }
    }
    /* Saved without a change, but another of its files did change: dirty. */
    for (size_t i = 0; i < touched.count; i++) {
        if (!module_set_has(dirty, touched.items[i])) {
            module_set_add(same, touched.items[i]);
        }
    }
    module_set_dispose(&touched);
}

/* The module that this file names, or NULL. */
static const struct module *
module_named_by(const struct graph *g, const char *path)
{
    for (size_t i = 0; i < g->module_count; i++) {
        const struct module *m = g->modules[i];
        if (!m->is_gone && strcmp(m->source, path) == 0) {
            return m;
        }
    }
    return NULL;
}

bool
graph_is_source(const char *path)
{
    const char *suffix = path_suffix(path);
    return strcmp(suffix, ".c") == 0 || strcmp(suffix, ".cc") == 0
           || strcmp(suffix, ".cpp") == 0;
}

bool
graph_needs_scan(const struct graph *g, const struct list *paths)
{
    bool needs = false;
    for (size_t i = 0; i < paths->count && !needs; i++) {
        const char *path = paths->items[i];
        const struct module *m = module_named_by(g, path);
        enum module_kind kind;
        if (!graph_is_source(path)
            || (m == NULL && find_unit(g, path) != NULL)
            || (m != NULL && m->sources.count > 1))
        {
            continue;
        }
        char *stem = path_stem(path);
        needs = graph_recognise(path, m == NULL ? stem : m->stem, &kind, NULL)
                && (m == NULL || m->kind != kind);
        free(stem);
    }
    return needs;
}

bool
graph_skips_folder(const char *name)
{
    static const char *const skipped[]
        = {"__pycache__", "site-packages", "node_modules", "build", "dist",
           NULL};
    if (name[0] == '.') {
        return true;
    }
    for (size_t i = 0; skipped[i] != NULL; i++) {
        if (strcmp(name, skipped[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool
graph_is_foreign(const char *folder)
{
    char *cfg = path_join(folder, "pyvenv.cfg");
    bool is_foreign = path_is_file(cfg) || cache_is_at(folder);
    free(cfg);
    return is_foreign;
}

static bool
has_interesting_suffix(const char *name)
{
    static const char *const suffixes[]
        = {".c",   ".cc",  ".cpp", ".h",   ".hh",  ".hpp",  ".hxx",
           ".inc", ".inl", ".ipp", ".tpp", ".def", ".py",   ".toml",
           NULL};
    const char *suffix = path_suffix(name);
    for (size_t i = 0; suffixes[i] != NULL; i++) {
        if (strcmp(suffix, suffixes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a folder between `root` and `path` is one that is skipped. */
static bool
is_in_skipped(const char *path, const char *root)
{
    const char *at = path_below(path, root);
    for (size_t len; at[len = strcspn(at, "/")] == '/'; at += len + 1) {
        char *name = mem_copy_range(at, len);
        bool is_skipped = graph_skips_folder(name);
        free(name);
        char *folder = mem_copy_range(path, (size_t)(at + len - path));
        is_skipped = is_skipped || graph_is_foreign(folder);
        free(folder);
        if (is_skipped) {
            return true;
        }
    }
    return false;
}

static bool
is_interesting_name(const char *path)
{
    const char *name = path_base(path);
    if (name[0] == '.' || name[0] == '#') {
        return false;
    }
    if (path_is_dir(path)) {
        return !graph_skips_folder(name) && !graph_is_foreign(path);
    }
    if (path_suffix(path)[0] != '\0') {
        return has_interesting_suffix(name);
    }
    /* Gone, perhaps a folder that held sources; vim tries out whether it may
     * write with a file called 4913. */
    return !path_is_file(path) && !graph_skips_folder(name)
           && name[strspn(name, "0123456789")] != '\0';
}

bool
graph_is_interesting_below(const char *root, const char *path)
{
    return path_is_below(path, root) && !is_in_skipped(path, root)
           && is_interesting_name(path);
}

bool
graph_is_interesting(const struct graph *g, const char *path)
{
    if (find_unit(g, path) != NULL) {
        return true;
    }
    for (size_t i = 0; i < g->roots.count; i++) {
        const char *root = g->roots.items[i];
        if (strcmp(path, root) == 0) {
            return true;
        }
        if (path_is_below(path, root) && !is_in_skipped(path, root)) {
            return is_interesting_name(path);
        }
    }
    return false;
}

static void
free_module(struct module *m)
{
    free(m->name);
    free(m->stem);
    free(m->source);
    free(m->std);
    free(m->units);
    list_dispose(&m->sources);
    list_dispose(&m->includes);
    list_dispose(&m->cflags);
    list_dispose(&m->ldflags);
    list_dispose(&m->libraries);
    list_dispose(&m->pkg_config);
    list_dispose(&m->headers);
    free(m);
}

void
graph_dispose(struct graph *g)
{
    for (size_t i = 0; i < g->module_count; i++) {
        free_module(g->modules[i]);
    }
    for (size_t i = 0; i < g->unit_count; i++) {
        free(g->units[i]->path);
        free(g->units[i]);
    }
    free(g->modules);
    free(g->units);
    list_dispose(&g->roots);
    list_dispose(&g->folders);
    list_dispose(&g->passed);
    list_dispose(&g->warnings);
    *g = (struct graph){.modules = NULL};
}

bool
module_shares_header(const struct module *a, const struct module *b)
{
    for (size_t i = 0; i < a->headers.count; i++) {
        /* places where one would be found are listed, too */
        if (list_has(&b->headers, a->headers.items[i])
            && path_is_file(a->headers.items[i]))
        {
            return true;
        }
    }
    return false;
}

bool
module_set_has(const struct module_set *s, const struct module *m)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i] == m) {
            return true;
        }
    }
    return false;
}

void
module_set_add(struct module_set *s, struct module *m)
{
    if (module_set_has(s, m)) {
        return;
    }
    if (s->count == s->cap) {
        s->cap = s->cap == 0 ? 8 : s->cap * 2;
        s->items = mem_resize(s->items, s->cap, sizeof(*s->items));
    }
    s->items[s->count++] = m;
}

void
module_set_dispose(struct module_set *s)
{
    free(s->items);
    *s = (struct module_set){NULL, 0, 0};
}
