/* crash: what becomes of the record that a dying worker leaves. */
#include "crash.h"

#include <stdlib.h>
#include <string.h>

#include "compile_bench.h"
#include "file.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "wire/crash.h"

#define LOCAL "static int __attribute__((noinline))\n" \
              "hidden(int x)\n{\n    return x * 3;\n}\n" \
              "int shown(int x);\nint shown(int x) { return hidden(x); }\n"

/* The last address inside `function`, which ends there; or 0. */
static uint64_t
address_in(const char *path, const char *function)
{
    struct object *o = object_open(path, NULL);
    uint64_t found = 0;
    CHECK(o != NULL);
    for (uint64_t at = 1; at < 65536; at++) {
        char *name = object_function(o, at);
        found = name != NULL && strcmp(name, function) == 0 ? at : found;
        free(name);
    }
    object_free(o);
    return found;
}

static struct crash_record
record_of(const struct build *built, uint64_t offset)
{
    struct crash_record r = {.magic = CRASH_MAGIC,
                             .pid = 7,
                             .generation = 2,
                             .offset = offset,
                             .number = 11};
    strcpy(r.module, "m");
    strcpy(r.soabi, "cpython-311");
    CHECK(strlen(built->artefact) < sizeof(r.image));
    strcpy(r.image, built->artefact);
    return r;
}

static bool
read_back(struct crash *c, const char *folder, const void *bytes, size_t len)
{
    char *path = mem_format("%s/crash.7", folder);
    CHECK(file_write(path, bytes, len, NULL) == 0);
    bool is_whole = crash_read(c, path);
    free(path);
    return is_whole;
}

/* Of a local function. */
static void
name_a_line(enum compile_tier tier)
{
    struct bench b;
    struct crash c;
    bench_init(&b, NULL);
    put_module(&b, "m.c", LOCAL, "shown(1)");
    struct build built = build(&b, "m", tier);
    must_be_good(&built);
    char *source = path_join(b.root, "m.c");
    struct crash_record r = record_of(&built,
                                      address_in(built.artefact, "hidden"));
    char *folder = path_dir(built.artefact);
    char *path = mem_copy_str(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    CHECK(read_back(&c, folder, &r, sizeof(r)));
    setenv("PATH", path, 1);
    char *words = crash_words(&c, b.root);
    CHECK_STR(words, "SIGSEGV in hidden() at m.c:6");
    CHECK_STR(c.file, source);
    CHECK(c.pid == 7 && c.generation == 2);
    free(words);
    free(source);
    crash_dispose(&c);
    free(path);
    free(folder);
    build_dispose(&built);
    bench_dispose(&b);
}

static void
names_a_line_of_tccs_without_addr2line(void)
{
    name_a_line(TIER_FAST);
}

static void
names_a_line_of_ccs_without_addr2line(void)
{
    name_a_line(TIER_OPTIMISED);
}

static void
half_a_record_is_none(void)
{
    struct bench b;
    struct crash c;
    struct crash_record r = {.magic = CRASH_MAGIC, .number = 11};
    bench_init(&b, NULL);
    char *folder = mem_copy_str(b.root);
    CHECK(!read_back(&c, folder, &r, sizeof(r) - 1));
    CHECK(read_back(&c, folder, &r, sizeof(r)));
    CHECK(c.generation == 0 && c.module == NULL && c.function == NULL);
    crash_dispose(&c);
    r.magic++;
    CHECK(!read_back(&c, folder, &r, sizeof(r)));
    r.magic--;
    r.number = 4000;
    CHECK(!read_back(&c, folder, &r, sizeof(r)));
    free(folder);
    bench_dispose(&b);
}

int
main(void)
{
    bench_clear_environment();
    if (getenv("COWBIRD_TCC") == NULL) {
        return 77;
    }
    RUN(names_a_line_of_tccs_without_addr2line);
    RUN(names_a_line_of_ccs_without_addr2line);
    RUN(half_a_record_is_none);
    return 0;
}
