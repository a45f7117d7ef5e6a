/* pieces: what of a source can be compiled alone, and that nothing moves. */
#include "pieces.h"

#include "check.h"
#include "mem.h"

#define LOOP                                                                  \
    "    double sum = 0;\n"                                                   \
    "    for (size_t i = 0; i < n; i++) {\n"                                  \
    "        sum += x[i];\n"                                                  \
    "    }\n"                                                                 \
    "\n\n\n\n\n\n\n\n\n\n\n\n"
#define ABOVE "#include <stddef.h>\n"
#define FIXED (sizeof(ABOVE) - 1)

/* `words` ahead of the body, `more` in it. */
static char *
function(const char *words, const char *more)
{
    return mem_format("%s(const double *x, size_t n)\n{\n" LOOP
                      "    %s\n    return sum;\n}\n",
                      words, more);
}

static char *
three(const char *above, const char *a, const char *b, const char *c)
{
    char *one = function("double a", a);
    char *two = function("double b", b);
    char *last = function("double c", c);
    char *text = mem_format(ABOVE "%s%s%s/* between */\n%s", above, one, two,
                            last);
    free(one);
    free(two);
    free(last);
    return text;
}

static const char *
line_at(const char *text, uint64_t line)
{
    for (; line > 1; line--) {
        text = strchr(text, '\n') + 1;
    }
    return text;
}

/* Whether a line of a piece says what the source's line says there, or the
 * beginning of it, as somebody else's. */
static bool
is_line(const char *line, size_t len, const char *source)
{
    for (size_t i = 0; i < len; i++) {
        bool is_end = i + 1 == len && line[i] == ';';
        if (strncmp(line + i, "extern", 6) == 0
            && strncmp(source + i, "static", 6) == 0)
        {
            i += 5;
        }
        else if (line[i] != ' ' && line[i] != source[i] && !is_end) {
            return false;
        }
    }
    return true;
}

/* What is behind a #line stands where the source has it, as far as the
 * directive that comes next. */
static void
check_places(const struct piece *p, const char *text)
{
    uint64_t line = 0;
    size_t numbers = 0;
    const char *at = buf_text(&p->text) + FIXED;
    CHECK(strncmp(buf_text(&p->text), text, FIXED) == 0);
    while (*at != '\0') {
        size_t len = strcspn(at, "\n");
        unsigned number;
        if (sscanf(at, "#line %u\n", &number) == 1) {
            CHECK(line_map_find(&p->lines, number, &line));
            CHECK(line_map_is_number(number) == (p->lines.count > 0));
            numbers++;
        }
        else if (line > 0 && is_line(at, len, line_at(text, line))) {
            line++;
        }
        else {
            CHECK(*at == '#');
            line = 0;
        }
        at += len + (at[len] == '\n');
    }
    CHECK(numbers > 0);
}

static void
cut_alone(struct pieces *p, char *text, bool is_alone)
{
    pieces_cut(p, text, strlen(text), FIXED, is_alone);
    for (size_t i = 0; i < p->count; i++) {
        check_places(&p->all[i], text);
    }
    free(text);
}

static void
cut(struct pieces *p, char *text)
{
    cut_alone(p, text, false);
}

static size_t
how_many_have(const struct pieces *p, const char *words)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        count += strstr(buf_text(&p->all[i].text), words) != NULL;
    }
    return count;
}

static bool
is_together(const struct pieces *p, const char *a, const char *b)
{
    for (size_t i = 0; i < p->count; i++) {
        bool has = strstr(buf_text(&p->all[i].text), a) != NULL;
        if (has != (strstr(buf_text(&p->all[i].text), b) != NULL)) {
            return false;
        }
    }
    return p->count > 0;
}

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
    CHECK(how_many_say_lines("_Static_assert(__LINE__ > 0, \"\");\n", "")
          == 2);
    CHECK(how_many_say_lines("#if __LINE__ > 0\n#endif\n", "") == 2);
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
what_refers_to_one_another_stays_together(void)
{
    static const struct {
        const char *above, *a, *c;
    } all[] = {
        {"", "", "sum += a(x, n);"},
        {"PyDoc_STRVAR(text, \"a, b; (c\");\n", "sum += text[0];",
         "sum += text[1];"},
        {"static int calls;\n", "calls++;", "calls--;"},
        {"static int calls, other = 1;\n", "calls++;", "other--;"},
        {"int calls[3] = {1, 2, 3};\n", "calls[0]++;", "sum = calls[1];"},
        {"static int calls;\n#define COUNT() (calls++)\n"
         "#define AGAIN COUNT()\n", "COUNT();", "AGAIN;"},
        {"static int half(int x)\n{\n    static int n;\n"
         "    return n += x;\n}\n", "half(1);", "half(2);"},
        {"static int half(int x) { return x / 2; }\n",
         "int (*f)(int) = half;\nf(1);", "half(2);"}};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct pieces p;
        cut(&p, three(all[i].above, all[i].a, "", all[i].c));
        CHECK(p.count == 2 && is_together(&p, "double a(", "double c("));
        pieces_dispose(&p);
    }
}

static void
a_function_that_is_only_called_is_where_it_is_called(void)
{
    struct pieces p;
    cut(&p, three("static int half(int);\n"
                  "static inline int twice(int x) { return 2 * x; }\n"
                  "static int\nhalf(int x)\n{\n    return twice(x) / 4;\n}\n"
                  "static int lonely(void) { return 1; }\n",
                  "half(1);", "", "half(2);"));
    CHECK(p.count == 2);
    CHECK(how_many_have(&p, "static int half(int);\n") == 2);
    CHECK(how_many_have(&p, "half(int x)\n") == 2);
    CHECK(how_many_have(&p, "twice(int x)") == 2);
    CHECK(how_many_have(&p, "lonely(void)") == 1);
    pieces_dispose(&p);
}

static void
a_members_name_is_nobodys(void)
{
    struct pieces p;
    cut(&p, three("struct s { int a; };\n", "", "",
                  "struct s v = {.a = 1}; struct s *w = &v; w->a = v.a;"));
    CHECK(p.count == 2);
    CHECK(!is_together(&p, "double a(", "double c("));
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

static void
what_is_not_certain_is_not_cut(void)
{
    static const char *const above[]
        = {"asm(\"nop\");\n",
           "#define JOIN(a, b) a##b\n",
           "#pragma weak other\n",
           "#pragma GCC optimize (\"O0\")\n",
           "static struct { int x; } both;\n",
           "struct { int x; } both;\n",
           "int (*pointer)(int);\n",
           "inline int f(int x) { return x; }\n",
           "__attribute__((constructor)) static void f(void) { }\n",
           "SOME_MACRO(x);\n",
           "PyDoc_STRVAR(\"a\", text);\n",
           "PyDoc_STRVAR(text, \"a\")\n",
           "#define PyDoc_STRVAR(name, text) int name;\n",
           "int f(x) int x; { return x; }\n",
           "int number = __COUNTER__;\n",
           "#define a(x, n) a(x, n)\n",
           "int f(void) {\n",
           "char *s = \"open;\n",
           "int f(void) <% return 1; %>\n",
           "#include \"own.h\"\n",
           "#include <numpy/arrayobject.h>\n",
           "static int level ALIGNED(64);\n",
           "static int level, helper(int);\n",
           "static int (level);\n",
           "static VARIABLE(level);\n",
           "#ifdef SHARED\nextern\n#else\nstatic\n#endif\nint level;\n",
           "extern \"C\" {\nint f(int);\n}\ntypedef int t;\n",
           "#define KEEP static\n",
           "#define API __attribute__((visibility(\"default\")))\n",
           "#pragma STDC FP_CONTRACT ON\n",
           "#pragma clang fp reassociate(on)\n",
           "#line 7\n",
           "#define LIMIT 10 /*/ the most\n */\n",
           "// goes on \\\r\nint y;\n",
           "#define LEAVE(x) \\\r\n    x\n",
           "int known = __builtin_constant_p(3);\n",
           "static int f(void) { return 1; }\n#define NOBODY f()\n", NULL};
    for (size_t i = 0; above[i] != NULL; i++) {
        struct pieces p;
        cut(&p, three(above[i], "", "", ""));
        if (p.why == NULL) {
            fprintf(stderr, "cut: %s", above[i]);
        }
        CHECK(p.why != NULL && p.count == 0);
        pieces_dispose(&p);
    }
}

static void
macros_in_macros_are_followed_once(void)
{
    struct buf above = BUF_INIT;
    buf_add_str(&above, "static int calls;\n#define M0() calls++\n");
    for (int i = 1; i < 40; i++) {
        buf_add_fmt(&above, "#define M%d()", i);
        for (int k = 0; k < 8; k++) {
            buf_add_fmt(&above, " M%d()", i - 1);
        }
        buf_add_str(&above, "\n");
    }
    struct pieces p;
    cut(&p, three(buf_text(&above), "M39();", "", "calls--;"));
    CHECK(p.count == 2 && is_together(&p, "double a(", "double c("));
    pieces_dispose(&p);
    buf_dispose(&above);
}

static void
a_function_that_tells_its_name_is_there_once(void)
{
    struct pieces p;
    cut(&p, three("static const char *me(void) { return __func__; }\n",
                  "me();", "", "me();"));
    CHECK(p.count == 2 && is_together(&p, "double a(", "double c("));
    pieces_dispose(&p);
    cut(&p, three("static int less(int n) { return n; }\n",
                  "while (sum-->less(3)) { }", "", "less(1);"));
    CHECK(p.count == 2 && how_many_have(&p, "less(int n)") == 2);
    pieces_dispose(&p);
}

static void
what_is_read_ahead_is_not_cut(void)
{
    char *text = three("", "", "", "");
    char *late = mem_format("int early(void) { return 1; }\n%s", text);
    struct pieces p;
    pieces_cut(&p, late, strlen(late), FIXED + 30, false);
    CHECK(p.why != NULL && p.count == 0);
    free(late);
    free(text);
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
    RUN(what_refers_to_one_another_stays_together);
    RUN(a_function_that_is_only_called_is_where_it_is_called);
    RUN(a_members_name_is_nobodys);
    RUN(directives_stay_where_they_are);
    RUN(what_is_not_certain_is_not_cut);
    RUN(macros_in_macros_are_followed_once);
    RUN(a_function_that_tells_its_name_is_there_once);
    RUN(what_is_read_ahead_is_not_cut);
    return 0;
}
