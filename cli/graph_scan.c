/* graph_scan: the walk below the compile paths that finds native modules;
 * graph.h's graph_scan. Follows links, visits each folder once, so that a
 * link to a folder above ends. Reads sources, writes nothing. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "graph.h"
#include "graph_named.h"
#include "mem.h"
#include "path.h"

static void
set_source(struct module *m, const char *path)
{
    free(m->source);
    m->source = mem_copy_str(path);
    list_clear(&m->sources);
    list_add(&m->sources, path);
    m->is_cxx = scan_is_cxx(path);
    scan_forget_words(m); /* it may have been named before */
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

/* Nobody would hear of it before an import fails. */
static void
warn_of_other(struct scan *s, const char *path, const char *init)
{
    if (init != NULL) {
        list_add_fmt(&s->g->warnings,
                     "%s makes no module: its init function is %s, "
                     "and a module is called as its file is (rename the one "
                     "or the other)",
                     path_below(path, s->root), init);
    }
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
    char *other = NULL;
    bool is_claimed = list_has(&s->claimed, real);
    free(real);
    if (is_claimed || !graph_recognise(path, stem, &kind, &other)) {
        list_add(&s->g->passed, path);
        warn_of_other(s, path, other);
    }
    else if (!is_nameless(s, path, stem)) {
        char *name = module_name(s, path);
        struct module *m = scan_module(s->g, name);
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
    free(other);
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
        else if (S_ISREG(st.st_mode) && name[0] != '.'
                 && graph_is_source(name))
        {
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
        /* Most files of a tree are nothing to us: no need to look at them. */
        bool is_other = entry->d_type == DT_REG
                        && !graph_is_source(entry->d_name);
        if (!is_other && strcmp(entry->d_name, ".") != 0
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
        if (!graph_is_foreign(e.folders.items[i])) {
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
    list_clear(&g->passed);
    list_clear(&g->warnings);
    for (size_t i = 0; i < g->module_count; i++) {
        g->modules[i]->is_redefined = false;
    }
    if (c != NULL) {
        scan_take_named(&s, c);
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
