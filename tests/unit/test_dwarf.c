/* dwarf_skip: what is skipped ends where a reading of it ends, in what all
 * compilers write. */
#include "compile_bench.h"

#include "dwarf_entry.h"
#include "dwarf_skip.h"
#include "sections.h"

static const char *const flags[] = {"-gdwarf-5", "-gdwarf-4", "-gdwarf-5 -O2"};

/* Where the list of children that begins at `at` has ended. */
static uint64_t
read_children(const struct dwarf *d, const struct dwarf_unit *u, uint64_t at)
{
    for (size_t deep = 1; deep > 0 && at != 0;) {
        struct dwarf_entry e;
        at = dwarf_entry_read(d, u, at, &e);
        deep = e.tag == 0 ? deep - 1 : deep + e.has_children;
    }
    return at;
}

/* The number of its entries, and of the structs whose end it tells. */
static size_t
walk(const struct dwarf *d, size_t *told)
{
    size_t count = 0;
    *told = 0;
    for (size_t i = 0; i < d->unit_count; i++) {
        const struct dwarf_unit *u = &d->units[i];
        for (uint64_t at = u->first; at < u->end; count++) {
            struct dwarf_entry e;
            struct dwarf_head head;
            uint64_t read = dwarf_entry_read(d, u, at, &e);
            CHECK(dwarf_skip(d, u, at, &head) == read);
            CHECK(head.tag == e.tag && head.has_children == e.has_children);
            CHECK(read > at);
            if (head.behind != 0) {
                CHECK(head.behind == read_children(d, u, read));
                *told += e.tag == TAG_STRUCT;
            }
            at = read;
        }
    }
    return count;
}

static size_t
walk_build(struct bench *b, enum compile_tier tier, size_t *told)
{
    struct sections s;
    struct dwarf d;
    struct build built = build(b, "m", tier);
    must_be_good(&built);
    CHECK(sections_open(&s, built.artefact) && dwarf_read(&d, &s) == 0);
    size_t count = walk(&d, told);
    dwarf_dispose(&d);
    sections_close(&s);
    build_dispose(&built);
    return count;
}

static void
every_entry_is_skipped_as_it_is_read(void)
{
    static const char *const compilers[] = {"tcc", "gcc", "clang"};
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < sizeof(flags) / sizeof(flags[0]); k++) {
            struct bench b;
            struct toolchain *t = toolchain_new(compilers[i], NULL);
            toolchain_free(t);
            if (t == NULL) {
                break; /* it is not on this machine */
            }
            setenv("CFLAGS", flags[k], 1);
            bench_init(&b, compilers[i]);
            put_module(&b, "m.c",
                       "static long table[3][4] = {{1}};\n"
                       "static long sum(long a) { static long n; "
                       "return n += a; }",
                       "table[0][0] + sum(2)");
            size_t told = 0;
            CHECK(walk_build(&b, TIER_FAST, &told) > 50);
            /* clang never tells, and says little of what is not used */
            CHECK(told > 5 || strcmp(compilers[i], "clang") == 0);
            bench_dispose(&b);
        }
    }
    unsetenv("CFLAGS");
}

/* A file that is cut ends the walk, and nothing beyond it is touched. */
static void
a_broken_entry_is_neither_read_nor_skipped(void)
{
    struct bench b;
    struct sections s;
    struct dwarf d;
    struct dwarf_head head;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "", "1");
    struct build built = build(&b, "m", TIER_FAST);
    must_be_good(&built);
    CHECK(sections_open(&s, built.artefact) && dwarf_read(&d, &s) == 0);
    CHECK(d.unit_count > 0);
    struct dwarf_unit *u = &d.units[0];
    CHECK(dwarf_skip(&d, u, u->end, &head) == 0);
    CHECK(dwarf_skip(&d, u, u->first - 1, &head) == 0);
    u->end = u->first + 3;
    CHECK(dwarf_skip(&d, u, u->first, &head) == 0);
    dwarf_dispose(&d);
    sections_close(&s);
    build_dispose(&built);
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    RUN(every_entry_is_skipped_as_it_is_read);
    RUN(a_broken_entry_is_neither_read_nor_skipped);
    return 0;
}
