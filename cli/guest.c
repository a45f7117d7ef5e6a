/* guest: see guest.h. */
#include "guest.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "compile.h"
#include "digest.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "report.h"
#include "tool.h"
#include "toolchain.h"

#define PREAMBLE "pyabi.h"
#define ONE_MS 120000
#define ALL_MS 900000 /* a loaded machine has taken five minutes */

/* The first folder that `pattern` matches and that holds the package. */
static char *
package_at(char *pattern, struct list *tried)
{
    glob_t found;
    char *package = NULL;
    list_add(tried, pattern);
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc && package == NULL; i++) {
            char *mark = path_join(found.gl_pathv[i], "runtime/wire/msg.h");
            if (path_is_file(mark)) {
                package = path_real(found.gl_pathv[i]);
            }
            free(mark);
        }
    }
    globfree(&found);
    free(pattern);
    return package;
}

/* The program may lie in the package itself, in the scripts folder of an
 * environment, beside the package (--target), or below the repository. */
static char *
find_package(struct err *e)
{
    static const char *const places[]
        = {"",
           "/..",
           "/../lib*/python3*/site-packages/cowbird",
           "/../lib*/python3*/dist-packages/cowbird",
           "/../local/lib*/python3*/dist-packages/cowbird",
           "/../cowbird",
           "/../..",
           "/../../..",
           "/../../../.."};
    char *exe = path_real("/proc/self/exe");
    char *dir = path_dir(exe);
    struct list tried = LIST_INIT;
    char *package = NULL;
    for (size_t i = 0;
         i < sizeof(places) / sizeof(places[0]) && package == NULL; i++)
    {
        package = package_at(mem_format("%s%s", dir, places[i]), &tried);
    }
    if (package == NULL) {
        char *all = list_join(&tried, ", ");
        err_set(e, ERR_SYSTEM,
                "cowbird's package is not where this program could look: %s",
                all);
        free(all);
    }
    list_dispose(&tried);
    free(dir);
    free(exe);
    return package;
}

/* A save asks some ten times. */
const char *
guest_package(struct err *e)
{
    static char *package;
    if (package == NULL) {
        package = find_package(e);
    }
    return package;
}

/* The sources that runtime/SOURCES lists, absolute. */
static int
read_sources(const char *package, struct list *sources, struct err *e)
{
    struct buf text = BUF_INIT;
    char *runtime = path_join(package, "runtime");
    char *path = path_join(runtime, "SOURCES");
    int status = file_read(path, &text, e);
    const char *at = buf_text(&text);
    while (status == 0 && *at != '\0') {
        size_t len = strcspn(at, "\n");
        if (len > 0 && at[0] != '#') {
            char *name = mem_copy_range(at, len);
            list_add_taken(sources, path_join(runtime, name));
            free(name);
        }
        at += len + (at[len] == '\n');
    }
    free(path);
    free(runtime);
    buf_dispose(&text);
    return status;
}

static int
add_flags(struct list *argv, struct err *e)
{
    static const char *const ours[]
        = {"-std=c11", "-O2", "-g", "-fPIC", "-pthread",
           "-fvisibility=hidden", "-Wl,-Bsymbolic", "-D_GNU_SOURCE",
           "-DCOWBIRD_VERSION=\"" COWBIRD_VERSION "\"", NULL};
    for (size_t i = 0; ours[i] != NULL; i++) {
        list_add(argv, ours[i]);
    }
    const char *more = getenv("COWBIRD_GUEST_CFLAGS");
    if (list_split(argv, more == NULL ? COWBIRD_GUEST_CFLAGS : more) < 0) {
        return err_set(e, ERR_USAGE,
                       "COWBIRD_GUEST_CFLAGS has an open quote: %s", more);
    }
    return 0;
}

/* cc's words but for the output and the sources. */
static int
make_command(const struct toolchain *t, const struct python *p,
             const char *package, struct list *argv, struct err *e)
{
    list_add_all(argv, &t->cc);
    if (add_flags(argv, e) < 0) {
        return -1;
    }
    list_add_fmt(argv, "-I%s/runtime", package);
    list_add(argv, "-isystem");
    list_add(argv, p->include);
    if (p->platinclude != NULL && strcmp(p->platinclude, p->include) != 0) {
        list_add(argv, "-isystem");
        list_add(argv, p->platinclude);
    }
    return 0;
}

static void
add_matching(char *pattern, struct list *files)
{
    glob_t found;
    if (glob(pattern, 0, NULL, &found) == 0) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            list_add(files, found.gl_pathv[i]);
        }
    }
    globfree(&found);
    free(pattern);
}

static int
key_of(const struct toolchain *t, const struct python *p,
       const char *package, const struct list *argv,
       const struct list *sources, struct digest *key, struct err *e)
{
    struct list files = LIST_INIT;
    struct digest_state s;
    digest_start(&s);
    digest_add_str(&s, "guest 1");
    digest_add_str(&s, p->soabi);
    toolchain_add_cc(t, &s);
    for (size_t i = 0; i < argv->count; i++) {
        digest_add_str(&s, argv->items[i]);
    }
    char *patchlevel = path_join(p->include, "patchlevel.h");
    list_add_taken(&files, patchlevel);
    list_add_all(&files, sources);
    add_matching(mem_format("%s/runtime/*.h", package), &files);
    add_matching(mem_format("%s/runtime/wire/*.h", package), &files);
    int status = 0;
    for (size_t i = 0; i < files.count && status == 0; i++) {
        struct digest d = {{0}};
        status = digest_file(files.items[i], &d, e);
        digest_add(&s, d.bytes, sizeof(d.bytes));
    }
    *key = digest_end(&s);
    list_dispose(&files);
    return status;
}

static int
run_cc(struct list *argv, struct err *e)
{
    struct tool_options o = {.deadline_ms = ONE_MS, .has_no_group = true,
                             .is_merged = true, .is_plain = true};
    struct tool_result r = TOOL_RESULT_INIT;
    int status = tool_run(argv, &o, &r, e);
    if (status == 0 && (r.status != 0 || r.is_timed_out)) {
        char *reason = tool_reason(&r);
        const char *text = buf_text(&r.out);
        const char *error = strstr(text, "error:");
        text = error == NULL ? text : error;
        status = err_set(e, ERR_SYSTEM, "cowbird's guest does not build: "
                                        "%s: %.*s",
                         reason, (int)strcspn(text, "\n"), text);
        free(reason);
    }
    tool_result_dispose(&r);
    return status;
}

static int
compile_one(const struct list *command, const struct list *sources,
            size_t index, const char *folder, struct err *e)
{
    struct list argv = LIST_INIT;
    list_add_all(&argv, command);
    list_add(&argv, "-c");
    list_add(&argv, "-o");
    list_add_fmt(&argv, "%s/%zu.o", folder, index);
    list_add(&argv, sources->items[index]);
    int status = run_cc(&argv, e);
    list_dispose(&argv);
    return status;
}

/* One of several processes that share the sources; says on its pipe what
 * failed. */
static void
work(const struct list *command, const struct list *sources, size_t first,
     size_t stride, const char *folder, int out)
{
    struct err e = ERR_INIT;
    for (size_t i = first; i < sources->count; i += stride) {
        if (compile_one(command, sources, i, folder, &e) < 0) {
            dprintf(out, "%s", e.text);
            _exit(1);
        }
    }
    _exit(0);
}

static int
compile_sources(const struct list *command, const struct list *sources,
                const char *folder, struct err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t stride = cores < 1 ? 1 : cores > 16 ? 16 : (size_t)cores;
    struct forked workers[16];
    size_t count = 0;
    int status = 0;
    fflush(NULL);
    for (; count < stride && status == 0; count++) {
        status = tool_fork(&workers[count], e);
        if (status == 0 && workers[count].pid == 0) {
            work(command, sources, count, stride, folder,
                 workers[count].fd);
        }
    }
    count -= status < 0;
    for (size_t i = 0; i < count; i++) {
        struct tool_result r = TOOL_RESULT_INIT;
        if (tool_wait(&workers[i], ALL_MS, &r) < 0 && status == 0) {
            char *reason = tool_reason(&r);
            status = r.out.len > 0
                         ? err_set(e, ERR_SYSTEM, "%s", buf_text(&r.out))
                         : err_set(e, ERR_SYSTEM,
                                   "cowbird's guest does not build: %s "
                                   "(what it compiles with: cowbird doctor)",
                                   reason);
            free(reason);
        }
        tool_result_dispose(&r);
    }
    return status;
}

static int
link_objects(const struct list *command, size_t count, const char *folder,
             const char *name, struct err *e)
{
    struct list argv = LIST_INIT;
    list_add_all(&argv, command);
    list_add(&argv, "-shared");
    list_add(&argv, "-o");
    list_add_fmt(&argv, "%s/%s", folder, name);
    for (size_t i = 0; i < count; i++) {
        list_add_fmt(&argv, "%s/%zu.o", folder, i);
    }
    int status = run_cc(&argv, e);
    for (size_t i = 0; i < count; i++) {
        char *object = mem_format("%s/%zu.o", folder, i);
        unlink(object);
        free(object);
    }
    list_dispose(&argv);
    return status;
}

/* The header that each source begins with, read once for all of them: what
 * stands above Python's own is half of the work. A compiler that makes
 * nothing of it reads the text instead. */
static void
precompile(struct list *command, const char *package, const char *folder)
{
    char *header = path_join(folder, PREAMBLE);
    char *text = mem_format("#include \"%s/runtime/" PREAMBLE "\"\n", package);
    if (file_write(header, text, strlen(text), NULL) == 0) {
        struct list argv = LIST_INIT;
        list_add_all(&argv, command);
        list_add(&argv, "-c"); /* words for the linker would have it link */
        list_add(&argv, "-x");
        list_add(&argv, "c-header");
        list_add(&argv, "-o");
        list_add_fmt(&argv, "%s.gch", header);
        list_add(&argv, header);
        if (run_cc(&argv, NULL) == 0) {
            list_add(command, "-include");
            list_add(command, header);
        }
        list_dispose(&argv);
    }
    free(text);
    free(header);
}

static void
remove_precompiled(const char *folder)
{
    char *header = path_join(folder, PREAMBLE);
    char *precompiled = mem_format("%s.gch", header);
    unlink(precompiled);
    unlink(header);
    free(precompiled);
    free(header);
}

/* Compiles into a fresh entry of the cache. */
static int
build(const struct list *words, const char *package,
      const struct list *sources, const char *name, const struct digest *key,
      struct err *e)
{
    char *folder = cache_begin(e);
    if (folder == NULL) {
        return -1;
    }
    struct list command = LIST_INIT;
    list_add_all(&command, words);
    precompile(&command, package, folder);
    int status = compile_sources(&command, sources, folder, e);
    remove_precompiled(folder);
    if (status < 0 && command.count > words->count) {
        err_clear(e); /* it may be the precompiled header's */
        status = compile_sources(words, sources, folder, e);
    }
    status = status < 0
                     || link_objects(words, sources->count, folder, name, e)
                            < 0
                     || cache_publish(folder, "guests", key, e) < 0
                 ? -1
                 : 0;
    if (status < 0) {
        cache_abandon(folder);
    }
    list_dispose(&command);
    free(folder);
    return status;
}

static int
check_means(const struct toolchain *t, const struct python *p,
            struct err *e)
{
    if (t->cc.count == 0) {
        return err_set(e, ERR_SYSTEM,
                       "cowbird's guest for Python %s needs a C compiler "
                       "once (Debian, Ubuntu: apt install gcc)",
                       p->version);
    }
    if (!p->has_headers) {
        return err_set(e, ERR_SYSTEM,
                       "%s/Python.h is missing: install the headers of "
                       "Python %d.%d (Debian, Ubuntu: apt install "
                       "python%d.%d-dev)",
                       p->include, p->major, p->minor, p->major, p->minor);
    }
    return 0;
}

char *
guest_find(const struct toolchain *t, const struct python *p, struct err *e)
{
    const char *package = guest_package(e);
    if (package == NULL) {
        return NULL;
    }
    char *name = mem_format("_cowbird%s", p->ext_suffix);
    char *ready = mem_format("%s/guest/%s/%s", package, p->soabi, name);
    struct list argv = LIST_INIT;
    struct list sources = LIST_INIT;
    struct digest key;
    bool is_there = false;
    char *result = NULL;
    char *entry = NULL;
    if (path_is_file(ready) && getenv("COWBIRD_GUEST_CFLAGS") == NULL) {
        result = mem_copy_str(ready);
        goto done;
    }
    if (check_means(t, p, e) < 0 || read_sources(package, &sources, e) < 0
        || make_command(t, p, package, &argv, e) < 0
        || key_of(t, p, package, &argv, &sources, &key, e) < 0)
    {
        goto done;
    }
    entry = cache_entry("guests", &key, &is_there, e);
    if (entry != NULL && !is_there) {
        report_setup("guest", "compiling for CPython %s, once (%zu files)",
                     p->version, sources.count);
    }
    if (entry != NULL
        && (is_there || build(&argv, package, &sources, name, &key, e) == 0))
    {
        result = path_join(entry, name);
    }
done:
    list_dispose(&argv);
    list_dispose(&sources);
    free(entry);
    free(ready);
    free(name);
    return result;
}
