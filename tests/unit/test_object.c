/* object: what a shared object does to who loads it. */
#include "object.h"

#include <elf.h>

#include "compile_bench.h"
#include "file.h"
#include "object_asks.h"

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

static const char many[]
    = "int one(void) { return 1; } int two; double three[9];\n"
      "static int hidden(void) { return 4; }\n";

/* With an index in the file, and without one. */
static void
defined_names_are_found_and_no_others(void)
{
    static const char *const styles[] = {"gnu", "sysv", "both"};
    struct bench b;
    bench_init(&b, NULL);
    folder_put(b.root, "m.c", many);
    for (size_t i = 0; i < 3; i++) {
        struct list argv = LIST_INIT;
        struct tool_options o = {.deadline_ms = 60000};
        struct tool_result r = TOOL_RESULT_INIT;
        char *source = path_join(b.root, "m.c");
        char *made = path_join(b.root, "m.so");
        list_add_all(&argv, &b.t->cc);
        list_add_fmt(&argv, "-Wl,--hash-style=%s", styles[i]);
        static const char *const words[] = {"-shared", "-fPIC", "-o"};
        for (size_t k = 0; k < 3; k++) {
            list_add(&argv, words[k]);
        }
        list_add(&argv, made);
        list_add(&argv, source);
        CHECK(tool_run(&argv, &o, &r, NULL) == 0 && r.status == 0);
        struct object *f = object_open(made, NULL);
        CHECK(f != NULL);
        CHECK(object_defines(f, "one") && object_defines(f, "two")
              && object_defines(f, "three"));
        CHECK(!object_defines(f, "hidden") && !object_defines(f, "four")
              && !object_defines(f, "__cxa_finalize")
              && !object_defines(f, ""));
        object_free(f);
        tool_result_dispose(&r);
        list_dispose(&argv);
        free(source);
        free(made);
    }
    bench_dispose(&b);
}

/* Where a section of that type lies in the file. */
static size_t
find_section(const struct buf *file, uint32_t type, size_t *len)
{
    Elf64_Ehdr h;
    Elf64_Shdr s;
    memcpy(&h, file->data, sizeof(h));
    for (size_t i = 0; i < h.e_shnum; i++) {
        memcpy(&s, file->data + h.e_shoff + i * sizeof(s), sizeof(s));
        if (s.sh_type == type) {
            *len = s.sh_size;
            return s.sh_offset;
        }
    }
    return 0;
}

static void
reads_within_its_bounds(const char *path)
{
    struct asks asks = ASKS_INIT;
    struct object *f = object_open(path, NULL);
    CHECK(f != NULL && !object_defines(f, "no_such_name"));
    (void)object_defines(f, "PyInit_m");
    object_free(f);
    CHECK(object_asks(path, &asks, NULL) == 0);
    asks_dispose(&asks);
}

/* Each word of it in turn says something else. */
static void
damage(struct buf *file, uint32_t type, const char *path)
{
    static const uint32_t values[]
        = {0, 1, 2, 0x7fffffff, 0x80000000, 0xffffffff};
    size_t len = 0;
    size_t at = find_section(file, type, &len);
    CHECK(at > 0 && len >= 16);
    for (size_t word = 0; word < len / 4; word++) {
        for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
            char kept[4];
            memcpy(kept, file->data + at + 4 * word, 4);
            memcpy(file->data + at + 4 * word, &values[i], 4);
            CHECK(file_write(path, file->data, file->len, NULL) == 0);
            reads_within_its_bounds(path);
            memcpy(file->data + at + 4 * word, kept, 4);
        }
    }
}

/* Words that lead nowhere, or round and round, find nothing outside. */
static void
damaged_tables_are_read_within_their_bounds(void)
{
    struct bench b;
    bench_init(&b, NULL);
    put_module(&b, "m.c", "#include <stdlib.h>\n", "atoi(\"1\")");
    struct build built = build(&b, "m", TIER_OPTIMISED);
    must_be_good(&built);
    struct buf file = BUF_INIT;
    CHECK(file_read(built.artefact, &file, NULL) == 0);
    char *bad = path_join(b.root, "bad.so");
    damage(&file, SHT_GNU_HASH, bad);
    damage(&file, SHT_DYNSYM, bad);
    damage(&file, SHT_GNU_versym, bad);
    damage(&file, SHT_GNU_verneed, bad);
    free(bad);
    buf_dispose(&file);
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
    RUN(defined_names_are_found_and_no_others);
    RUN(damaged_tables_are_read_within_their_bounds);
    return 0;
}
