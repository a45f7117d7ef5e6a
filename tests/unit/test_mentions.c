/* mentions: what has to stay together, what may be in several pieces, and
 * which sources tell neither. */
#include "cut_source.h"

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
           "_Static_assert(__LINE__ > 0, \"\");\n",
           "#define HERE (__LINE__ & 7)\n#define IT HERE\n"
           "enum { FLAG = IT };\n",
           "#if __LINE__ > 0\n#endif\n",
           "#define HERE (__LINE__ > 7)\n#if HERE\n#endif\n",
           "static const char *when(void) { return __TIME__; }\n",
           "#define MARK(x) __attribute__((x))\n"
           "MARK(destructor) static void f(void) { }\n",
           "__attribute__((cold, destructor)) static void f(void) { }\n",
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
    static const char *const keepers[]
        = {"#define ME __func__\nstatic const char *me(void) { return ME; }\n",
           "static const char *me(void) { return \"no\\0ne\"; }\n",
           "#define NONE \"no\\x00ne\"\n"
           "static const char *me(void) { return NONE; }\n",
           "static void *me(void) { _Py_IDENTIFIER(x); return &PyId_x; }\n",
           "static void *me(void) { return me; }\n"};
    for (size_t i = 0; i < sizeof(keepers) / sizeof(keepers[0]); i++) {
        cut(&p, three(keepers[i], "me();", "", "me();"));
        CHECK(p.count == 2 && is_together(&p, "double a(", "double c("));
        pieces_dispose(&p);
    }
    cut(&p, three("static int less(int n) { return n; }\n",
                  "while (sum-->less(3)) { }", "", "less(1);"));
    CHECK(p.count == 2 && how_many_have(&p, "less(int n)") == 2);
    pieces_dispose(&p);
}

static void
a_cast_to_a_type_of_pythons_is_no_attribute(void)
{
    struct pieces p;
    cut(&p, three("struct slot { int x; void (*f)(int); };\n"
                  "static void gone(int x) { (void)x; }\n"
                  "static struct slot slots[] = {{1, (destructor)gone},\n"
                  "    {.f = (destructor)gone}};\n",
                  "sum += slots[0].x;", "", ""));
    CHECK(p.count == 2);
    pieces_dispose(&p);
}

static void
inlining_is_kept_where_it_counts(void)
{
    struct pieces p;
    const struct mention_rules rules = {.may_double = false};
    char *text = three("static double twice(double x) { return 2 * x; }\n",
                       "sum += twice(1);", "", "sum += twice(2);");
    pieces_cut(&p, text, strlen(text), FIXED, &rules);
    CHECK(p.count == 2 && is_together(&p, "double a(", "double c("));
    CHECK(how_many_have(&p, "double twice(") == 1);
    pieces_dispose(&p);
    free(text);
}

static void
what_is_read_ahead_is_not_cut(void)
{
    char *text = three("", "", "", "");
    char *late = mem_format("int early(void) { return 1; }\n%s", text);
    struct pieces p;
    const struct mention_rules rules = {true, true};
    pieces_cut(&p, late, strlen(late), FIXED + 30, &rules);
    CHECK(p.why != NULL && p.count == 0);
    free(late);
    free(text);
}

int
main(void)
{
    RUN(what_refers_to_one_another_stays_together);
    RUN(a_function_that_is_only_called_is_where_it_is_called);
    RUN(a_members_name_is_nobodys);
    RUN(what_is_not_certain_is_not_cut);
    RUN(macros_in_macros_are_followed_once);
    RUN(a_function_that_tells_its_name_is_there_once);
    RUN(a_cast_to_a_type_of_pythons_is_no_attribute);
    RUN(inlining_is_kept_where_it_counts);
    RUN(what_is_read_ahead_is_not_cut);
    return 0;
}
