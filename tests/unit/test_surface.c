/* surface: what of a source stays when its functions' bodies go. */
#include "surface.h"

#include "check.h"
#include "mem.h"

/* The surface as text; "none" when there is none. */
static char *
surface_of(const char *text)
{
    struct buf out = BUF_INIT;
    if (!surface_read(text, strlen(text), &out)) {
        buf_dispose(&out);
        return mem_copy_str("none");
    }
    return buf_take(&out);
}

static void
check_surface(const char *text, const char *wanted)
{
    char *found = surface_of(text);
    CHECK_STR(found, wanted);
    free(found);
}

static void
check_stays(const char *text)
{
    check_surface(text, text);
}

static void
bodies_go_and_all_else_stays(void)
{
    check_surface("/** doc */\nint f(int a)\n{\n  return a;\n}\n",
                  "/** doc */\nint f(int a)\n{}\n");
    check_surface("#include <a.h>\nstatic int x = 1;\n"
                  "int f(void) { if (x) { x++; } return 1; } // end\n"
                  "double g(double (*h)(int)) /* c */ { return h(2); }",
                  "#include <a.h>\nstatic int x = 1;\n"
                  "int f(void) {} // end\n"
                  "double g(double (*h)(int)) /* c */ {}");
    check_surface("struct p f(void) { return (struct p){1, 2}; }",
                  "struct p f(void) {}");
    check_surface("CB_ERRNO(-1) int f(CB_DEFAULT(2) int a) { return a; }",
                  "CB_ERRNO(-1) int f(CB_DEFAULT(2) int a) {}");
}

static void
braces_that_are_no_body_stay(void)
{
    check_stays("struct p { int x, y; };\nenum e { A = (1), B };\n");
    check_stays("struct __attribute__((packed)) { int x; } v;\n");
    check_stays("struct PACKED(1) { int x; };\n");
    check_stays("struct PACKED(1) name { int x; };\n");
    check_stays("int table[] = { f(1), g(2) };\n");
    check_stays("struct p v = (struct p) { 1, 2 };\n");
    check_stays("union alignas(8) { int x; } u;\n");
    check_stays("typedef struct { int (*call)(int); } ops;\n");
}

static void
literals_and_comments_hide_braces(void)
{
    check_surface("int f(void) { return '}' + \"}\\\"}\"[0]; /* } */ // }\n}"
                  "int g;",
                  "int f(void) {}int g;");
    check_stays("const char *s = \"int f(void) { return 1; }\";\n");
    check_stays("/* int f(void) { } */ int x;\n");
    check_stays("#define F(a) { a; }\nint x;\n");
    check_stays("#define F(a) \\\n  { a; }\nint x;\n");
}

static void
a_body_that_reaches_beyond_itself_stays(void)
{
    check_stays("int f(void) {\n#if A\n  x++;\n#endif\n}\n");
    check_stays("int f(void) { _Pragma(\"pack(1)\") return 1; }\n");
    check_stays("int f(void) { return __COUNTER__; }\n");
    check_stays("int f(void) {\n  #pragma pack(1)\n return 1; }\n");
    check_stays("int f(void) { return 1 \\\n + 2; }\n");
}

static void
what_is_not_certain_has_no_surface(void)
{
    check_surface("int f(void) { return 1;", "none");
    check_surface("int f(void) } return 1; }", "none");
    check_surface("int f(void) {\n#if A\n  if (x) {\n#else\n  {\n#endif\n}}",
                  "none");
    check_surface("int f(void) { return \"\n; }", "none");
    check_surface("int f(void) { /* return 1; }", "none");
    check_surface("int f(void)) { return 1; }", "none");
    check_surface("int f(void) <% return 1; %>", "none");
    check_surface("int f(void) { return 1; } // and \\\n }", "none");
    check_surface("#define A /* open\n*/\nint x;", "none");
    check_surface("int f(void) { return 1; } \?\?> ", "none");
    check_surface("int \\\n f(void) { return 1; }", "none");
}

/* Nothing that a change of a body can be mistaken for. */
static void
another_signature_is_another_surface(void)
{
    static const char *const pairs[][2]
        = {{"int f(int a) { return 1; }", "int f(long a) { return 1; }"},
           {"int f(void) { return 1; }", "static int f(void) { return 1; }"},
           {"int f(void) { return 1; }",
            "int f(void) { return 1; } int g(void) { return 2; }"},
           {"/** a */ int f(void) { }", "/** b */ int f(void) { }"},
           {"enum { A = 1 }; int f(void) { }",
            "enum { A = 2 }; int f(void) { }"},
           {"struct p { int x; }; void f(void) { }",
            "struct p { long x; }; void f(void) { }"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char *a = surface_of(pairs[i][0]);
        char *b = surface_of(pairs[i][1]);
        CHECK(strcmp(a, "none") != 0 && strcmp(a, b) != 0);
        free(a);
        free(b);
    }
}

int
main(void)
{
    RUN(bodies_go_and_all_else_stays);
    RUN(braces_that_are_no_body_stay);
    RUN(literals_and_comments_hide_braces);
    RUN(a_body_that_reaches_beyond_itself_stays);
    RUN(what_is_not_certain_has_no_surface);
    RUN(another_signature_is_another_surface);
    return 0;
}
