/* compile: compilers that hang, die, or are overtaken by a save. */
#include <signal.h>
#include <sys/stat.h>

#include "compile_bench.h"

/* A CC that writes its pid and does what `does` says when it compiles. */
static void
fake_cc(struct bench *b, const char *does)
{
    char *text = mem_format("#!/bin/sh\n"
                            "case \"$*\" in *'-E -v'*) exec cc \"$@\";; esac\n"
                            "%s\n",
                            does);
    char *path = folder_write(b->cache, "fake-cc", text);
    CHECK(chmod(path, 0755) == 0);
    toolchain_free(b->t);
    struct err e = ERR_INIT;
    b->t = toolchain_new(path, &e);
    if (b->t == NULL) {
        fail_with(&e);
    }
    free(path);
    free(text);
}

/* No process of that group is left; the kernel may need a moment. */
static void
must_end(const char *pid_path)
{
    struct buf text = BUF_INIT;
    CHECK(file_read(pid_path, &text, NULL) == 0);
    pid_t pid = (pid_t)strtol(buf_text(&text), NULL, 10);
    CHECK(pid > 1);
    int64_t until = clock_now_ns() + 10000000000;
    while (kill(pid, 0) == 0) {
        CHECK(clock_now_ns() < until);
        poll(NULL, 0, 5);
    }
    buf_dispose(&text);
}

static void
a_hanging_compiler_is_killed_with_its_children(void)
{
    struct bench b;
    bench_init(&b, NULL);
    char *pid_path = path_join(b.root, "pid");
    char *does = mem_format("sleep 1000 & echo $! > %s.new; "
                            "mv %s.new %s; wait",
                            pid_path, pid_path, pid_path);
    fake_cc(&b, does);
    put_module(&b, "m.c", "", "1");
    struct build built = build_for(&b, "m", TIER_OPTIMISED, 1500);
    CHECK(built.is_timed_out);
    CHECK(strstr(error_of(&built)->message, "had not ended after 2 s")
          != NULL);
    must_end(pid_path);
    build_dispose(&built);
    free(pid_path);
    free(does);
    bench_dispose(&b);
}

static size_t
count_left(const char *cache)
{
    struct list argv = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {0};
    list_add(&argv, "ls");
    list_add_fmt(&argv, "%s/tmp", cache);
    CHECK(tool_run(&argv, &o, &r, NULL) == 0);
    size_t len = r.out.len;
    tool_result_dispose(&r);
    list_dispose(&argv);
    return len;
}

static void
a_cancelled_compile_leaves_nothing(void)
{
    struct bench b;
    bench_init(&b, NULL);
    char *pid_path = path_join(b.root, "pid");
    char *litter = path_join(b.root, "cc.s");
    char *does = mem_format("echo > $TMPDIR/cc.s; "
                            "sleep 1000 & echo $! > %s.new; "
                            "mv %s.new %s; wait",
                            pid_path, pid_path, pid_path);
    setenv("TMPDIR", b.root, 1);
    fake_cc(&b, does);
    put_module(&b, "m.c", "", "1");
    rescan(&b);
    const struct compile_options o = {.tier = TIER_OPTIMISED};
    struct compile *c
        = compile_start(b.t, &b.p, graph_find(&b.g, "m"), &o, NULL);
    CHECK(c != NULL);
    while (!path_is_file(pid_path)) {
        poll(NULL, 0, 5);
    }
    compile_cancel(c);
    struct build built;
    compile_finish(c, &built);
    CHECK(built.is_cancelled && !built.is_good && built.artefact == NULL);
    CHECK(built.diags.count == 0);
    must_end(pid_path);
    CHECK(count_left(b.cache) == 0);
    CHECK(!path_is_file(litter));
    unsetenv("TMPDIR");
    build_dispose(&built);
    free(litter);
    free(pid_path);
    free(does);
    bench_dispose(&b);
}

static void
a_killed_compiler_is_a_failed_build(void)
{
    struct bench b;
    bench_init(&b, NULL);
    fake_cc(&b, "kill -9 $$");
    put_module(&b, "m.c", "", "1");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    CHECK(strstr(error_of(&built)->message,
                 "fake-cc ended with signal 9 (Killed)")
          != NULL);
    build_dispose(&built);
    /* The child itself, as when memory runs out. */
    fake_cc(&b, "kill -9 $PPID; sleep 100");
    built = build(&b, "m", TIER_OPTIMISED);
    CHECK(strstr(error_of(&built)->message,
                 "the compile was killed by signal 9 (Killed)")
          != NULL);
    build_dispose(&built);
    CHECK(count_left(b.cache) == 0);
    bench_dispose(&b);
}

static void
a_change_during_the_compile_is_not_cached(void)
{
    struct bench b;
    bench_init(&b, NULL);
    char *does = mem_format("cc \"$@\"; s=$?; "
                            "echo '#define N 2' > %s/n.h; exit $s",
                            b.root);
    fake_cc(&b, does);
    folder_put(b.root, "n.h", "#define N 1\n");
    put_module(&b, "m.c", "#include \"n.h\"", "N");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    must_be_good(&built);
    CHECK(built.is_stale);
    build_dispose(&built);
    folder_put(b.root, "n.h", "#define N 1\n");
    struct build again;
    CHECK(!compile_lookup(b.t, &b.p, graph_find(&b.g, "m"), TIER_OPTIMISED,
                          &again));
    build_dispose(&again);
    free(does);
    bench_dispose(&b);
}

static void
a_binding_that_cannot_be_kept_is_told_and_not_cached(void)
{
    struct bench b;
    bench_init(&b, NULL);
    fake_cc(&b, "for word; do case $before in -o) "
                "mkdir -p \"$(dirname \"$word\")/m.binding.c\";; esac; "
                "before=$word; done; exec cc \"$@\"");
    folder_put(b.root, "m.c", "#include <cowbird.h>\nint f(void)\n"
                              "{ return 1; }\n");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    CHECK(!built.is_good);
    const char *said = diag_first_error(&built.diags)->message;
    CHECK(strstr(said, "the binding of m could not be written to ") != NULL);
    CHECK(strstr(said, ": File exists") != NULL);
    build_dispose(&built);
    struct build again;
    CHECK(!compile_lookup(b.t, &b.p, graph_find(&b.g, "m"), TIER_OPTIMISED,
                          &again));
    build_dispose(&again);
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    RUN(a_hanging_compiler_is_killed_with_its_children);
    RUN(a_cancelled_compile_leaves_nothing);
    RUN(a_killed_compiler_is_a_failed_build);
    RUN(a_change_during_the_compile_is_not_cached);
    RUN(a_binding_that_cannot_be_kept_is_told_and_not_cached);
    return 0;
}
