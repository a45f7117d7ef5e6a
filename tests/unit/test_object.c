/* object: what a shared object does to who loads it. */
#include "object.h"

#include "compile_bench.h"

/* Whether a module with `top` in it, built by tcc, runs code at load. */
static bool
runs(struct bench *b, const char *top)
{
    put_module(b, "m.c", top, "1");
    struct build built = build(b, "m", TIER_FAST);
    must_be_good(&built);
    CHECK_STR(built.compiler, "tcc");
    struct object *o = object_open(built.artefact, NULL);
    CHECK(o != NULL);
    bool does = object_runs_at_load(o);
    object_free(o);
    build_dispose(&built);
    return does;
}

static void
constructors_are_seen(void)
{
    struct bench b;
    bench_init(&b, NULL);
    CHECK(!runs(&b, "static int x = 1; double y[100];"));
    CHECK(runs(&b, "static int x;\n__attribute__((constructor))\n"
                   "static void set(void) { x = 1; }"));
    CHECK(runs(&b, "static void set(void) { }\n"
                   "__attribute__((section(\".init_array\")))\n"
                   "void (*const now[])(void) = {set};"));
    bench_dispose(&b);
}

/* gcc brings a start of its own: nobody can tell what it does. */
static void
what_is_not_known_runs(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "", "1");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    must_be_good(&built);
    struct object *o = object_open(built.artefact, NULL);
    CHECK(o != NULL && object_runs_at_load(o));
    object_free(o);
    build_dispose(&built);
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    if (getenv("COWBIRD_TCC") == NULL) {
        return 77;
    }
    RUN(constructors_are_seen);
    RUN(what_is_not_known_runs);
    return 0;
}
