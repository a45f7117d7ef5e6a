/* driver: what gcc and clang would run, for compilers that are themselves. */
#include "driver.h"

#include <sys/stat.h>

#include "compile_bench.h"

/* Runs `argv`; it must say nothing. */
static void
run(struct list *argv)
{
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.is_merged = true, .is_plain = true};
    struct err e = ERR_INIT;
    if (tool_run(argv, &o, &r, &e) < 0) {
        fail_with(&e);
    }
    if (r.status != 0 || r.out.len > 0) {
        fprintf(stderr, "%s\n", buf_text(&r.out));
        exit(1);
    }
    tool_result_dispose(&r);
}

static struct list
words_of(const char *command)
{
    struct list argv = LIST_INIT;
    CHECK(list_split(&argv, command) == 0);
    return argv;
}

static void
link_both_ways(struct bench *b, const char *cc, const char *text)
{
    struct buf libraries[2] = {BUF_INIT, BUF_INIT};
    char *out = path_join(b->cache, "out.so");
    char *compile = mem_format("%s -O2 -g -fPIC -c -o %s/0.o %s/m.c", cc,
                               b->cache, b->root);
    char *link = mem_format("%s -shared -g -Wl,-Bsymbolic -o %s %s/0.o -lm",
                            cc, out, b->cache);
    folder_put(b->root, "m.c", text);
    struct list argv = words_of(compile);
    run(&argv);
    list_dispose(&argv);
    argv = words_of(link);
    struct list linker = LIST_INIT;
    CHECK(!driver_link(b->t, &argv, b->cache, false, &linker));
    CHECK(driver_link(b->t, &argv, b->cache, true, &linker));
    run(&linker);
    CHECK(file_read(out, &libraries[0], NULL) == 0);
    list_dispose(&linker);
    CHECK(driver_link(b->t, &argv, b->cache, false, &linker));
    run(&argv);
    CHECK(file_read(out, &libraries[1], NULL) == 0);
    CHECK(libraries[0].len > 0 && libraries[0].len == libraries[1].len
          && memcmp(libraries[0].data, libraries[1].data,
                    libraries[0].len) == 0);
    buf_dispose(&libraries[0]);
    buf_dispose(&libraries[1]);
    list_dispose(&linker);
    list_dispose(&argv);
    free(compile);
    free(link);
    free(out);
}

static void
a_link_without_its_driver_gives_the_same_library(void)
{
    static const char *const compilers[] = {"gcc", "clang", NULL};
    for (size_t i = 0; compilers[i] != NULL; i++) {
        char *found = path_which(compilers[i]);
        if (found != NULL) {
            struct bench b;
            bench_init(&b, compilers[i]);
            link_both_ways(&b, compilers[i],
                           "#include <math.h>\n#include <stdlib.h>\n"
                           "static void bye(void) {}\n"
                           "double f(double x) { atexit(bye);"
                           " return sin(x); }\n");
            bench_dispose(&b);
        }
        free(found);
    }
}

static void
flags_that_make_a_driver_do_more_are_left_to_it(void)
{
    static const char *const commands[]
        = {"gcc -c -o x.o -flto m.c", "gcc -c -o x.o -save-temps m.c",
           "gcc -c -o x.o --coverage m.c", "gcc -c -o x.o @words m.c", NULL};
    struct bench b;
    bench_init(&b, "gcc");
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct list argv = words_of(commands[i]);
        struct driver_steps steps;
        CHECK(!driver_compile(b.t, &argv, &steps));
        list_dispose(&argv);
    }
    struct list argv = words_of("gcc -O2 -c -o x.o m.c");
    struct driver_steps steps;
    CHECK(driver_compile(b.t, &argv, &steps));
    CHECK_STR(path_base(steps.compile.items[0]), "cc1");
    CHECK_STR(path_base(steps.assemble.items[0]), "as");
    CHECK_STR(steps.assemble.items[steps.object], "x.o");
    driver_steps_dispose(&steps);
    list_dispose(&argv);
    bench_dispose(&b);
}

static void
a_script_in_a_compilers_place_is_always_run(void)
{
    struct bench b;
    bench_init(&b, NULL);
    char *script = path_join(b.root, "mycc");
    folder_put(b.root, "mycc", "#!/bin/sh\nexec gcc \"$@\"\n");
    CHECK(chmod(script, 0755) == 0);
    struct toolchain *t = toolchain_new(script, NULL);
    struct list argv = LIST_INIT;
    struct driver_steps steps;
    list_add(&argv, script);
    list_add(&argv, "-c");
    list_add(&argv, "m.c");
    CHECK(t != NULL && !driver_compile(t, &argv, &steps));
    list_dispose(&argv);
    toolchain_free(t);
    free(script);
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    RUN(a_link_without_its_driver_gives_the_same_library);
    RUN(flags_that_make_a_driver_do_more_are_left_to_it);
    RUN(a_script_in_a_compilers_place_is_always_run);
    return 0;
}
