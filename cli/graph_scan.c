/* graph_scan: the walk below the compile paths that finds native modules;
 * graph.h's graph_scan. Follows links, visits each folder once, so that a
 * link to a folder above ends. Reads sources, writes nothing. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "csource.h"
#include "file.h"
#include "graph.h"
#include "mem.h"
#include "path.h"

struct folder_id {
    dev_t dev;
    ino_t ino;
};

struct scan {
    struct graph *g;
    const char *root;
    struct list claimed; /* real paths of sources that the configuration
                            names */
    struct module_set found;
    struct folder_id *visited;
    size_t visited_count;
    bool drops_src; /* root/src is only a place where packages lie */
};

static struct module *
module_of(struct graph *g, const char *name)
{
    struct module *m = graph_find(g, name);
    if (m != NULL) {
        return m;
    }
    m = mem_new(sizeof(*m));
    m->name = mem_copy_str(name);
    const char *dot = strrchr(name, '.');
    m->stem = mem_copy_str(dot == NULL ? name : dot + 1);
    m->is_gone = true; /* until its source is seen */
    g->modules = mem_resize(g->modules, g->module_count + 1,
                            sizeof(*g->modules));
    size_t i = g->module_count++;
    for (; i > 0 && strcmp(g->modules[i - 1]->name, name) > 0; i--) {
        g->modules[i] = g->modules[i - 1];
    }
    g->modules[i] = m;
    return m;
}

static bool
is_cxx(const char *path)
{
    const char *suffix = path_suffix(path);
    return strcmp(suffix, ".cc") == 0 || strcmp(suffix, ".cpp") == 0
           || strcmp(suffix, ".cxx") == 0;
}

static bool
is_source(const char *name)
{
    const char *suffix = path_suffix(name);
    return strcmp(suffix, ".c") == 0 || strcmp(suffix, ".cc") == 0
           || strcmp(suffix, ".cpp") == 0;
}

bool
graph_recognise(const char *path, const char *stem, enum module_kind *kind)
{
    struct buf text = BUF_INIT;
    bool is_one = false;
    if (file_read(path, &text, NULL) == 0 && text.len > 0
        && (memmem(text.data, text.len, "PyInit_", 7) != NULL
            || memmem(text.data, text.len, "_MODULE", 7) != NULL
            || memmem(text.data, text.len, "cowbird.h", 9) != NULL))
    {
        struct csource s;
        csource_read(&s, text.data, text.len, stem);
        is_one = s.defines_init || (s.cowbird_line > 0 && !is_cxx(path));
        *kind = s.defines_init ? MODULE_RAW : MODULE_PLAIN;
        csource_dispose(&s);
    }
    buf_dispose(&text);
    return is_one;
}

static void
set_source(struct module *m, const char *path)
{
    free(m->source);
    m->source = mem_copy_str(path);
    list_clear(&m->sources);
    list_add(&m->sources, path);
    m->is_cxx = is_cxx(path);
}

static bool
is_name(const char *part, size_t len)
{
    static const char letters[]
        = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    return len > 0 && (part[0] < '0' || part[0] > '9')
           && strspn(part, letters) >= len;
}

/* Other files that Python would import under the name. */
static void
warn_of_hidden(struct scan *s, const struct module *m)
{
    char *dir = path_dir(m->source);
    DIR *d = opendir(dir);
    size_t len = strlen(m->stem);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        const char *rest = entry->d_name + len;
        if (strncmp(entry->d_name, m->stem, len) != 0 || rest[0] != '.') {
            continue;
        }
        if (strcmp(rest, ".py") == 0
            || strcmp(path_suffix(entry->d_name), ".so") == 0)
        {
            list_add_fmt(&s->g->warnings,
                         "module '%s' comes from %s, so %s beside it is not "
                         "imported",
                         m->name, path_below(m->source, s->root),
                         entry->d_name);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    free(dir);
}

static void
warn_of_name(struct scan *s, const struct module *m)
{
    for (const char *at = m->name;; at++) {
        size_t len = strcspn(at, ".");
        if (!is_name(at, len)) {
            list_add_fmt(&s->g->warnings,
                         "%s: '%.*s' is no Python name, so no import reaches "
                         "the module (rename it, or make its folder a "
                         "--compile-path)",
                         path_below(m->source, s->root), (int)len, at);
            return;
        }
        at += len;
        if (*at == '\0') {
            return;
        }
    }
}

/* "pkg/_speed.c" below the root is "pkg._speed". */
static char *
module_name(const struct scan *s, const char *path)
{
    const char *below = path_below(path, s->root);
    if (s->drops_src && strncmp(below, "src/", 4) == 0) {
        below += 4;
    }
    char *name = mem_copy_range(below,
                                strlen(below) - strlen(path_suffix(below)));
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '/') {
            *c = '.';
        }
    }
    return name;
}

/* No C function can be called PyInit_<stem> then. */
static bool
is_nameless(struct scan *s, const char *path, const char *stem)
{
    static const char letters[]
        = "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (stem[strspn(stem, letters)] == '\0') {
        return false;
    }
    list_add_fmt(&s->g->warnings,
                 "%s is left alone: '%s' is no name of a module (letters, "
                 "digits and _ make one)",
                 path_below(path, s->root), stem);
    return true;
}

static bool
is_hidden_from_us(struct scan *s, const char *path)
{
    if (access(path, R_OK) == 0 || errno != EACCES) {
        return false;
    }
    list_add_fmt(&s->g->warnings, "%s cannot be read: %s",
                 path_below(path, s->root), strerror(EACCES));
    return true;
}

static void
take_file(struct scan *s, const char *path)
{
    if (is_hidden_from_us(s, path)) {
        return;
    }
    char *stem = path_stem(path);
    enum module_kind kind;
    char *real = path_real(path);
    bool is_claimed = list_has(&s->claimed, real);
    free(real);
    if (!is_claimed && graph_recognise(path, stem, &kind)
        && !is_nameless(s, path, stem))
    {
        char *name = module_name(s, path);
        struct module *m = module_of(s->g, name);
        if (module_set_has(&s->found, m)) {
            list_add_fmt(&s->g->warnings,
                         "two sources make the module '%s': %s is used, %s "
                         "is not",
                         name, path_below(m->source, s->root),
                         path_below(path, s->root));
        }
        else {
            m->kind = kind;
            set_source(m, path);
            module_set_add(&s->found, m);
            warn_of_name(s, m);
            warn_of_hidden(s, m);
        }
        free(name);
    }
    free(stem);
}

static bool
visit(struct scan *s, const char *folder)
{
    struct stat st;
    if (stat(folder, &st) < 0) {
        return false;
    }
    for (size_t i = 0; i < s->visited_count; i++) {
        if (s->visited[i].dev == st.st_dev
            && s->visited[i].ino == st.st_ino)
        {
            return false;
        }
    }
    s->visited = mem_resize(s->visited, s->visited_count + 1,
                            sizeof(*s->visited));
    s->visited[s->visited_count++]
        = (struct folder_id){st.st_dev, st.st_ino};
    return true;
}

struct entries {
    struct list files;
    struct list folders;
    struct list links; /* to folders: visited last, so that a folder has the
                          name of its own place */
};

static void
sort_entry(const char *folder, const char *name, struct entries *out)
{
    struct stat st;
    struct stat own;
    char *path = path_join(folder, name);
    if (stat(path, &st) == 0 && lstat(path, &own) == 0) {
        if (S_ISDIR(st.st_mode) && !graph_skips_folder(name)) {
            list_add(S_ISLNK(own.st_mode) ? &out->links : &out->folders,
                     path);
        }
        else if (S_ISREG(st.st_mode) && name[0] != '.' && is_source(name)) {
            list_add(&out->files, path);
        }
    }
    free(path);
}

static int
read_folder(const char *folder, struct entries *out)
{
    DIR *d = opendir(folder);
    if (d == NULL) {
        return -1;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0
            && strcmp(entry->d_name, "..") != 0)
        {
            sort_entry(folder, entry->d_name, out);
        }
    }
    closedir(d);
    list_sort(&out->files);
    list_sort(&out->folders);
    list_sort(&out->links);
    return 0;
}

static void
walk(struct scan *s, const char *folder)
{
    if (!visit(s, folder)) {
        return;
    }
    struct entries e = {LIST_INIT, LIST_INIT, LIST_INIT};
    if (read_folder(folder, &e) < 0) {
        list_add_fmt(&s->g->warnings, "%s cannot be read: %s",
                     path_below(folder, s->root), strerror(errno));
        goto done;
    }
    list_add_new(&s->g->folders, folder);
    for (size_t i = 0; i < e.files.count; i++) {
        take_file(s, e.files.items[i]);
    }
    list_add_all(&e.folders, &e.links);
    for (size_t i = 0; i < e.folders.count; i++) {
        if (!graph_is_venv(e.folders.items[i])) {
            walk(s, e.folders.items[i]);
        }
    }
done:
    list_dispose(&e.files);
    list_dispose(&e.folders);
    list_dispose(&e.links);
}

/* root/src that is no package itself but holds some is only their place. */
static bool
is_layout_folder(const char *root)
{
    char *src = path_join(root, "src");
    char *init = path_join(src, "__init__.py");
    DIR *d = path_is_file(init) ? NULL : opendir(src);
    bool holds_packages = false;
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        if (entry->d_name[0] != '.') {
            char *inner = mem_format("%s/%s/__init__.py", src,
                                     entry->d_name);
            holds_packages |= path_is_file(inner);
            free(inner);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    free(src);
    free(init);
    return holds_packages;
}

static void
replace(struct list *to, const struct list *from)
{
    list_clear(to);
    list_add_all(to, from);
}

/* The source that names the module comes first: the one with the init. */
static void
take_sources(struct scan *s, struct module *m, const struct config *c,
             const struct config_module *cm)
{
    enum module_kind kind = MODULE_RAW;
    list_clear(&m->sources);
    m->is_cxx = false;
    size_t first = 0;
    bool has_first = false;
    bool is_plain = false;
    for (size_t i = 0; i < cm->sources.count; i++) {
        char *path = path_join(c->root, cm->sources.items[i]);
        char *real = path_real(path);
        list_add_new(&s->claimed, real);
        m->is_cxx |= is_cxx(path);
        if (!has_first && graph_recognise(path, m->stem, &kind)) {
            has_first = kind == MODULE_RAW;
            is_plain |= kind == MODULE_PLAIN;
            first = has_first || !is_plain ? i : first;
        }
        list_add_taken(&m->sources, path);
        free(real);
    }
    m->kind = !has_first && is_plain ? MODULE_PLAIN : MODULE_RAW;
    if (m->sources.count > 0) {
        char *front = m->sources.items[first];
        m->sources.items[first] = m->sources.items[0];
        m->sources.items[0] = front;
    }
    free(m->source);
    m->source = mem_copy_str(m->sources.count > 0 ? m->sources.items[0]
                                                  : c->root);
}

static void
take_configured(struct scan *s, const struct config *c)
{
    for (size_t i = 0; i < c->module_count; i++) {
        const struct config_module *cm = &c->modules[i];
        struct module *m = module_of(s->g, cm->name);
        take_sources(s, m, c, cm);
        list_clear(&m->includes);
        for (size_t k = 0; k < cm->include_dirs.count; k++) {
            list_add_taken(&m->includes,
                           path_join(c->root, cm->include_dirs.items[k]));
        }
        replace(&m->cflags, &cm->cflags);
        replace(&m->ldflags, &cm->ldflags);
        replace(&m->libraries, &cm->libraries);
        replace(&m->pkg_config, &cm->pkg_config);
        free(m->std);
        m->std = mem_copy_str(cm->std);
        module_set_add(&s->found, m);
    }
}

/* A source that is a link lives elsewhere: saves happen there. */
static void
add_link_targets(struct graph *g, const struct module *m)
{
    for (size_t i = 0; i < m->sources.count; i++) {
        char *real = path_real(m->sources.items[i]);
        char *dir = path_dir(real);
        list_add_new(&g->folders, dir);
        free(dir);
        free(real);
    }
}

static int
scan_roots(struct scan *s, const struct list *roots, struct err *e)
{
    struct graph *g = s->g;
    /* Once known, a root may go and come back. */
    for (size_t i = 0; g->roots.count == 0 && i < roots->count; i++) {
        if (!path_is_dir(roots->items[i])) {
            return err_set(e, ERR_USAGE, "compile path %s is %s",
                           roots->items[i],
                           path_is_file(roots->items[i])
                               ? "a file; name the folder it is in"
                               : "not there");
        }
    }
    list_clear(&g->roots);
    for (size_t i = 0; i < roots->count; i++) {
        char *root = path_real(roots->items[i]);
        list_add_new(&g->roots, root);
        s->root = root;
        if (path_is_dir(root)) {
            s->drops_src = is_layout_folder(root);
            walk(s, root);
        }
        free(root);
    }
    return 0;
}

int
graph_scan(struct graph *g, const struct list *roots,
           const struct config *c, struct err *e)
{
    struct scan s = {.g = g, .claimed = LIST_INIT};
    list_clear(&g->folders);
    list_clear(&g->warnings);
    if (c != NULL) {
        take_configured(&s, c);
    }
    int status = scan_roots(&s, roots, e);
    for (size_t i = 0; status == 0 && i < g->module_count; i++) {
        struct module *m = g->modules[i];
        m->is_gone = !module_set_has(&s.found, m);
        if (!m->is_gone) {
            add_link_targets(g, m);
        }
    }
    list_dispose(&s.claimed);
    module_set_dispose(&s.found);
    free(s.visited);
    return status;
}
