/* preamble: where a source may be cut, and where it may not. */
#include "preamble.h"

#include "check.h"
#include "folder.h"
#include "mem.h"

/* The preamble as text, or "no: " and why there is none. */
static char *
cut(const char *text)
{
    struct preamble p;
    preamble_read(&p, text, strlen(text));
    unsigned line = 1;
    for (size_t i = 0; i < p.len; i++) {
        line += text[i] == '\n';
    }
    CHECK(p.why != NULL ? p.len == 0 : line == p.line);
    char *found = p.why == NULL ? mem_copy_range(text, p.len)
                                : mem_format("no: %s", p.why);
    preamble_dispose(&p);
    return found;
}

static void
check_cut(const char *before, const char *after)
{
    char *text = mem_format("%s%s", before, after);
    char *found = cut(text);
    CHECK_STR(found, before);
    free(found);
    free(text);
}

static void
check_unfit(const char *text)
{
    char *found = cut(text);
    if (strncmp(found, "no: ", 4) != 0) {
        fprintf(stderr, "cut after:\n%s\nof:\n%s\n", found, text);
        exit(1);
    }
    free(found);
}

static void
it_ends_behind_the_last_leading_include(void)
{
    check_cut("#include <a.h>\n", "int x;\n");
    check_cut("/* doc */\n\n// more\n#include <a.h>\n#include \"b.h\"\n",
              "\n#define LATER 1\nint x;\n#include <c.h>\n");
    check_cut("# include<a.h> // why\n", "int x;");
    check_cut("#include <a.h>\r\n#  include \"b.h\"\r\n", "int x;\r\n");
    check_cut("#include <a.h>\n", "typedef int t; /*\n#include <b.h>\n*/");
    check_cut("#include <a.h>\n", "");
}

static void
what_stands_before_an_include_belongs_to_it(void)
{
    check_cut("#define PY_SSIZE_T_CLEAN\n#define _GNU_SOURCE 1\n"
              "#include <Python.h>\n",
              "#define N 3\nint x;\n");
    check_cut("#undef A\n#pragma GCC poison b\n#include <a.h>\n", "int x;\n");
    check_cut("#define F(a) do { \"#include <x.h>\"; } \\\n  while (0)\n"
              "#include <a.h>\n",
              "int x;\n");
}

static void
a_conditional_is_never_cut(void)
{
    check_cut("#ifdef A\n#include <a.h>\n#else\n#include <b.h>\n#endif\n",
              "int x;\n");
    check_cut("#include <a.h>\n",
              "#ifdef A\n#include <b.h>\nint x;\n#endif\n#include <c.h>\n");
    check_cut("#if A\n#if B\n#include <a.h>\n#endif\n#endif\n", "int x;\n");
    check_cut("#include <a.h>\n", "#if A\n#define B\n#endif\nint x;\n");
    check_cut("#include <a.h>\n", "#if A\n#include <b.h>\n");
    check_cut("#include <a.h>\n", "#endif\n#endif\n#if 1\nint x;\n");
    check_cut("#if A\n#endif\n#include <a.h>\n", "int x;\n");
    check_unfit("#if A\n#include <a.h>\nint x;\n#endif\n");
}

static void
a_line_is_a_logical_one(void)
{
    check_cut("#include \\\n <a.h>\n", "int x;\n");
    check_cut("#inc\\\nlude <a.h>\n", "int x;\n");
    check_cut("#include <a.h> /* one\n two */ // three \\\n four\n",
              "int x;\n");
    check_cut("#define A \"/*\"\n#include <a.h>\n", "int x; /* \" */\n");
    check_cut("#define A '\"'\n#include <a.h>\n", "int x;\n");
    check_cut("#define A \\\n#include <no.h>\n#include <a.h>\n", "int x;\n");
    check_cut("// \\\n#include <no.h>\n#include <a.h>\n", "int x;\n");
    check_cut("/* #include <no.h>\n*/#include <a.h>\n", "int x;\n");
    check_cut("#include <a//b.h>\n", "int x;\n");
}

static void
a_source_without_a_leading_include_is_unfit(void)
{
    check_unfit("");
    check_unfit("int x;\n#include <a.h>\n");
    check_unfit("/* #include <a.h>\n");
    check_unfit("#include <a.h>");
    check_unfit("#define A \"#include <a.h>\"\n");
    check_unfit("static const char *s = \"\\\n#include <a.h>\\\n\";\n");
}

static void
what_tells_the_file_keeps_the_source_whole(void)
{
    static const char *const rests[]
        = {"char *s = __BASE_FILE__;", "int x = __INCLUDE_LEVEL__;",
           "char *s = __TIMESTAMP__;", "char *s = __TIME\\\nSTAMP__;",
           "#if __has_include(\"b.h\")\n#endif", "#include NAME",
           "#include_next <a.h>", "#import <a.h>", "#pragma once",
           "#embed \"x\"", "#pragma /* a\n b */ GCC system_header",
           "char *s = R\"(\n/* )\";", "char *s = \"a\?\?/\nb\";",
           "\?\?=include \"b.h\"", "%:include \"b.h\"", "char c = '\\ \n';",
           "/* not closed", NULL};
    for (size_t i = 0; rests[i] != NULL; i++) {
        char *text = mem_format("#include <a.h>\n%s\nint x;\n", rests[i]);
        check_unfit(text);
        free(text);
    }
    check_unfit("\xef\xbb\xbf#include <a.h>\nint x;\n");
    check_unfit("#define T __TIME__\n#include <a.h>\nint x;\n");
    check_unfit("#line 7\n#include <a.h>\nint x;\n");
    check_unfit("# 7 \"other.c\"\n#include <a.h>\nint x;\n");
    check_unfit("#include <a.h>\rint x;\n");
    check_unfit("#include \"a\nb.h\"\n");
    struct preamble p;
    preamble_read(&p, "#include <a.h>\nint\0x;\n", 22);
    CHECK(p.why != NULL);
    preamble_dispose(&p);
}

static void
what_only_looks_like_it_does_not(void)
{
    check_cut("#include <a.h>\n", "char *s = __FILE__, *t = __DATE__;\n");
    check_cut("#include <a.h>\n", "/* __BASE_FILE__, #include X */\n");
    check_cut("#include <a.h>\n", "char *s = \"__TIMESTAMP__\";\n");
    check_cut("#include <a.h>\n", "int n = 1'000; /* don't */ int m = 1'0;\n");
    check_cut("#include <a.h>\n", "int r = a %b; int R;\n");
    check_cut("#include <a.h>\n",
              "#define once 1\n#pragma GCC push_options\n");
}

static void
includes_beside_the_source_get_their_path(void)
{
    char *dir = folder_new();
    folder_put(dir, "here.h", "");
    const char *text = "#include \"here.h\"\n#include \"there.h\"\n"
                       "#include <here.h>\n#include \"/abs.h\"\n"
                       "int x; // \"here.h\"\n#include \"./here.h\"\n";
    struct preamble p;
    struct buf out = BUF_INIT;
    preamble_read(&p, text, strlen(text));
    CHECK(p.len > 0);
    preamble_copy(&p, text, 0, p.len, dir, &out);
    preamble_copy(&p, text, p.len, strlen(text), dir, &out);
    char *want = mem_format("#include \"%s/here.h\"\n#include \"there.h\"\n"
                            "#include <here.h>\n#include \"/abs.h\"\n"
                            "int x; // \"here.h\"\n#include \"%s/./here.h\"\n",
                            dir, dir);
    CHECK_STR(buf_text(&out), want);
    free(want);
    buf_dispose(&out);
    preamble_dispose(&p);
    folder_free(dir);
}

static void
a_header_that_tells_the_file_is_known(void)
{
    const char *text = "#define WHERE __BASE_FILE__\n";
    CHECK(preamble_is_told(text, strlen(text)));
    text = "#if __has_include(<a.h>)\n#endif\n";
    CHECK(!preamble_is_told(text, strlen(text)));
}

/* Whatever the bytes, it ends, and cuts at a line's end if at all. */
static void
any_bytes_are_read_to_their_end(void)
{
    static const char *const bits[]
        = {"#",  "include", " ",   "<a.h>", "\"b.h\"", "\n", "\\\n", "/*",
           "*/", "//",      "\"",  "'",     "if",      "x",  "endif", "\r\n",
           "%:", "\\",      "1'0", "R\"",   "pragma",  "\\ \n"};
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        struct buf text = BUF_INIT;
        for (int i = 0; i < 24; i++) {
            seed = seed * 1103515245u + 12345u;
            buf_add_str(&text,
                        bits[(seed >> 16) % (sizeof(bits) / sizeof(*bits))]);
        }
        struct preamble p;
        preamble_read(&p, buf_text(&text), text.len);
        CHECK(p.len <= text.len);
        CHECK(p.len == 0 || text.data[p.len - 1] == '\n');
        CHECK((p.len == 0) == (p.why != NULL));
        preamble_dispose(&p);
        buf_dispose(&text);
    }
}

int
main(void)
{
    RUN(it_ends_behind_the_last_leading_include);
    RUN(what_stands_before_an_include_belongs_to_it);
    RUN(a_conditional_is_never_cut);
    RUN(a_line_is_a_logical_one);
    RUN(a_source_without_a_leading_include_is_unfit);
    RUN(what_tells_the_file_keeps_the_source_whole);
    RUN(what_only_looks_like_it_does_not);
    RUN(includes_beside_the_source_get_their_path);
    RUN(a_header_that_tells_the_file_is_known);
    RUN(any_bytes_are_read_to_their_end);
    return 0;
}
