/* compile_begin: what a save asks for, of the cache first. */
#include "compile_bench.h"

#include <sys/stat.h>

#include "file.h"

/* What a save asks for, and how it went: the build, or a compile that is
 * cancelled. */
static bool
is_found(struct bench *b, const char *compiler)
{
    struct build built;
    struct err e = ERR_INIT;
    const struct compile_options o = {.tier = TIER_FAST};
    struct compile *c = compile_begin(b->t, &b->p, graph_find(&b->g, "m"), &o,
                                      &built, &e);
    bool is = c == NULL;
    CHECK(is == built.is_good && is == built.is_cached);
    CHECK(!is || strncmp(built.compiler, compiler, strlen(compiler)) == 0);
    if (c != NULL) {
        compile_cancel(c);
        compile_finish(c, &built);
    }
    build_dispose(&built);
    return is;
}

/* pkg-config is asked where the sources are read. */
static void
a_save_reads_its_sources_once_for_both_tiers(void)
{
    struct bench b;
    bench_init(&b, NULL);
    char *asked = path_join(b.cache, "asked");
    char *script = mem_format("#!/bin/sh\necho >> %s\n", asked);
    char *program = path_join(b.cache, "pkg-config");
    folder_put(b.cache, "pkg-config", script);
    CHECK(chmod(program, 0700) == 0);
    setenv("PKG_CONFIG", program, 1);
    put_module(&b, "m.c", "", "1");
    rescan(&b);
    list_add(&graph_find(&b.g, "m")->pkg_config, "some");
    CHECK(!is_found(&b, ""));
    struct buf text = BUF_INIT;
    CHECK(file_read(asked, &text, NULL) == 0 && text.len == 1);
    buf_dispose(&text);
    unsetenv("PKG_CONFIG");
    free(program);
    free(script);
    free(asked);
    bench_dispose(&b);
}

static void
a_save_finds_the_optimised_artefact_first(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "", "1");
    struct build built = build(&b, "m", TIER_FAST);
    CHECK(is_found(&b, built.compiler));
    build_dispose(&built);
    built = build(&b, "m", TIER_OPTIMISED);
    CHECK(is_found(&b, built.compiler));
    build_dispose(&built);
    put_module(&b, "m.c", "", "2");
    CHECK(!is_found(&b, ""));
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    RUN(a_save_reads_its_sources_once_for_both_tiers);
    RUN(a_save_finds_the_optimised_artefact_first);
    return 0;
}
