/* warm: a compiler that waited gives what a cold one gives, for good and bad
 * sources alike; what it cannot give is compiled cold. */
#include "warm.h"

#include <dirent.h>
#include <signal.h>
#include <sys/stat.h>

#include "clang.h"
#include "compile_bench.h"
#include "compile_files.h"
#include "tcc_state.h"
#include "template.h"

/* What the pool needs to hear. */
static struct loop *loop;

static void
warm_bench_init(struct bench *b)
{
    bench_init(b, NULL);
    loop = loop_new();
    b->warm = warm_new(loop);
    /* A header of a moment ago is no header to rely on, and libtcc's first
     * one is made now. */
    char *dir = tcc_state_shim();
    char *shim = path_join(dir, "sys/cdefs.h");
    struct timespec now;
    do {
        clock_gettime(CLOCK_REALTIME_COARSE, &now);
    } while (!files_is_older(shim, &now));
    free(shim);
    free(dir);
}

static void
warm_bench_dispose(struct bench *b)
{
    warm_free(b->warm);
    loop_free(loop);
    bench_dispose(b);
}

static struct module *
module_of(struct bench *b, const char *name)
{
    rescan(b);
    struct module *m = graph_find(&b->g, name);
    CHECK(m != NULL && !m->is_gone);
    return m;
}

/* The processes that this one has started and not waited for. */
static struct list
children(void)
{
    struct list pids = LIST_INIT;
    struct buf text = BUF_INIT;
    char *path = mem_format("/proc/self/task/%d/children", (int)getpid());
    CHECK(file_read(path, &text, NULL) == 0);
    CHECK(list_split(&pids, buf_text(&text)) == 0);
    buf_dispose(&text);
    free(path);
    return pids;
}

static size_t
child_count(void)
{
    struct list pids = children();
    size_t count = pids.count;
    list_dispose(&pids);
    return count;
}

/* Until one waits, or all have given up. */
static void
prepare(struct bench *b, const char *name)
{
    struct err e = ERR_INIT;
    warm_prepare(b->warm, b->t, &b->p, module_of(b, name), TIER_FAST);
    while (warm_count(b->warm) == 0 && child_count() > 0) {
        CHECK(loop_step(loop, -1, &e) == 0);
    }
}

static struct build
compile_now(struct bench *b, const char *name, struct warm *warm)
{
    struct err e = ERR_INIT;
    struct build built;
    const struct compile_options o = {.tier = TIER_FAST, .warm = warm};
    struct compile *c = compile_start(b->t, &b->p, module_of(b, name), &o,
                                      &e);
    if (c == NULL) {
        fail_with(&e);
    }
    wait_for(c);
    compile_finish(c, &built);
    return built;
}

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

/* `text` after its preamble was read ahead, and cold. */
static void
compare(struct bench *b, const char *file, const char *text, bool is_warm)
{
    char *name = mem_copy_range(file, strcspn(file, "."));
    char *longer = mem_format("%s\n/* an edit */\n", text);
    folder_put(b->root, file, text);
    prepare(b, name);
    CHECK(is_warm == (warm_count(b->warm) == 1));
    folder_put(b->root, file, longer);
    struct build warm = compile_now(b, name, b->warm);
    struct build cold = compile_now(b, name, NULL);
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
    free(name);
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

/* -- what ends one -------------------------------------------------------- */

static long
number(struct bench *b, struct build *built)
{
    bool keeps_stack;
    long n = value(b, built, &keeps_stack);
    build_dispose(built);
    return n;
}

/* Builds m with value() = `expression`; whether it was warm. */
static bool
save(struct bench *b, const char *top, const char *expression, long want)
{
    put_module(b, "m.c", top, expression);
    struct build built = compile_now(b, "m", b->warm);
    bool is_warm = built.is_warm;
    CHECK(number(b, &built) == want);
    return is_warm;
}

static void
one_serves_many_saves(void)
{
    struct bench b;
    warm_bench_init(&b);
    CHECK(!save(&b, "", "1", 1));
    prepare(&b, "m");
    struct list before = children();
    for (int i = 0; i < 5; i++) {
        char *text = mem_format("%d", i);
        CHECK(save(&b, i % 2 ? "static int x;\n" : "", text, i));
        prepare(&b, "m");
        free(text);
    }
    struct list after = children();
    CHECK(before.count == 1 && after.count == 1);
    CHECK_STR(after.items[0], before.items[0]);
    list_dispose(&before);
    list_dispose(&after);
    warm_bench_dispose(&b);
    CHECK(child_count() == 0);
}

static void
one_that_was_killed_is_a_cold_compile(void)
{
    struct bench b;
    struct err e = ERR_INIT;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    struct list pids = children();
    kill(atoi(pids.items[0]), SIGKILL);
    CHECK(!save(&b, "", "2", 2)); /* nobody has heard of it yet */
    while (warm_count(b.warm) > 0) {
        CHECK(loop_step(loop, -1, &e) == 0);
    }
    CHECK(!save(&b, "", "3", 3));
    prepare(&b, "m");
    CHECK(save(&b, "", "4", 4));
    list_dispose(&pids);
    warm_bench_dispose(&b);
}

static void
one_that_hangs_is_a_cold_compile(void)
{
    struct bench b;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    struct list pids = children();
    kill(atoi(pids.items[0]), SIGSTOP);
    CHECK(!save(&b, "", "2", 2));
    CHECK(child_count() == 0);
    list_dispose(&pids);
    warm_bench_dispose(&b);
}

static void
a_header_or_a_flag_that_changed_is_a_cold_compile(void)
{
    struct bench b;
    warm_bench_init(&b);
    const char *top = "#include \"own.h\"\n";
    folder_put(b.root, "own.h", "#define N 1\n");
    put_module(&b, "m.c", top, "N");
    prepare(&b, "m");
    CHECK(save(&b, top, "N + 10", 11));
    folder_put(b.root, "own.h", "#define N 2\n");
    CHECK(!save(&b, top, "N + 10", 12));
    prepare(&b, "m");
    CHECK(save(&b, top, "N + 20", 22));
    struct module *m = module_of(&b, "m");
    list_add(&m->cflags, "-DM=5");
    struct build built;
    const struct compile_options o = {.tier = TIER_FAST, .warm = b.warm};
    struct compile *c = compile_start(b.t, &b.p, m, &o, NULL);
    wait_for(c);
    compile_finish(c, &built);
    CHECK(!built.is_warm);
    build_dispose(&built);
    warm_bench_dispose(&b);
}

static void
another_preamble_is_a_cold_compile_and_a_new_start(void)
{
    struct bench b;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    const char *top = "#include <math.h>\n";
    CHECK(save(&b, top, "2", 2)); /* the one that waits began alike */
    prepare(&b, "m");
    CHECK(save(&b, top, "3", 3));
    CHECK(!save(&b, "", "4", 4));
    prepare(&b, "m");
    CHECK(save(&b, "", "5", 5));
    warm_bench_dispose(&b);
}

static void
the_budget_is_kept(void)
{
    struct bench b;
    setenv("COWBIRD_WARM_MB", "1", 1);
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    warm_prepare(b.warm, b.t, &b.p, module_of(&b, "m"), TIER_FAST);
    put_module(&b, "n.c", "", "1");
    warm_prepare(b.warm, b.t, &b.p, module_of(&b, "n"), TIER_FAST);
    CHECK(child_count() == 0);
    warm_bench_dispose(&b);
    setenv("COWBIRD_WARM_MB", "0", 1);
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    CHECK(warm_count(b.warm) == 0 && child_count() == 0);
    CHECK(!save(&b, "", "2", 2));
    warm_bench_dispose(&b);
    unsetenv("COWBIRD_WARM_MB");
}

static void
a_cancelled_order_leaves_nothing(void)
{
    struct bench b;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    const struct compile_options o = {.tier = TIER_FAST, .warm = b.warm};
    struct compile *c
        = compile_start(b.t, &b.p, module_of(&b, "m"), &o, NULL);
    struct build built;
    compile_cancel(c);
    compile_finish(c, &built);
    CHECK(built.is_cancelled);
    build_dispose(&built);
    CHECK(child_count() == 1);
    CHECK(save(&b, "", "2", 2));
    warm_bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    if (getenv("COWBIRD_TCC") == NULL) {
        return 77;
    }
    RUN(one_serves_many_saves);
    RUN(one_that_was_killed_is_a_cold_compile);
    RUN(one_that_hangs_is_a_cold_compile);
    RUN(a_header_or_a_flag_that_changed_is_a_cold_compile);
    RUN(another_preamble_is_a_cold_compile_and_a_new_start);
    RUN(the_budget_is_kept);
    RUN(a_cancelled_order_leaves_nothing);
    RUN(headers_and_warnings_are_as_cold);
    RUN(what_may_read_differently_is_compiled_cold);
    RUN(broken_sources_fail_warm_as_cold);
    RUN(sources_of_ours_compile_warm_as_cold);
    return 0;
}
