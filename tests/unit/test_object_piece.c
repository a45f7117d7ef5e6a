/* object_piece: numbers become lines in what compilers say of an object, and
 * nowhere else; what it does not know it leaves alone. */
#include "object_piece.h"

#include "check.h"
#include "digest.h"
#include "file.h"
#include "folder.h"
#include "line_map.h"
#include "list.h"
#include "mem.h"
#include "object.h"
#include "path.h"
#include "tool.h"
#include "wire/debuginfo.h"
#include "wire/debugline.h"

/* Where the parts of `source` stand. */
static const size_t stand_at[] = {7, 300, 20};
#define LONG 9

static const char source[]
    = "#include <stdlib.h>\n"
      "#line %u\n"
      "static inline int\n"
      "inner(const char *x)\n"
      "{\n"
      "    return atoi(x) + %s;\n"
      "}\n"
      "#line %u\n"
      "int\n"
      "first(const char *x)\n"
      "{\n"
      "    if (x == NULL) { abort(); }\n"
      "    return inner(x);\n"
      "}\n"
      "#line %u\n"
      "int second(void) { return first(\"3\"); }\n";

static struct line_map
map_of(uint32_t numbers[3])
{
    struct line_map m = {.parts = NULL};
    for (size_t i = 0; i < 3; i++) {
        numbers[i] = line_map_add(&m, stand_at[i], LONG);
        CHECK(line_map_is_number(numbers[i]));
    }
    return m;
}

static void
run(struct list *argv)
{
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = 60000, .is_merged = true};
    CHECK(tool_run(argv, &o, &r, NULL) == 0);
    if (r.status != 0) {
        fprintf(stderr, "%s", buf_text(&r.out));
    }
    CHECK(r.status == 0);
    tool_result_dispose(&r);
    list_dispose(argv);
}

/* Compiles it into `folder`; the object's path. */
static char *
compile(const char *folder, const char *name, const char *cc,
        const char *flag, const char *more, const uint32_t numbers[3])
{
    struct list argv = LIST_INIT;
    char *text = mem_format(source, numbers[0], more, numbers[1],
                            numbers[2]);
    char *into = mem_format("%s/%s.o", folder, name);
    folder_put(folder, "m.c", text);
    list_add(&argv, cc);
    list_add(&argv, "-O2");
    list_add(&argv, "-fPIC");
    CHECK(list_split(&argv, flag) == 0);
    list_add(&argv, "-c");
    list_add_fmt(&argv, "%s/m.c", folder);
    list_add(&argv, "-o");
    list_add(&argv, into);
    run(&argv);
    free(text);
    return into;
}

static char *
find_cc(const char *name)
{
    char *found = path_which(name);
    if (found == NULL) {
        fprintf(stderr, "there is no %s: not tried\n", name);
    }
    return found;
}

/* Every line that its debug information has, as a sorted list. */
static char *
lines_of(const char *object)
{
    struct list argv = LIST_INIT;
    struct debug d;
    char *linked = mem_format("%s.so", object);
    list_add(&argv, "cc");
    list_add(&argv, "-shared");
    list_add(&argv, object);
    list_add(&argv, "-o");
    list_add(&argv, linked);
    run(&argv);
    struct debug_place place;
    struct list found = LIST_INIT;
    CHECK(debug_open(&d, linked, NULL) == 0);
    for (size_t i = 0; i < d.unit_count; i++) {
        struct debug_entry y = {.next = d.units[i].first};
        while (y.next < d.units[i].end) {
            CHECK(debug_read(&d, &d.units[i], y.next, &y));
            for (int k = 0; k < 2; k++) {
                list_add_fmt(&found, "%d %u %lu", k, y.tag,
                             (unsigned long)y.lines[k].value);
            }
        }
    }
    for (uint64_t at = 1; at < d.file_len; at++) {
        if (debug_line(&d, at, &place)) {
            list_add_fmt(&found, "code %u", place.line);
        }
    }
    debug_close(&d);
    free(linked);
    list_sort(&found);
    char *all = list_join(&found, "\n");
    list_dispose(&found);
    return all;
}

static bool
tells_lines(const char *object, const struct line_map *m)
{
    struct object *f = object_open(object, NULL);
    bool tells = f != NULL && object_piece_tells_lines(f, m);
    object_free(f);
    return tells;
}

static void
check_lines(const char *cc, const char *flag)
{
    uint32_t numbers[3];
    uint32_t lines[3];
    struct line_map m = map_of(numbers);
    const struct list none = LIST_INIT;
    char *folder = folder_new();
    for (size_t i = 0; i < 3; i++) {
        lines[i] = (uint32_t)stand_at[i];
    }
    char *object = compile(folder, "o", cc, flag, "0", numbers);
    char *wanted = compile(folder, "w", cc, flag, "0", lines);
    CHECK(!tells_lines(object, &m));
    CHECK(object_piece_settle(object, &m, &none));
    char *had = lines_of(object);
    char *as = lines_of(wanted);
    CHECK_STR(had, as);
    CHECK(strstr(had, "code 303") != NULL || strstr(had, "code 304") != NULL);
    CHECK(strstr(had, " 301") != NULL && strstr(had, " 20") != NULL);
    free(as);
    free(had);
    free(wanted);
    free(object);
    folder_free(folder);
    line_map_dispose(&m);
}

static void
debug_information_says_the_sources_lines(void)
{
    static const char *const names[] = {"gcc", "clang"};
    static const char *const flags[]
        = {"-gdwarf-2", "-gdwarf-3", "-gdwarf-4", "-gdwarf-5",
           "-fno-omit-frame-pointer"};
    for (size_t i = 0; i < 2; i++) {
        char *cc = find_cc(names[i]);
        for (size_t k = 0; cc != NULL && k < 4; k++) {
            check_lines(cc, flags[k]);
        }
        free(cc);
    }
}

static void
code_that_knows_a_line_is_seen(void)
{
    uint32_t numbers[3];
    struct line_map m = map_of(numbers);
    char *folder = folder_new();
    char *one = compile(folder, "o", "cc", "-g", "__LINE__", numbers);
    CHECK(tells_lines(one, &m));
    free(one);
    one = compile(folder, "o", "cc", "-g", "1234", numbers);
    CHECK(!tells_lines(one, &m));
    free(one);
    folder_free(folder);
    line_map_dispose(&m);
}

static void
what_it_does_not_know_is_left_as_it_was(void)
{
    static const char *const flags[] = {"-g3", "-g -gz"};
    uint32_t numbers[3];
    struct line_map m = map_of(numbers);
    struct line_map empty = {.parts = NULL};
    const struct list none = LIST_INIT;
    char *folder = folder_new();
    for (size_t i = 0; i < 4; i++) {
        struct buf before = BUF_INIT;
        struct buf after = BUF_INIT;
        char *one = compile(folder, "o", "cc", i < 2 ? flags[i] : "-g", "0",
                            numbers);
        CHECK(file_read(one, &before, NULL) == 0);
        if (i == 3) {
            before.len /= 2;
            CHECK(file_write(one, before.data, before.len, NULL) == 0);
        }
        CHECK(!object_piece_settle(one, i == 2 ? &empty : &m, &none));
        CHECK(file_read(one, &after, NULL) == 0);
        CHECK(after.len == before.len
              && memcmp(after.data, before.data, after.len) == 0);
        buf_dispose(&before);
        buf_dispose(&after);
        free(one);
    }
    folder_free(folder);
    line_map_dispose(&m);
}

static void
without_debug_information_there_is_nothing_to_do(void)
{
    uint32_t numbers[3];
    struct line_map m = map_of(numbers);
    const struct list none = LIST_INIT;
    char *folder = folder_new();
    char *one = compile(folder, "o", "cc", "-g0", "0", numbers);
    CHECK(object_piece_settle(one, &m, &none));
    free(one);
    folder_free(folder);
    line_map_dispose(&m);
}

/* Any damage is refused or leaves a file; never more. */
static void
no_damage_harms(void)
{
    uint32_t numbers[3];
    struct line_map m = map_of(numbers);
    struct buf good = BUF_INIT;
    struct list names = LIST_INIT;
    char *folder = folder_new();
    char *one = compile(folder, "o", "cc", "-g", "0", numbers);
    CHECK(file_read(one, &good, NULL) == 0);
    list_add(&names, "first");
    srand(7);
    for (int i = 0; i < 400; i++) {
        size_t at = (size_t)rand() % good.len;
        char was = good.data[at];
        good.data[at] = (char)rand();
        CHECK(file_write(one, good.data, good.len, NULL) == 0);
        tells_lines(one, &m);
        object_piece_settle(one, &m, &names);
        good.data[at] = was;
    }
    buf_dispose(&good);
    list_dispose(&names);
    free(one);
    folder_free(folder);
    line_map_dispose(&m);
}

int
main(void)
{
    RUN(debug_information_says_the_sources_lines);
    RUN(code_that_knows_a_line_is_seen);
    RUN(what_it_does_not_know_is_left_as_it_was);
    RUN(without_debug_information_there_is_nothing_to_do);
    RUN(no_damage_harms);
    return 0;
}
