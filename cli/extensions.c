/* extensions: see extensions.h. Here: which folders are projects, and when
 * they are read again; the child and its answer are extensions_ask.c. */
#include "extensions.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "extensions_ask.h"
#include "file.h"
#include "mem.h"
#include "path.h"

static const char *const deciding[]
    = {"setup.py", "setup.cfg", "pyproject.toml", NULL};

static bool
says(const char *folder, const char *name, const char *const *words)
{
    struct buf text = BUF_INIT;
    char *path = path_join(folder, name);
    bool is_said = false;
    if (path_is_file(path) && file_read(path, &text, NULL) == 0) {
        for (; *words != NULL && !is_said; words++) {
            is_said = strstr(buf_text(&text), *words) != NULL;
        }
    }
    buf_dispose(&text);
    free(path);
    return is_said;
}

/* A setup.py may be anything; one that declares extensions speaks of one of
 * these, if only where it imports setup(). */
static bool
is_project(const char *folder)
{
    static const char *const tools[] = {"setuptools", "distutils",
                                        "skbuild", NULL};
    static const char *const tables[] = {"ext-modules", NULL};
    return says(folder, "setup.py", tools)
           || says(folder, "pyproject.toml", tables);
}

/* Backends beside setuptools: by what in pyproject.toml they are known, and
 * the file of theirs, with a word in it, that says what is compiled. */
static const struct {
    const char *backend, *file, *word;
} foreign[] = {
    {"mesonpy", "meson.build", "project("},
    {"scikit_build_core", "CMakeLists.txt", "project("},
    {"hatchling", "hatch_build.py", "Extension"},
    {"poetry.", "build.py", "Extension"},
    {"pdm.backend", "pdm_build.py", "Extension"},
};

/* What such a backend builds it alone knows; without a word its modules would
 * seem to be missing. A table of ours says that the user knows. */
static void
warn_of_backend(struct extensions *x, const struct config *c,
                const char *folder)
{
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        const char *backend[] = {foreign[i].backend, NULL};
        const char *word[] = {foreign[i].word, NULL};
        if (c->module_count > 0 || !says(folder, "pyproject.toml", backend)
            || !says(folder, foreign[i].file, word))
        {
            continue;
        }
        char *file = path_join(folder, foreign[i].file);
        list_add_fmt(&x->warnings,
                     "%s: the extensions that it declares are left out, "
                     "because cowbird reads setup.py and [tool.setuptools] "
                     "alone ([tool.cowbird.modules.NAME] in pyproject.toml "
                     "names them: cowbird help modules)",
                     path_below(file, c->root));
        free(file);
        list_add_taken(&x->files, path_join(folder, "pyproject.toml"));
    }
}

static void
add_names(struct digest_state *s, const char *folder)
{
    struct list names = LIST_INIT;
    DIR *d = opendir(folder);
    for (struct dirent *entry; d != NULL && (entry = readdir(d)) != NULL;) {
        const char *suffix = path_suffix(entry->d_name);
        if (suffix[0] == '.' && suffix[1] == 'c') {
            list_add(&names, entry->d_name);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    list_sort(&names);
    for (size_t i = 0; i < names.count; i++) {
        digest_add_str(s, names.items[i]);
    }
    list_dispose(&names);
}

void
extensions_add_names(struct digest_state *s, const struct extensions *x)
{
    struct list folders = LIST_INIT;
    for (size_t i = 0; i < x->module_count; i++) {
        const struct list *sources = &x->modules[i].sources;
        for (size_t k = 0; k < sources->count; k++) {
            char *folder = path_dir(sources->items[k]);
            list_add_new(&folders, folder);
            free(folder);
        }
    }
    for (size_t i = 0; i < folders.count; i++) {
        add_names(s, folders.items[i]);
    }
    list_dispose(&folders);
}

/* Of all that is known to decide. */
static struct digest
key_of(const struct extensions *x)
{
    struct digest_state s;
    digest_start(&s);
    for (size_t i = 0; i < x->files.count; i++) {
        struct digest d = {{0}};
        digest_file(x->files.items[i], &d, NULL);
        digest_add(&s, d.bytes, sizeof(d.bytes));
    }
    extensions_add_names(&s, x);
    return digest_end(&s);
}

/* Modules of a project around the compile paths, but not below one, are
 * somebody else's. */
static bool
is_below_path(const struct config *c, const struct config_module *m)
{
    for (size_t i = 0; i < c->compile_paths.count; i++) {
        for (size_t k = 0; k < m->sources.count; k++) {
            char *root = path_real(c->compile_paths.items[i]);
            char *source = path_real(m->sources.items[k]);
            bool is_below = path_is_below(source, root);
            free(root);
            free(source);
            if (is_below) {
                return true;
            }
        }
    }
    return false;
}

/* A source of Cython's whose C nobody has made. */
static const char *
untranslated(const struct config_module *m)
{
    for (size_t i = 0; i < m->sources.count; i++) {
        const char *suffix = path_suffix(m->sources.items[i]);
        if (strcmp(suffix, ".pyx") == 0 || strcmp(suffix, ".py") == 0) {
            return m->sources.items[i];
        }
    }
    return NULL;
}

static bool
is_known(const struct extensions *x, const char *name)
{
    for (size_t i = 0; i < x->module_count; i++) {
        if (strcmp(x->modules[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes what is to be compiled out of `found`, which is left empty. */
static void
take_modules(struct extensions *x, const struct config *c,
             struct extensions *found)
{
    for (size_t i = 0; i < found->module_count; i++) {
        struct config_module *m = &found->modules[i];
        const char *other = untranslated(m);
        bool is_ours = is_below_path(c, m) && !is_known(x, m->name);
        if (is_ours && other != NULL) {
            list_add_fmt(&x->warnings,
                         "module '%s' is left alone: %s has no C beside it "
                         "(cython %s writes it)",
                         m->name, path_below(other, c->root),
                         path_below(other, c->root));
        }
        if (!is_ours || other != NULL) {
            config_module_dispose(m);
            continue;
        }
        x->modules = mem_resize(x->modules, x->module_count + 1,
                                sizeof(*x->modules));
        x->modules[x->module_count++] = *m;
    }
    found->module_count = 0;
}

static void
read_project(struct extensions *x, const struct config *c,
             const struct python *p, const char *folder)
{
    struct extensions found = EXTENSIONS_INIT;
    for (size_t i = 0; deciding[i] != NULL; i++) {
        list_add_taken(&x->files, path_join(folder, deciding[i]));
    }
    extensions_ask(&found, p, folder, c->root);
    for (size_t i = 0; i < found.files.count; i++) {
        list_add_new(&x->files, found.files.items[i]);
    }
    list_add_all(&x->warnings, &found.warnings);
    take_modules(x, c, &found);
    extensions_dispose(&found);
}

void
extensions_read(struct extensions *x, const struct config *c,
                const struct python *p)
{
    struct list folders = LIST_INIT;
    struct digest now = key_of(x);
    if (x->files.count > 0 && digest_equal(&now, &x->key)) {
        return;
    }
    extensions_dispose(x);
    for (size_t i = 0; i <= c->compile_paths.count; i++) {
        char *folder = path_real(i < c->compile_paths.count
                                     ? c->compile_paths.items[i]
                                     : c->root);
        list_add_new(&folders, folder);
        free(folder);
    }
    for (size_t i = 0; i < folders.count; i++) {
        if (is_project(folders.items[i])) {
            read_project(x, c, p, folders.items[i]);
        }
        else {
            warn_of_backend(x, c, folders.items[i]);
        }
    }
    list_dispose(&folders);
    x->key = key_of(x);
}

bool
extensions_has_file(const struct extensions *x, const char *path)
{
    return list_has(&x->files, path);
}

void
extensions_dispose(struct extensions *x)
{
    for (size_t i = 0; i < x->module_count; i++) {
        config_module_dispose(&x->modules[i]);
    }
    free(x->modules);
    list_dispose(&x->files);
    list_dispose(&x->warnings);
    *x = (struct extensions)EXTENSIONS_INIT;
}
