/* csource: what a lexer can see of a C file. */
#include "csource.h"

#include "check.h"

static bool
defines(const char *text)
{
    struct csource s;
    csource_read(&s, text, strlen(text), "m");
    bool does = s.defines_init;
    csource_dispose(&s);
    return does;
}

static void
an_init_function_is_found(void)
{
    CHECK(defines("PyMODINIT_FUNC PyInit_m(void)\n{\n}\n"));
    CHECK(defines("PyMODINIT_FUNC\nPyInit_m (void) {"));
    CHECK(defines("extern \"C\" {\nPyObject *PyInit_m() noexcept\n{ } }"));
    CHECK(defines("PyObject *PyInit_m(void) __attribute__((cold))\n"
                  "#if X\n{ a(); }\n#else\n{ b(); }\n#endif\n"));
    CHECK(defines("#ifdef A\nint f(int a) {\n#else\nint f(long a) {\n"
                  "#endif\n}\nPyMODINIT_FUNC PyInit_m(void) {}"));
    CHECK(defines("int n = 1'000; PyMODINIT_FUNC PyInit_m(void) {}"));
    CHECK(defines("#if 0\n#elif 1\nint PyInit_m(void) {}\n#endif"));
    CHECK(defines("PyMODINIT_\\\nFUNC PyIn\\\nit_m(void) {}"));
    CHECK(defines("PyMODEXPORT_FUNC\nPyModExport_m(void)\n{\n}\n"));
}

static void
what_only_looks_like_one_is_not(void)
{
    CHECK(!defines("PyMODINIT_FUNC PyInit_m(void);"));
    CHECK(!defines("PyMODINIT_FUNC PyInit_other(void) {}"));
    CHECK(!defines("PyMODINIT_FUNC PyInit_mm(void) {}"));
    CHECK(!defines("PyMODEXPORT_FUNC PyModExport_other(void) {}"));
    CHECK(!defines("PyMODEXPORT_FUNC PyModExport_m(void);"));
    CHECK(!defines("// PyMODINIT_FUNC PyInit_m(void) {}"));
    CHECK(!defines("// a \\\nPyMODINIT_FUNC PyInit_m(void) {}"));
    CHECK(!defines("/* PyMODINIT_FUNC PyInit_m(void) {} */"));
    CHECK(!defines("char *s = \"PyInit_m(void) {\";"));
    CHECK(!defines("char *s = \"\\\"PyInit_m(void) {\";"));
    CHECK(!defines("auto s = R\"x(\" PyInit_m(void) { )x\";"));
    CHECK(!defines("#if 0\nPyMODINIT_FUNC PyInit_m(void) {}\n#endif"));
    CHECK(!defines("#if 0\n#if 1\n#endif\nint PyInit_m(void) {}\n#endif"));
    CHECK(!defines("#define INIT PyInit_m(void) {"));
    CHECK(!defines("int f(void) { if (PyInit_m()) { } }"));
}

static void
the_macros_of_binding_libraries_count(void)
{
    CHECK(defines("PYBIND11_MODULE(m, handle) {\n}"));
    CHECK(defines("NB_MODULE( m , handle) {\n}"));
    CHECK(!defines("NB_MODULE(other, handle) {\n}"));
    CHECK(!defines("MY_NB_MODULE(m, handle) {\n}"));
}

static void
includes_are_listed_with_their_marks(void)
{
    const char *text = "#include <Python.h>\n"
                       "  #  include \"a/b.h\" // one\n"
                       "/* #include \"no.h\" */\n"
                       "#if __has_include(<maybe.h>)\n#endif\n"
                       "#if 0\n#include \"dead.h\"\n#endif\n"
                       "char *s = \"\\n#include <no.h>\";\n"
                       "#include CONFIG\n";
    struct csource s;
    csource_read(&s, text, strlen(text), NULL);
    char *all = list_join(&s.includes, " ");
    CHECK_STR(all, "<Python.h \"a/b.h <maybe.h");
    CHECK(s.has_computed);
    CHECK(!s.defines_init && s.cowbird_line == 0);
    free(all);
    csource_dispose(&s);
}

static unsigned
cowbird_line(const char *text)
{
    struct csource s;
    csource_read(&s, text, strlen(text), "m");
    unsigned line = s.cowbird_line;
    csource_dispose(&s);
    return line;
}

static void
the_line_of_cowbird_h_is_known(void)
{
    CHECK(cowbird_line("#include <cowbird.h>\n") == 1);
    CHECK(cowbird_line("/* a\n b */\n\n#include \"cowbird.h\"\n") == 4);
    CHECK(cowbird_line("#define A \\\n 1\n#include \"../cowbird.h\"\n") == 3);
    CHECK(cowbird_line("// #include <cowbird.h>\n") == 0);
    CHECK(cowbird_line("#include <mycowbird.h>\n") == 0);
}

static const char *
other_init(const char *text)
{
    static char found[32];
    struct csource s;
    csource_read(&s, text, strlen(text), "m");
    snprintf(found, sizeof(found), "%s",
             s.other_init == NULL ? "none" : s.other_init);
    csource_dispose(&s);
    return found;
}

static void
an_init_function_for_another_name_is_known(void)
{
    CHECK_STR(other_init("PyMODINIT_FUNC PyInit_n(void) { return 0; }"),
              "PyInit_n");
    CHECK_STR(other_init("int PyModExport_mm(void) { }"), "PyModExport_mm");
    CHECK_STR(other_init("int PyInit_n(void) { }\nint PyInit_o(void) { }"),
              "PyInit_n");
    CHECK_STR(other_init("int PyInit_n(void) { }\nint PyInit_m(void) { }"),
              "none");
    CHECK_STR(other_init("int PyInit_n(void);"), "none");
    CHECK_STR(other_init("/* PyInit_n(void) { */"), "none");
    CHECK_STR(other_init("int PyInit_(void) { }"), "none");
}

static void
broken_and_odd_text_ends(void)
{
    static const char nul[] = "a\0b/*";
    struct csource s;
    csource_read(&s, nul, sizeof(nul), "m");
    csource_dispose(&s);
    CHECK(!defines("PyInit_m("));
    CHECK(!defines("\"\\"));
    CHECK(!defines("R\"("));
    CHECK(!defines("#include \"x"));
    CHECK(!defines("#endif\n#else\n#if"));
    CHECK(!defines("\\"));
}

int
main(void)
{
    RUN(an_init_function_is_found);
    RUN(what_only_looks_like_one_is_not);
    RUN(the_macros_of_binding_libraries_count);
    RUN(includes_are_listed_with_their_marks);
    RUN(the_line_of_cowbird_h_is_known);
    RUN(an_init_function_for_another_name_is_known);
    RUN(broken_and_odd_text_ends);
    return 0;
}
