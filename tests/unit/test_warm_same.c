/* warm: a compiler that waited gives what a cold one gives, for good and bad
 * sources alike: words, files, bindings. */
#include "warm_bench.h"

#include "clang.h"
#include "template.h"

static void
check_text(const char *got, const char *want)
{
    CHECK((got == NULL) == (want == NULL));
    if (want != NULL) {
        CHECK_STR(got, want);
    }
}

static void
check_same(const struct build *warm, const struct build *cold)
{
    struct buf words[2] = {BUF_INIT, BUF_INIT};
    diag_to_json(&warm->diags, &words[0]);
    diag_to_json(&cold->diags, &words[1]);
    check_text(buf_text(&words[0]), buf_text(&words[1]));
    check_text(warm->compiler, cold->compiler);
    check_text(warm->fallback, cold->fallback);
    CHECK(warm->is_good == cold->is_good);
    CHECK(warm->headers.count == cold->headers.count);
    for (size_t i = 0; i < cold->headers.count; i++) {
        CHECK_STR(warm->headers.items[i], cold->headers.items[i]);
    }
    /* of every file that was read, in its order */
    CHECK(!warm->is_stale && !cold->is_stale);
    CHECK(digest_equal(&warm->key, &cold->key));
    buf_dispose(&words[0]);
    buf_dispose(&words[1]);
}

/* gcc and clang write the same library: code, symbols, lines for debuggers. */
static void
check_same_library(const struct build *cold, const struct buf *warm)
{
    struct buf text = BUF_INIT;
    if (cold->artefact == NULL) {
        return;
    }
    CHECK(file_read(cold->artefact, &text, NULL) == 0);
    CHECK(text.len == warm->len
          && memcmp(text.data, warm->data, warm->len) == 0);
    buf_dispose(&text);
}

/* Binding and stub that a build has put into the cache, which forgets it, or
 * the next build of this content would find it there; NULL: there is none. */
static char *
take_binding(const struct build *built, const char *stem)
{
    struct buf text = BUF_INIT;
    if (built->artefact == NULL) {
        return NULL;
    }
    char *folder = path_dir(built->artefact);
    char *binding = mem_format("%s/%s.binding.c", folder, stem);
    char *stub = mem_format("%s/%s.pyi", folder, stem);
    if (path_is_file(binding)) {
        CHECK(file_read(binding, &text, NULL) == 0);
        CHECK(file_read(stub, &text, NULL) == 0);
    }
    CHECK(file_remove_tree(folder, NULL) == 0);
    free(binding);
    free(stub);
    free(folder);
    return buf_take(&text);
}

/* `text` with `more` behind it, after its preamble was read ahead, and
 * cold. */
static void
compare_edit(struct bench *b, const char *file, const char *text,
             const char *more, bool is_warm)
{
    char *name = mem_copy_range(file, strcspn(file, "."));
    char *first = mem_format("%s\n%s\n/* to be edited */\n", text, more);
    char *longer = mem_format("%s\n%s\n", text, more);
    folder_put(b->root, file, text);
    struct build last = compile_now(b, name, NULL);
    prepare_after(b, name, last.artefact);
    build_dispose(&last);
    if (is_warm != (warm_count(b->warm) == 1)) {
        fprintf(stderr, "%s: waits %d\n%s", file, !is_warm, text);
        exit(1);
    }
    /* The first without a driver, and the first that asks for more of the
     * libraries, is linked in full, with the symbols in another order. */
    folder_put(b->root, file, first);
    last = compile_now(b, name, NULL);
    build_dispose(&last);
    folder_put(b->root, file, longer);
    struct build warm = compile_now(b, name, b->warm);
    struct buf library = BUF_INIT;
    if (warm.artefact != NULL) {
        CHECK(file_read(warm.artefact, &library, NULL) == 0);
    }
    char *warm_binding = take_binding(&warm, name);
    struct build cold = compile_now(b, name, NULL);
    if (warm_cc_name != NULL) {
        check_same_library(&cold, &library);
    }
    buf_dispose(&library);
    char *cold_binding = take_binding(&cold, name);
    check_text(warm_binding, cold_binding);
    free(warm_binding);
    free(cold_binding);
    if (warm.is_warm != is_warm) {
        fprintf(stderr, "%s: warm %d\n%s", file, warm.is_warm, text);
        exit(1);
    }
    CHECK(!cold.is_warm);
    check_same(&warm, &cold);
    build_dispose(&warm);
    build_dispose(&cold);
    warm_free(b->warm);
    b->warm = warm_new(loop);
    char *path = path_join(b->root, file);
    unlink(path);
    free(path);
    free(longer);
    free(first);
    free(name);
}

static void
compare(struct bench *b, const char *file, const char *text, bool is_warm)
{
    compare_edit(b, file, text, "/* an edit */", is_warm);
}

static void
compare_file(struct bench *b, const char *below, const char *name,
             bool is_warm)
{
    struct buf text = BUF_INIT;
    char *path = mem_format("%s/%s/%s", SOURCE_ROOT, below, name);
    CHECK(file_read(path, &text, NULL) == 0);
    compare(b, name, buf_text(&text), is_warm);
    buf_dispose(&text);
    free(path);
}

static bool
has_libclang(void)
{
    char *found = clang_find(NULL, NULL);
    bool is_there = found != NULL;
    free(found);
    return is_there;
}

static void
sources_of_ours_compile_warm_as_cold(void)
{
    struct bench b;
    struct template_list all = TEMPLATE_LIST_INIT;
    const struct template_mark marks[]
        = {{"@NAME@", "m"}, {"@MODULE@", "m"}, {NULL, NULL}};
    warm_bench_init(&b);
    CHECK(template_list_read(&all, SOURCE_ROOT "/templates", NULL) == 0);
    for (size_t i = 0; i < all.count; i++) {
        struct buf text = BUF_INIT;
        template_fill_in(all.items[i].text, marks, &text);
        if (has_libclang() || strstr(text.data, "cowbird.h") == NULL) {
            compare(&b, "m.c", buf_text(&text), true);
        }
        buf_dispose(&text);
    }
    compare_file(&b, "bench/apps", "hot.c", true);
    compare_file(&b, "bench/apps", "calls.c", true);
    compare_file(&b, "examples/order_book", "fast_book.c", true);
    if (has_libclang()) {
        compare_file(&b, "examples/fastapi_workers", "scoring.c", true);
        compare_file(&b, "examples/flask_app", "pricing.c", true);
        compare_file(&b, "tests/plain", "kinds.c", true);
    }
    template_list_dispose(&all);
    warm_bench_dispose(&b);
}

#define INIT "PyMODINIT_FUNC PyInit_m(void) { return 0; }\n"

static void
broken_sources_fail_warm_as_cold(void)
{
    static const char *const rests[]
        = {INIT "int f(void) { return x; }\n",
           INIT "int f(void) { return 0;\n",
           INIT "#if 1\nint f(void);\n",
           INIT "#endif\n",
           INIT "int f(void) { return strange(1); }\n",
           INIT "int f(void) { return *PyLong_FromLong; } int g(\n",
           INIT "#include \"not_there.h\"\n",
           INIT "#error no\n",
           INIT "#define A(x\nint y = A(1);\n",
           INIT "const char *s = \"open;\n",
           INIT "int y = 1 +* 2;",
           INIT "static int unused(void) { return 1; }\n",
           INIT "static const int unused_number = 1;\n",
           INIT "int f(void) { char *p = 3; return *p; }\n",
           INIT "__int128 big(void) { return 1; }\n", NULL};
    struct bench b;
    warm_bench_init(&b);
    for (size_t i = 0; rests[i] != NULL; i++) {
        char *text = mem_format("/* doc */\n#include <Python.h>\n\n%s",
                                rests[i]);
        compare(&b, "m.c", text, true);
        free(text);
    }
    warm_bench_dispose(&b);
}

static void
headers_and_warnings_are_as_cold(void)
{
    struct bench b;
    warm_bench_init(&b);
    folder_put(b.root, "own.h", "#include \"inner.h\"\n#define WHO 3\n");
    folder_put(b.root, "inner.h", "#ifndef D\n#define D __FILE__\n#endif\n");
    folder_put(b.root, "late.h", "static const char *late = __FILE__;\n");
    folder_put(b.root, "warns.h", "#warning old\n");
    folder_put(b.root, "bad.h", "int f(void) { return nothing; }\n");
    compare(&b, "m.c", "#define _GNU_SOURCE\n#include <Python.h>\n"
                       "#include \"own.h\"\n#include \"warns.h\"\n"
                       "const char *who = D; int line = __LINE__;\n"
                       "#include \"late.h\"\n#include <math.h>\n" INIT, true);
    compare(&b, "m.c", "#include \"own.h\"\n#include <Python.h>\n" INIT
                       "#include \"bad.h\"\n", true);
    folder_put(b.root, "extra.h", "static int extra(void) { return 1; }\n");
    compare(&b, "m.c", "#include <Python.h>\n#include \"extra.h\"\n" INIT,
            true);
    /* a failure of the preamble itself is found cold */
    compare(&b, "m.c", "#include \"bad.h\"\n#include <Python.h>\n" INIT,
            false);
    compare(&b, "m.c", "#include \"gone.h\"\n#include <Python.h>\n" INIT,
            false);
    warm_bench_dispose(&b);
}

static void
what_may_read_differently_is_compiled_cold(void)
{
    struct bench b;
    warm_bench_init(&b);
    folder_put(b.root, "base.h", "#define WHERE __BASE_FILE__\n");
    compare(&b, "m.c", "#include <Python.h>\nchar *s = __TIMESTAMP__;\n" INIT,
            false);
    compare(&b, "m.c", "int x;\n#include <Python.h>\n" INIT, false);
    compare(&b, "m.c", "#include <Python.h>\n#include \"base.h\"\n" INIT,
            false);
    warm_bench_dispose(&b);
}

static void
plain_sources_are_bound_warm_as_cold(void)
{
    static const char *const texts[]
        = {"#define BEFORE 3\n#include <cowbird.h>\n#define AFTER 4.5\n"
           "enum { ONE = 1, TWO };\nint f(int a) { return a; }\n",
           "/* The doc. */\n#include \"own.h\"\n#include <cowbird.h>\n"
           "/* Adds. */\ndouble f(const double *x, size_t n)\n"
           "{ return n > 0 ? x[0] : 0; }\n",
           "#include <cowbird.h>\nint f(struct none *x) { return 1; }\n",
           "#include <cowbird.h>\nchar *f(void) { return 0; }\n",
           "#include <cowbird.h>\nint f(int a, ...) { return a; }\n",
           "#include <cowbird.h>\nint f(unknown a) { return 1; }\n",
           "#include <cowbird.h>\nint f(int a) { return b; }\n",
           "#include <cowbird.h>\nint f(int a) { return a;\n", NULL};
    struct bench b;
    warm_bench_init(&b);
    folder_put(b.root, "own.h", "#define FROM_HEADER 7\n");
    for (size_t i = 0; texts[i] != NULL && has_libclang(); i++) {
        compare(&b, "m.c", texts[i], true);
    }
    warm_bench_dispose(&b);
}

/* What waits has the object of the binding before. */
static void
another_binding_is_made_warm_as_cold(void)
{
    struct bench b;
    warm_bench_init(&b);
    folder_put(b.root, "own.h", "#define FROM_HEADER 7\n");
    for (int i = 0; i < 2 && has_libclang(); i++) {
        compare_edit(&b, "m.c",
                     "#include \"own.h\"\n#include <cowbird.h>\n"
                     "int f(int a) { return a; }\n",
                     i == 0 ? "double g(double x) { return x + nobody; }"
                            : "double g(double x) { return x; }",
                     true);
    }
    warm_bench_dispose(&b);
}

int
main(int argc, char **argv)
{
    if (!warm_bench_choose(argc, argv)) {
        return 77;
    }
    RUN(headers_and_warnings_are_as_cold);
    RUN(what_may_read_differently_is_compiled_cold);
    RUN(broken_sources_fail_warm_as_cold);
    RUN(plain_sources_are_bound_warm_as_cold);
    RUN(another_binding_is_made_warm_as_cold);
    RUN(sources_of_ours_compile_warm_as_cold);
    return 0;
}
