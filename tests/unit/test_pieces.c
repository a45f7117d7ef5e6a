/* pieces: what of a source can be compiled alone, and that nothing moves. */
#include "cut_source.h"

static void
each_function_is_in_one_piece_and_keeps_its_place(void)
{
    struct pieces p;
    cut(&p, three("", "", "", ""));
    CHECK(p.why == NULL && p.count == 2);
    CHECK(how_many_have(&p, "double a(") == 1);
    CHECK(how_many_have(&p, "double b(") == 1);
    CHECK(how_many_have(&p, "double c(") == 1);
    CHECK(is_together(&p, "double a(", "double b("));
    CHECK(how_many_have(&p, "#include <stddef.h>\n") == 2);
    CHECK(how_many_have(&p, "between") == 0);
    CHECK(list_has(&p.names, "a") && list_has(&p.names, "c"));
    pieces_dispose(&p);
}

static void
what_another_piece_has_changes_none(void)
{
    struct pieces p;
    struct pieces other;
    cut(&p, three("", "", "", ""));
    cut(&other, three("", "sum += 1234.5;", "", ""));
    CHECK(p.count == 2 && other.count == 2);
    CHECK(strcmp(p.all[0].text.data, other.all[0].text.data) != 0);
    CHECK(strcmp(p.all[1].text.data, other.all[1].text.data) == 0);
    pieces_dispose(&p);
    pieces_dispose(&other);
}

static void
where_it_stands_changes_none(void)
{
    struct pieces p;
    struct pieces other;
    cut(&p, three("int before;\n", "", "", ""));
    cut(&other, three("/* more */\n\nint before;\n/* of it */\n", "", "",
                      ""));
    CHECK(p.count == 2 && other.count == 2);
    for (size_t i = 0; i < 2; i++) {
        uint64_t line;
        uint64_t later;
        size_t last = p.all[i].lines.count - 1;
        uint64_t number = LINE_MAP_FIRST + last * 2 * LINE_MAP_LINES + 1;
        CHECK(strcmp(p.all[i].text.data, other.all[i].text.data) == 0);
        CHECK(line_map_find(&p.all[i].lines, number, &line));
        CHECK(line_map_find(&other.all[i].lines, number, &later));
        CHECK(line > 1 && later == line + 3);
        CHECK(!line_map_find(&p.all[i].lines, number + 1000, &line));
    }
    pieces_dispose(&p);
    pieces_dispose(&other);
}

/* How many of two pieces say lines, not numbers. */
static size_t
how_many_say_lines(const char *above, const char *c)
{
    struct pieces p;
    size_t count = 0;
    cut(&p, three(above, "", "", c));
    CHECK(p.count == 2);
    for (size_t i = 0; i < p.count; i++) {
        count += p.all[i].lines.count == 0;
    }
    pieces_dispose(&p);
    return count;
}

static void
what_asks_for_its_line_says_it(void)
{
    CHECK(how_many_say_lines("", "") == 0);
    CHECK(how_many_say_lines("", "sum += __LINE__;") == 1);
    CHECK(how_many_say_lines("#include <assert.h>\n", "assert(n > 1);")
          == 1);
    CHECK(how_many_say_lines("#define HERE __LINE__\n#define IT HERE\n",
                             "sum += IT;")
          == 1);
    CHECK(how_many_say_lines("#define HERE __LINE__\n", "") == 0);
}

#define TEN "\n\n\n\n\n\n\n\n\n\n"
#define LINES TEN TEN TEN TEN
#define TABLE                                                                 \
    "typedef struct { int (*f)(int); } PyMethodDef;\n"                       \
    "static int given(int);\n"                                               \
    "static int given(int x)\n{" LINES "    return x + 1234;\n}\n"            \
    "%s PyMethodDef table[] = {{given}, {0}};\n"

static void
a_function_of_pythons_tables_is_apart_from_them(void)
{
    struct pieces p;
    char *above = mem_format(TABLE, "static");
    cut_alone(&p, three(above, "", "", "sum += table[0].f(3);"), true);
    CHECK(p.count > 1 && !is_together(&p, "x + 1234", "double c("));
    CHECK(list_has(&p.parted, "given") && !list_has(&p.names, "given"));
    CHECK(how_many_have(&p, "x + 1234") == 1);
    CHECK(how_many_have(&p, "\nextern int given(int);\n") == 2);
    CHECK(how_many_have(&p, "\nextern int given(int x);\n") == 1);
    CHECK(how_many_have(&p, "static int given") == 0);
    pieces_dispose(&p);
    cut_alone(&p, three(above, "", "", "sum += table[0].f(3);"), false);
    CHECK(p.count > 1 && is_together(&p, "x + 1234", "double c("));
    CHECK(p.parted.count == 0);
    pieces_dispose(&p);
    free(above);
}

static void
whoever_else_knows_it_keeps_it(void)
{
    static const char *const above[]
        = {TABLE "static int again(int x) { return given(x); }\n"
                 "int twice(int x) { return again(x); }\n",
           TABLE "typedef int (*fn)(int);\nfn own = given;\n",
           TABLE "#define CALL(x) given(x)\n"
                 "int twice(int x) { return CALL(x); }\n",
           TABLE "int twice(int (*f)(int)) { return f == given; }\n",
           TABLE "typedef char as_long[sizeof(given(1))];\n",
           TABLE "static int given(int x) __attribute__((cold));\n"};
    for (size_t i = 0; i < sizeof(above) / sizeof(above[0]); i++) {
        struct pieces p;
        char *text = mem_format(above[i], "static");
        cut_alone(&p, three(text, "", "", "sum += table[0].f(3);"), true);
        CHECK(p.count > 1 && p.parted.count == 0);
        CHECK(is_together(&p, "x + 1234", "double c("));
        pieces_dispose(&p);
        free(text);
    }
}

static void
types_and_macros_are_in_every_piece(void)
{
    struct pieces p;
    cut(&p, three("typedef struct { int x; } point;\nstruct s { int y; };\n"
                  "enum { ONE };\nextern int known;\n#define TWO 2\n"
                  "int elsewhere(int);\n_Static_assert(ONE == 0, \"one\");\n",
                  "", "", ""));
    CHECK(p.count == 2);
    CHECK(how_many_have(&p, "int x; } point;\n") == 2);
    CHECK(how_many_have(&p, "struct s { int y; };\n") == 2);
    CHECK(how_many_have(&p, "enum { ONE };\n") == 2);
    CHECK(how_many_have(&p, "extern int known;\n") == 2);
    CHECK(how_many_have(&p, "#define TWO 2\n") == 2);
    CHECK(how_many_have(&p, "int elsewhere(int);\n") == 2);
    CHECK(how_many_have(&p, "_Static_assert(") == 2);
    pieces_dispose(&p);
}

static void
directives_stay_where_they_are(void)
{
    struct pieces p;
    cut(&p, three("", "\n#if 1\n    sum++;\n#else\n    sum--;\n#endif\n", "",
                  ""));
    CHECK(p.count == 2);
    CHECK(how_many_have(&p, "#if 1\n") == 2);
    CHECK(how_many_have(&p, "#endif\n") == 2);
    CHECK(how_many_have(&p, "sum--") == 1);
    pieces_dispose(&p);
}

int
main(void)
{
    RUN(each_function_is_in_one_piece_and_keeps_its_place);
    RUN(what_another_piece_has_changes_none);
    RUN(where_it_stands_changes_none);
    RUN(what_asks_for_its_line_says_it);
    RUN(a_function_of_pythons_tables_is_apart_from_them);
    RUN(whoever_else_knows_it_keeps_it);
    RUN(types_and_macros_are_in_every_piece);
    RUN(directives_stay_where_they_are);
    return 0;
}
