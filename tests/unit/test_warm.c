/* warm: what a waiting compiler serves, what ends it, and that none is left.
 */
#include "warm_bench.h"

#include <sched.h>

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

/* A tcc has a fork beside it that takes the next order. */
static struct list
waiting_children(void)
{
    size_t wanted = warm_tier() == TIER_FAST ? 2 : 1;
    struct list pids = children();
    while (pids.count < wanted) {
        list_dispose(&pids);
        sched_yield();
        pids = children();
    }
    CHECK(pids.count == wanted);
    return pids;
}

static void
kill_all(const struct list *pids, int number)
{
    for (size_t i = 0; i < pids->count; i++) {
        kill(atoi(pids->items[i]), number);
    }
}

static void
one_serves_many_saves(void)
{
    struct bench b;
    warm_bench_init(&b);
    CHECK(!save(&b, "", "1", 1));
    prepare(&b, "m");
    struct list before = waiting_children();
    for (int i = 0; i < 5; i++) {
        char *text = mem_format("%d", i);
        CHECK(save(&b, i % 2 ? "static int x;\n" : "", text, i));
        prepare(&b, "m");
        free(text);
    }
    struct list after = waiting_children();
    CHECK(before.count == after.count);
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
    struct list pids = waiting_children();
    kill_all(&pids, SIGKILL);
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
    struct list pids = waiting_children();
    kill_all(&pids, SIGSTOP);
    CHECK(!save(&b, "", "2", 2));
    while (child_count() > 0) {
        CHECK(loop_step(loop, -1, NULL) == 0);
    }
    list_dispose(&pids);
    warm_bench_dispose(&b);
}

/* The next would end as well, for ever. */
static void
a_fork_that_ends_without_an_order_is_the_last(void)
{
    struct bench b;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    struct list pids = waiting_children();
    kill(atoi(pids.items[pids.count - 1]), SIGKILL);
    while (child_count() > 0) {
        CHECK(loop_step(loop, -1, NULL) == 0);
    }
    CHECK(!save(&b, "", "2", 2));
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
    const struct compile_options o = {.tier = warm_tier(), .warm = b.warm};
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
    begin_to_wait(&b, "m", NULL);
    put_module(&b, "n.c", "", "1");
    begin_to_wait(&b, "n", NULL);
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
    const struct compile_options o = {.tier = warm_tier(), .warm = b.warm};
    struct compile *c
        = compile_start(b.t, &b.p, module_of(&b, "m"), &o, NULL);
    struct build built;
    compile_cancel(c);
    compile_finish(c, &built);
    CHECK(built.is_cancelled);
    build_dispose(&built);
    struct list pids = waiting_children();
    list_dispose(&pids);
    CHECK(save(&b, "", "2", 2));
    warm_bench_dispose(&b);
}

/* Whatever those before it have asked for. */
static void
a_name_that_nobody_has_is_missed_each_time(void)
{
    static const char top[] = "extern int nobody_has_this(int);\n";
    struct bench b;
    warm_bench_init(&b);
    put_module(&b, "m.c", "", "1");
    prepare(&b, "m");
    for (int i = 0; i < 3; i++) {
        CHECK(save(&b, "", "2", 2));
        prepare(&b, "m");
        put_module(&b, "m.c", top, "nobody_has_this(1)");
        struct build built = compile_now(&b, "m", b.warm);
        CHECK(!built.is_good);
        CHECK(strstr(diag_first_error(&built.diags)->message,
                     "undefined symbol 'nobody_has_this'") != NULL);
        build_dispose(&built);
        prepare(&b, "m");
    }
    warm_bench_dispose(&b);
}

int
main(int argc, char **argv)
{
    if (!warm_bench_choose(argc, argv)) {
        return 77;
    }
    RUN(one_serves_many_saves);
    RUN(one_that_was_killed_is_a_cold_compile);
    RUN(one_that_hangs_is_a_cold_compile);
    RUN(a_fork_that_ends_without_an_order_is_the_last);
    RUN(a_header_or_a_flag_that_changed_is_a_cold_compile);
    RUN(another_preamble_is_a_cold_compile_and_a_new_start);
    RUN(the_budget_is_kept);
    RUN(a_cancelled_order_leaves_nothing);
    RUN(a_name_that_nobody_has_is_missed_each_time);
    return 0;
}
