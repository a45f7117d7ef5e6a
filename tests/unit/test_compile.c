/* compile: real compilers on real modules, and their cache. */
#include "clang.h"
#include "compile_bench.h"

#include <elf.h>

#include "file.h"

static const char packed[]
    = "#include <stdio.h>\n"
      "struct __attribute__((packed)) small { char a; int b; };\n"
      "struct wide { char a; } __attribute__((aligned(64)));\n";

static void
both_tiers_build_what_python_imports(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", packed,
               "sizeof(struct small) * 1000 + sizeof(struct wide)");
    CHECK(value_of(&b, "m", TIER_OPTIMISED) == 5064);
    CHECK(value_of(&b, "m", TIER_FAST) == 5064);
    struct build built = build(&b, "m", TIER_FAST);
    CHECK(built.is_cached);
    if (has_tcc(&b)) {
        CHECK_STR(built.compiler, "tcc");
        CHECK(built.fallback == NULL);
    }
    build_dispose(&built);
    bench_dispose(&b);
}

/* A hole would be one more mapping for each generation that an app loads. */
static void
segments_of_an_artefact_lie_without_holes(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "static int filled = 1, empty;",
               "filled++ + empty++");
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built = build(&b, "m", tier);
        struct buf file = BUF_INIT;
        CHECK(file_read(built.artefact, &file, NULL) == 0);
        const Elf64_Ehdr *head = (const void *)file.data;
        const Elf64_Phdr *p = (const void *)(file.data + head->e_phoff);
        size_t next = 0;
        for (int i = 0; i < head->e_phnum; i++) {
            if (p[i].p_type == PT_LOAD) {
                CHECK(p[i].p_vaddr / page <= next);
                next = (p[i].p_vaddr + p[i].p_memsz) / page + 1;
            }
        }
        buf_dispose(&file);
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
what_tcc_cannot_do_goes_to_cc(void)
{
    static const struct {
        const char *top;
        const char *expression;
    } cases[] = {
        {"static __int128 big = 7;", "big"},
        {"static _Thread_local int local = 7;", "local"},
        {"#include <complex.h>\nstatic double _Complex z = 7.0;",
         "creal(z)"},
        {"#include <immintrin.h>", "7"},
        {"static int add(int a) { int r; return "
         "__builtin_add_overflow(a, 3, &r) ? 0 : r; }",
         "add(4)"},
    };
    struct bench b;
    bench_init(&b, NULL);
    for (size_t i = 0; i < 5 && has_tcc(&b); i++) {
        put_module(&b, "m.c", cases[i].top, cases[i].expression);
        bool keeps_stack;
        struct build built = build(&b, "m", TIER_FAST);
        CHECK(value(&b, &built, &keeps_stack) == 7);
        if (built.fallback != NULL) {
            CHECK(strncmp(built.fallback, "tcc: ", 5) == 0);
            CHECK_STR(built.compiler, toolchain_cc(b.t));
        }
        else {
            CHECK(i == 3); /* a header alone may well be harmless */
        }
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
cxx_modules_build_and_keep_no_unique_symbols(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.cpp",
               "#include <vector>\n"
               "template <class T> struct one { static T value; };\n"
               "template <class T> T one<T>::value = 3;\n",
               "std::vector<int>{one<int>::value, 4}.size() + "
               "one<int>::value");
    CHECK(value_of(&b, "m", TIER_FAST) == 5);
    bench_dispose(&b);
}

static void
an_init_without_the_macro_is_still_found(void)
{
    struct bench b;
    bench_init(&b, NULL);
    folder_put(b.root, "m.c",
               "#include <Python.h>\n"
               "static struct PyModuleDef def = {PyModuleDef_HEAD_INIT,"
               " \"m\"};\n"
               "PyObject *PyInit_m(void) { return PyModuleDef_Init(&def); "
               "}\n");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    must_be_good(&built);
    build_dispose(&built);
    bench_dispose(&b);
}

static void
an_error_has_its_line_and_caret(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "", "sun + 1");
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built = build(&b, "m", tier);
        const struct diag *d = error_of(&built);
        CHECK(d->line == 5 && d->column == 35);
        CHECK(strstr(d->message, "sun") != NULL);
        CHECK_STR(d->source, "    return PyLong_FromLong((long)(sun + 1));");
        CHECK_STR(path_base(d->path), "m.c");
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
a_missing_header_is_waited_for(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "#include \"later.h\"", "LATER");
    struct build built = build(&b, "m", TIER_FAST);
    const struct diag *d = error_of(&built);
    CHECK(d->line == 2 && strstr(d->message, "later.h") != NULL);
    char *later = path_join(b.root, "later.h");
    CHECK(list_has(&built.headers, later));
    struct module *m = graph_find(&b.g, "m");
    graph_set_headers(&b.g, m, &built.headers);
    build_dispose(&built);

    folder_put(b.root, "later.h", "#define LATER 12\n");
    struct list paths = LIST_INIT;
    struct module_set dirty = {NULL, 0, 0};
    struct module_set same = {NULL, 0, 0};
    list_add(&paths, later);
    graph_refresh(&b.g, &paths, &dirty, &same);
    CHECK(dirty.count == 1 && dirty.items[0] == m);
    CHECK(value_of(&b, "m", TIER_FAST) == 12);
    module_set_dispose(&dirty);
    module_set_dispose(&same);
    list_dispose(&paths);
    free(later);
    bench_dispose(&b);
}

static void
an_undefined_symbol_is_an_error_at_its_use(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "extern int nobody_has_this(int);",
               "nobody_has_this(1)");
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built = build(&b, "m", tier);
        const struct diag *d = error_of(&built);
        CHECK(strstr(d->message, "undefined symbol 'nobody_has_this'")
              != NULL);
        CHECK(d->line == 2 && d->column == 12 && d->width == 15);
        build_dispose(&built);
    }
    put_module(&b, "m.c", "#include <math.h>\nvolatile double x = 9;",
               "sqrt(x)");
    CHECK(value_of(&b, "m", TIER_OPTIMISED) == 3);
    CHECK(value_of(&b, "m", TIER_FAST) == 3);
    bench_dispose(&b);
}

static void
an_undeclared_function_is_refused_by_both_tiers(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "", "getauxval(3)");
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built = build(&b, "m", tier);
        /* in cc's words or in libclang's */
        CHECK(strstr(error_of(&built)->message, "implicit ") != NULL);
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
own_names_do_not_reach_libc(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c",
               "int dirname(int a) { return a + 40; }\n"
               "int (*volatile through)(int) = dirname;\n",
               "dirname(1) + through(-39)");
    CHECK(value_of(&b, "m", TIER_OPTIMISED) == 42);
    CHECK(value_of(&b, "m", TIER_FAST) == 42);
    bench_dispose(&b);
}

/* What a build says after `name` was written with `text`. */
static long
after(struct bench *b, const char *name, const char *text, bool *is_cached)
{
    folder_put(b->root, name, text);
    struct build built = build(b, "m", TIER_OPTIMISED);
    bool keeps_stack;
    long number = value(b, &built, &keeps_stack);
    *is_cached = built.is_cached;
    build_dispose(&built);
    return number;
}

static void
the_cache_is_never_stale(void)
{
    struct bench b;
    bool is_cached;
    bench_init(&b, NULL);
    setenv("CPPFLAGS", "-Iearly -Ilate", 1);
    char *flags = mem_format("-I%s/early -I%s/late", b.root, b.root);
    setenv("CPPFLAGS", flags, 1);
    toolchain_free(b.t);
    b.t = toolchain_new(NULL, NULL);
    put_module(&b, "m.c", "#include \"outer.h\"", "VALUE");
    folder_put(b.root, "late/value.h", "#define VALUE 1\n");
    CHECK(after(&b, "outer.h", "#include <value.h>\n", &is_cached) == 1);
    CHECK(!is_cached);
    CHECK(after(&b, "unrelated.h", "", &is_cached) == 1 && is_cached);
    CHECK(after(&b, "late/value.h", "#define VALUE 2\n", &is_cached) == 2);
    CHECK(!is_cached);
    CHECK(after(&b, "late/value.h", "#define VALUE 1\n", &is_cached) == 1);
    CHECK(is_cached);
    /* A new header that is found first. */
    CHECK(after(&b, "early/value.h", "#define VALUE 3\n", &is_cached) == 3);
    CHECK(!is_cached);
    char *early = path_join(b.root, "early/value.h");
    CHECK(unlink(early) == 0);
    CHECK(after(&b, "unrelated.h", "", &is_cached) == 1 && is_cached);
    char *late = path_join(b.root, "late/value.h");
    CHECK(unlink(late) == 0);
    struct build built = build(&b, "m", TIER_OPTIMISED);
    CHECK(!built.is_good && !built.is_cached);
    build_dispose(&built);
    unsetenv("CPPFLAGS");
    free(early);
    free(late);
    free(flags);
    bench_dispose(&b);
}

static void
other_flags_are_another_artefact(void)
{
    struct bench b;
    bool is_cached;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "#ifndef N\n#define N 1\n#endif", "N");
    CHECK(after(&b, "x.h", "", &is_cached) == 1 && !is_cached);
    setenv("CFLAGS", "-DN=2", 1);
    toolchain_free(b.t);
    b.t = toolchain_new(NULL, NULL);
    CHECK(after(&b, "x.h", "", &is_cached) == 2 && !is_cached);
    CHECK(value_of(&b, "m", TIER_FAST) == 2);
    unsetenv("CFLAGS");
    bench_dispose(&b);
}

static void
cached_builds_replay_their_warnings(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "static int nobody_calls(void) { return 1; }",
               "1");
    for (int i = 0; i < 2; i++) {
        struct build built = build(&b, "m", TIER_OPTIMISED);
        must_be_good(&built);
        CHECK(built.is_cached == (i == 1));
        CHECK(diag_count(&built.diags, DIAG_WARNING) == 1);
        CHECK_STR(built.diags.items[0].flag, "-Wunused-function");
        CHECK(built.diags.items[0].source != NULL);
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
a_plain_module_without_libclang_says_so_at_its_line(void)
{
    struct bench b;
    bench_init(&b, NULL);
    setenv("COWBIRD_LIBCLANG", "/not/there.so", 1);
    folder_put(b.root, "m.c", "\n#include <cowbird.h>\nint f(int a);\n");
    put_module(&b, "raw.c", "#include <Python.h>", "3");
    struct build built = build(&b, "m", TIER_FAST);
    const struct diag *d = error_of(&built);
    CHECK(d->line == 2 && strstr(d->message, "/not/there.so") != NULL);
    CHECK_STR(d->source, "#include <cowbird.h>");
    build_dispose(&built);
    CHECK(value_of(&b, "raw", TIER_FAST) == 3);
    unsetenv("COWBIRD_LIBCLANG");
    bench_dispose(&b);
}

static bool
has_libclang(void)
{
    char *library = clang_find(NULL, NULL);
    bool has = library != NULL;
    free(library);
    return has;
}

static void
a_plain_module_is_built_by_both_tiers_and_cached(void)
{
    struct bench b;
    bench_init(&b, NULL);
    folder_put(b.root, "m.c", "#include \"cowbird.h\"\n"
                              "#include \"own.h\"\n"
                              "static const int ANSWER = 42;\n"
                              "int read(int a) { return a + OWN; }\n");
    folder_put(b.root, "own.h", "#define OWN 1\n");
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built = build(&b, "m", tier);
        must_be_good(&built);
        CHECK(built.diags.count == 0 && built.headers.count >= 1);
        for (size_t i = 0; i < built.headers.count; i++) {
            CHECK(path_is_below(built.headers.items[i], b.root));
        }
        build_dispose(&built);
        struct module *m = graph_find(&b.g, "m");
        CHECK(compile_lookup(b.t, &b.p, m, tier, &built) && built.is_cached);
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static void
a_plain_module_is_refused_where_it_cannot_be_bound(void)
{
    struct bench b;
    bench_init(&b, NULL);
    folder_put(b.root, "m.c", "#include <cowbird.h>\n"
                              "int f(int a) { return a; }\n"
                              "int *g(void) { return 0; }\n");
    struct build built = build(&b, "m", TIER_FAST);
    const struct diag *d = error_of(&built);
    CHECK(d->line == 3 && d->column == 6 && d->help != NULL);
    CHECK_STR(d->source, "int *g(void) { return 0; }");
    build_dispose(&built);
    /* The compiler's word comes first: what it does not accept is not C. */
    folder_put(b.root, "m.c", "#include <cowbird.h>\n"
                              "int *g(void) { return 0; }\n"
                              "int f(int a) { return undeclared; }\n");
    built = build(&b, "m", TIER_FAST);
    d = error_of(&built);
    CHECK(d->line == 3 && diag_count(&built.diags, DIAG_ERROR) == 1);
    build_dispose(&built);
    bench_dispose(&b);
}

static void
a_module_may_have_several_sources(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "#include <Python.h>\nint other(void);",
               "other()");
    folder_put(b.root, "other.c", "int other(void) { return 77; }\n");
    rescan(&b);
    struct module *m = graph_find(&b.g, "m");
    list_add_taken(&m->sources, path_join(b.root, "other.c"));
    for (int tier = TIER_FAST; tier <= TIER_OPTIMISED; tier++) {
        struct build built;
        bool keeps_stack;
        const struct compile_options o = {.tier = (enum compile_tier)tier};
        struct compile *c
            = compile_start(b.t, &b.p, m, &o, NULL);
        CHECK(c != NULL);
        wait_for(c);
        compile_finish(c, &built);
        CHECK(value(&b, &built, &keeps_stack) == 77);
        CHECK(keeps_stack);
        build_dispose(&built);
    }
    bench_dispose(&b);
}

static size_t heard;

static void
hear(void *data, const struct build *built)
{
    (void)built;
    heard++;
    CHECK(data == &heard);
}

static void
all_modules_are_built_at_once(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "a.c", "", "1");
    put_module(&b, "b.c", "", "broken");
    put_module(&b, "pkg/c.c", "#include \"c.h\"", "C");
    folder_put(b.root, "pkg/c.h", "#define C 3\n");
    rescan(&b);
    for (int i = 0; i < 2; i++) {
        struct build *builds = NULL;
        struct err e = ERR_INIT;
        heard = 0;
        CHECK(compile_all(b.t, &b.p, &b.g, TIER_OPTIMISED, 2, hear, &heard,
                          &builds, &e)
              == 1);
        CHECK(heard == 3);
        CHECK(builds[0].is_good && !builds[1].is_good && builds[2].is_good);
        CHECK(builds[0].is_cached == (i == 1));
        CHECK_STR(builds[2].module->name, "pkg.c");
        CHECK_STR(path_base(builds[2].module->headers.items[0]), "c.h");
        for (size_t k = 0; k < 3; k++) {
            build_dispose(&builds[k]);
        }
        free(builds);
    }
    bench_dispose(&b);
}

static void
a_compiler_that_is_not_there_is_named(void)
{
    struct err e = ERR_INIT;
    CHECK(toolchain_new("no-such-cc", &e) == NULL);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, "there is no compiler 'no-such-cc' (from --cc)");
    setenv("CC", "no-such-cc -m64", 1);
    CHECK(toolchain_new("auto", &e) == NULL);
    CHECK_STR(e.text, "there is no compiler 'no-such-cc' (from CC)");
    unsetenv("CC");
}

int
main(void)
{
    bench_clear_environment();
    RUN(both_tiers_build_what_python_imports);
    RUN(segments_of_an_artefact_lie_without_holes);
    RUN(what_tcc_cannot_do_goes_to_cc);
    RUN(cxx_modules_build_and_keep_no_unique_symbols);
    RUN(an_init_without_the_macro_is_still_found);
    RUN(an_error_has_its_line_and_caret);
    RUN(a_missing_header_is_waited_for);
    RUN(an_undefined_symbol_is_an_error_at_its_use);
    RUN(an_undeclared_function_is_refused_by_both_tiers);
    RUN(own_names_do_not_reach_libc);
    RUN(the_cache_is_never_stale);
    RUN(other_flags_are_another_artefact);
    RUN(cached_builds_replay_their_warnings);
    RUN(a_plain_module_without_libclang_says_so_at_its_line);
    if (has_libclang()) {
        RUN(a_plain_module_is_built_by_both_tiers_and_cached);
        RUN(a_plain_module_is_refused_where_it_cannot_be_bound);
    }
    RUN(a_module_may_have_several_sources);
    RUN(all_modules_are_built_at_once);
    RUN(a_compiler_that_is_not_there_is_named);
    return 0;
}
