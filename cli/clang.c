/* clang: see clang.h. */
#include "clang.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "mem.h"
#include "path.h"

/* The first file that `pattern` matches, on the heap. */
static char *
first_match(const char *pattern)
{
    glob_t found;
    char *path = NULL;
    if (glob(pattern, 0, NULL, &found) == 0) {
        /* sorted by name: the last is the newest LLVM */
        path = mem_copy_str(found.gl_pathv[found.gl_pathc - 1]);
        globfree(&found);
    }
    return path;
}

static char *
in_packages(const char *site_packages)
{
    char *path = path_join(site_packages, "clang/native/libclang.so");
    if (!path_is_file(path)) {
        free(path);
        path = NULL;
    }
    return path;
}

/* Beside cowbird's own package: where `pip install cowbird` puts both. Looked
 * for once, as long as it is there: every save asks. */
static char *
beside_package(void)
{
    static char *last;
    if (last != NULL && path_is_file(last)) {
        return mem_copy_str(last);
    }
    const char *package = guest_package(NULL);
    char *folder = package == NULL ? NULL : path_dir(package);
    char *found = folder == NULL ? NULL : in_packages(folder);
    if (found == NULL && package != NULL) {
        /* a build tree: what tests/setup has installed */
        char *pattern = path_join(package,
                                  ".cowbird-dev/env/lib/python3*/"
                                  "site-packages/clang/native/libclang.so");
        found = first_match(pattern);
        free(pattern);
    }
    free(folder);
    free(last);
    last = found == NULL ? NULL : mem_copy_str(found);
    return found;
}

static char *
in_environment(const struct python *p)
{
    if (p == NULL || p->prefix == NULL) {
        return NULL;
    }
    char *folder = mem_format("%s/lib/python%d.%d/site-packages", p->prefix,
                              p->major, p->minor);
    char *found = in_packages(folder);
    free(folder);
    return found;
}

static char *
in_system(void)
{
    static const char *const patterns[]
        = {"/usr/lib/llvm-*/lib/libclang.so.1", "/usr/lib/libclang.so",
           "/usr/lib64/libclang.so", "/usr/lib/*-linux-gnu/libclang-*.so.1",
           "/usr/lib64/libclang.so.*", NULL};
    char *found = NULL;
    for (size_t i = 0; found == NULL && patterns[i] != NULL; i++) {
        found = first_match(patterns[i]);
    }
    return found;
}

char *
clang_find(const struct python *p, struct err *e)
{
    const char *named = getenv("COWBIRD_LIBCLANG");
    if (named != NULL && named[0] != '\0') {
        if (!path_is_file(named)) {
            err_set(e, ERR_USAGE,
                    "COWBIRD_LIBCLANG names %s, which is not there", named);
            return NULL;
        }
        return mem_copy_str(named);
    }
    char *found = beside_package();
    if (found == NULL) {
        found = in_environment(p);
    }
    if (found == NULL) {
        found = in_system();
    }
    if (found == NULL) {
        err_set(e, ERR_BUILD,
                "libclang is not installed, and a module that includes "
                "cowbird.h is read with it: pip install libclang");
    }
    return found;
}

int
clang_load(struct clang *c, const char *library, struct err *e)
{
    *c = (struct clang){.library = NULL};
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        return err_set(e, ERR_BUILD, "libclang does not load: %s",
                       dlerror());
    }
#define X(name, result, parameters) {"clang_" #name, &c->name},
    const struct {
        const char *name;
        void *place;
    } functions[] = {CLANG_FUNCTIONS(X)};
#undef X
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        void *f = dlsym(handle, functions[i].name);
        if (f == NULL) {
            return err_set(e, ERR_BUILD,
                           "%s has no %s: it is too old (pip install "
                           "libclang)",
                           library, functions[i].name);
        }
        memcpy(functions[i].place, &f, sizeof(f));
    }
    c->library = mem_copy_str(library);
    return 0;
}

void
clang_dispose(struct clang *c)
{
    free(c->library);
    c->library = NULL;
}

char *
clang_take(const struct clang *c, struct clang_text text)
{
    const char *words = c->getCString(text);
    char *copy = mem_copy_str(words == NULL ? "" : words);
    c->disposeString(text);
    return copy;
}
