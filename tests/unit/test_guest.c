/* guest: where the package is, and a guest compiled once for each ABI. */
#include "guest.h"

#include <unistd.h>

#include "check.h"
#include "compile.h"
#include "folder.h"
#include "object.h"

static void
the_package_is_found_from_the_program(void)
{
    struct err e = ERR_INIT;
    const char *package = guest_package(&e);
    CHECK(package != NULL && package[0] == '/');
    char *hook = path_join(package, "runtime/wire/msg.h");
    CHECK(path_is_file(hook));
    free(hook);
}

static void
the_package_is_searched_for_once(void)
{
    CHECK(guest_package(NULL) == guest_package(NULL));
}

static void
a_guest_is_compiled_once_and_then_found(void)
{
    char *cache = folder_new();
    setenv("COWBIRD_CACHE_DIR", cache, 1);
    struct err e = ERR_INIT;
    struct python p;
    struct toolchain *t = toolchain_new("auto", &e);
    CHECK(t != NULL && python_find(&p, NULL, "/", &e) == 0);
    char *first = guest_find(t, &p, &e);
    if (first == NULL) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    CHECK(path_is_file(first) && strstr(first, p.ext_suffix) != NULL);
    struct object *o = object_open(first, NULL);
    CHECK(o != NULL && object_defines(o, "PyInit__cowbird"));
    object_free(o);
    /* Nothing to compile with: it must be the one that is there. */
    char *path = mem_copy_str(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    char *again = guest_find(t, &p, &e);
    CHECK_STR(again, first);
    setenv("COWBIRD_GUEST_CFLAGS", "-DOTHER=1", 1);
    CHECK(guest_find(t, &p, &e) == NULL);
    unsetenv("COWBIRD_GUEST_CFLAGS");
    setenv("PATH", path, 1);
    p.has_headers = false;
    free(again);
    CHECK(guest_find(t, &p, &e) == NULL);
    CHECK(strstr(e.text, "Python.h is missing: install the headers")
          != NULL);
    free(first);
    free(path);
    python_dispose(&p);
    toolchain_free(t);
    folder_free(cache);
}

int
main(void)
{
    unsetenv("VIRTUAL_ENV");
    unsetenv("COWBIRD_GUEST_CFLAGS");
    RUN(the_package_is_found_from_the_program);
    RUN(the_package_is_searched_for_once);
    RUN(a_guest_is_compiled_once_and_then_found);
    return 0;
}
