/* What becomes of the words of gcc, clang, tcc and their linkers. */
#include "check.h"

#include "diag.h"
#include "folder.h"

/* Parsed and rendered below the folder /p, where no file is. */
static char *
told(const char *text)
{
    struct diag_list l = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    diag_parse(&l, text, "/p");
    diag_merge(&l);
    diag_render(&l, "/p", 0, &out);
    diag_list_dispose(&l);
    return buf_take(&out);
}

static void
check_told(const char *text, const char *want)
{
    char *got = told(text);
    CHECK_STR(got, want);
    free(got);
}

static void
gcc_says_place_message_caret_and_help(void)
{
    check_told("scoring.c: In function 'total':\n"
               "scoring.c:11:31: error: 'sun' undeclared (first use in this "
               "function); did you mean 'sum'?\n"
               "   11 |     return PyFloat_FromDouble(sun);\n"
               "      |                               ^~~\n"
               "      |                               sum\n"
               "fix-it:\"scoring.c\":{11:31-11:34}:\"sum\"\n"
               "scoring.c:11:31: note: each undeclared identifier is reported "
               "only once for each function it appears in\n",
               "scoring.c:11:31: error: 'sun' undeclared (first use in this "
               "function)\n"
               "   11 |     return PyFloat_FromDouble(sun);\n"
               "      |                               ^~~\n"
               "      |                               sum\n"
               "      = help: did you mean 'sum'?\n");
}

static void
a_missing_semicolon_is_offered(void)
{
    check_told("a.c:6:27: error: expected ';' before '}' token\n"
               "    6 |         return x + nope(3)\n"
               "      |                           ^\n"
               "      |                           ;\n"
               "    7 | }\n"
               "      | ~                          \n"
               "fix-it:\"a.c\":{6:27-6:27}:\";\"\n",
               "a.c:6:27: error: expected ';' before '}' token\n"
               "    6 |         return x + nope(3)\n"
               "      |                           ^\n"
               "      |                           ;\n");
}

static void
a_missing_header_is_offered(void)
{
    check_told("a.c:8:43: warning: implicit declaration of function 'printf' "
               "[-Wimplicit-function-declaration]\n"
               "    8 | void g(void) { printf(\"x\"); }\n"
               "      |                ^~~~~~\n"
               "a.c:3:1: note: include '<stdio.h>' or provide a declaration "
               "of 'printf'\n"
               "    2 | #include \"h.h\"\n"
               "  +++ |+#include <stdio.h>\n"
               "    3 | int x;\n",
               "a.c:8:16: warning: implicit declaration of function 'printf' "
               "[-Wimplicit-function-declaration]\n"
               "    8 | void g(void) { printf(\"x\"); }\n"
               "      |                ^~~~~~\n"
               "      = help: add '#include <stdio.h>'\n");
}

static void
labels_below_a_caret_are_no_fixits(void)
{
    check_told("a.c:8:6: warning: format '%d' expects argument of type 'int' "
               "[-Wformat=]\n"
               "    8 |    \"%d\", \"x\"\n"
               "      |     ~^   ~~~\n"
               "      |      |   |\n"
               "      |      int char *\n"
               "      |     %s\n"
               "fix-it:\"a.c\":{8:5-8:7}:\"%s\"\n",
               "a.c:8:6: warning: format '%d' expects argument of type 'int' "
               "[-Wformat=]\n"
               "    8 |    \"%d\", \"x\"\n"
               "      |     ~^   ~~~\n"
               "      |     %s\n");
}

static void
fixits_are_text_whatever_they_hold(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse(&l,
               "fix-it:\"a.c\":{1:1-1:1}:\"of nobody\"\n"
               "a.c:2:1: warning: w\n"
               "    2 | x y z\n"
               "      | ^\n"
               "fix-it:\"a \\\"b\\\".c\":{2:1-2:2}:\"\\t\\\\\\303\\244\"\n"
               "fix-it:\"a.c\":{2:3-2:4}:\"\"\n"
               "fix-it:\"a.c\":{2:5-2:\n"
               "fix-it:\"a.c\n",
               "/p");
    CHECK(l.count == 1 && l.items[0].fixit_count == 2);
    CHECK_STR(l.items[0].fixits[0].path, "/p/a \"b\".c");
    CHECK_STR(l.items[0].fixits[0].text, "\t\\\xc3\xa4");
    struct buf out = BUF_INIT;
    diag_render(&l, "/p", 0, &out);
    CHECK_STR(buf_text(&out), "a.c:2:1: warning: w\n"
                              "    2 | x y z\n"
                              "      | ^\n"
                              "      |   -\n");
    buf_dispose(&out);
    diag_list_dispose(&l);
}

static void
fixits_that_meet_stand_below_each_other(void)
{
    check_told("a.c:2:1: warning: w\n"
               "    2 | x = y\n"
               "      | ^~~~~\n"
               "fix-it:\"a.c\":{2:1-2:1}:\"((\"\n"
               "fix-it:\"a.c\":{2:2-2:3}:\"==\"\n"
               "fix-it:\"a.c\":{2:6-2:6}:\"))\"\n",
               "a.c:2:1: warning: w\n"
               "    2 | x = y\n"
               "      | ^~~~~\n"
               "      | ((\n"
               "      |  ==  ))\n");
}

static void
notes_stay_with_their_error(void)
{
    check_told("a.c:9:18: error: request for member 'foo'\n"
               "    9 | #define M(x) ((x).foo)\n"
               "      |                  ^\n"
               "a.c:10:23: note: in expansion of macro 'M'\n"
               "   10 | int h(int q) { return M(q); }\n"
               "      |                       ^\n",
               "a.c:9:18: error: request for member 'foo'\n"
               "    9 | #define M(x) ((x).foo)\n"
               "      |                  ^\n"
               "a.c:10:23: note: in expansion of macro 'M'\n"
               "   10 | int h(int q) { return M(q); }\n"
               "      |                       ^\n");
}

static void
the_way_of_an_include_follows_the_error(void)
{
    check_told("In file included from sub/h2.h:1,\n"
               "                 from c.c:2:\n"
               "sub/h.h:1:14: error: 'nope' undeclared here\n"
               "    1 | int broken = nope;\n"
               "      |              ^~~~\n",
               "sub/h.h:1:14: error: 'nope' undeclared here\n"
               "    1 | int broken = nope;\n"
               "      |              ^~~~\n"
               "sub/h2.h:1: note: included from here\n"
               "c.c:2: note: included from here\n");
}

static void
clang_is_read_with_and_without_a_gutter(void)
{
    static const char want[] =
        "a.c:3:11: error: use of undeclared identifier 'sun'\n"
        "    3 |   return (sun);\n"
        "      |           ^~~\n"
        "      = help: did you mean 'sum'?\n";
    check_told("a.c:3:11: error: use of undeclared identifier 'sun'; did you "
               "mean 'sum'?\n"
               "    3 |   return (sun);\n"
               "      |           ^~~\n"
               "      |           sum\n"
               "1 error generated.\n",
               want);
    check_told("a.c:3:11: error: use of undeclared identifier 'sun'; did you "
               "mean 'sum'?\n"
               "  return (sun);\n"
               "          ^~~\n"
               "          sum\n"
               "1 error generated.\n",
               want);
}

static void
tcc_gives_a_line_and_no_column(void)
{
    check_told("In file included from c.c:1:\n"
               "In file included from h2.h:1:\n"
               "h.h:1: error: 'nope' undeclared\n",
               "h.h:1: error: 'nope' undeclared\n"
               "c.c:1: note: included from here\n"
               "h2.h:1: note: included from here\n");
    check_told("t.c:1: warning: implicit declaration of function 'nofn'\n"
               "tcc: error: unresolved reference to 'nofn'\n",
               "t.c:1: warning: implicit declaration of function 'nofn'\n"
               "error: unresolved reference to 'nofn'\n");
}

static void
the_linker_names_symbol_file_and_line(void)
{
    check_told("/usr/bin/ld: /tmp/ccV.o: in function `f':\n"
               "/p/l.c:3: undefined reference to `foo'\n"
               "/usr/bin/ld: /p/l.c:4: undefined reference to `bar'\n"
               "/usr/bin/ld: /p/l.c:4: undefined reference to `bar'\n"
               "collect2: error: ld returned 1 exit status\n",
               "l.c:3: error: undefined reference to 'foo'\n"
               "l.c:4: error: undefined reference to 'bar'\n");
    check_told("/usr/bin/ld: l.c:(.text+0xc): undefined reference to `bar'\n"
               "collect2: error: ld returned 1 exit status\n",
               "error: undefined reference to 'bar'\n");
    check_told("/usr/bin/ld: cannot find -lnope: No such file or directory\n"
               "collect2: error: ld returned 1 exit status\n",
               "error: cannot find -lnope: No such file or directory\n");
    check_told("/usr/bin/ld: /tmp/b.o:/p/m2.c:1: multiple definition of `a'; "
               "/tmp/a.o:/p/m1.c:1: first defined here\n",
               "m2.c:1: error: multiple definition of 'a'; "
               "/tmp/a.o:/p/m1.c:1: first defined here\n");
    check_told("ld.lld: error: undefined symbol: foo\n"
               ">>> referenced by l.c:3\n"
               ">>>               /tmp/l.o:(f)\n",
               "l.c:3: error: undefined symbol: foo\n");
}

static void
drivers_and_assemblers_are_heard(void)
{
    check_told("gcc: error: unrecognized command-line option '-fnope'\n",
               "error: unrecognized command-line option '-fnope'\n");
    check_told("as.c: Assembler messages:\n"
               "as.c:1: Error: no such instruction: `bogus %eax'\n",
               "as.c:1: error: no such instruction: 'bogus %eax'\n");
    check_told("t.cpp: In instantiation of 'int g(T)':\n"
               "t.cpp:2:21:   required from here\n"
               "t.cpp:1:40: error: request for member 'foo'\n",
               "t.cpp:1:40: error: request for member 'foo'\n"
               "t.cpp:2: note: required from here\n");
    check_told("i.c:1:10: fatal error: nope.h: No such file or directory\n"
               "    1 | #include \"nope.h\"\n"
               "      |          ^~~~~~~~\n"
               "compilation terminated.\n",
               "i.c:1:10: error: nope.h: No such file or directory\n"
               "    1 | #include \"nope.h\"\n"
               "      |          ^~~~~~~~\n");
}

static void
text_that_is_no_diagnostic_is_not_lost(void)
{
    check_told("Killed\n", "error: Killed\n");
    check_told("collect2: error: ld returned 1 exit status\n",
               "error: collect2: error: ld returned 1 exit status\n");
    check_told("\n", "");
}

static void
chatter_of_a_compiler_that_succeeded_is_no_error(void)
{
    struct diag_list l = DIAG_LIST_INIT;
    diag_parse_result(&l,
                      "Using built-in specs.\n"
                      "a.c:1:1: warning: w\n"
                      "error: of a launcher\n"
                      "a.c:1:1: note: to that\n",
                      "/p", true);
    CHECK(l.count == 1);
    CHECK_STR(l.items[0].message, "w");
    diag_list_dispose(&l);
}

static void
carets_stand_below_their_letters_after_tabs_and_umlauts(void)
{
    char *folder = folder_new();
    folder_put(folder, "t.c", "\n\treturn \"\xc3\xa4\xe4\xb8\xad\" + sun;\n");
    struct diag_list l = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    /* gcc 12: columns of a terminal, tabs as spaces. */
    diag_parse(&l,
               "t.c:2:24: error: 'sun' undeclared\n"
               "    2 |         return \"\xc3\xa4\xe4\xb8\xad\" + sun;\n"
               "      |                        ^~~\n",
               folder);
    CHECK(l.count == 1 && l.items[0].column == 19 && l.items[0].width == 3);
    CHECK_STR(l.items[0].source, "\treturn \"\xc3\xa4\xe4\xb8\xad\" + sun;");
    diag_render(&l, folder, 0, &out);
    CHECK_STR(buf_text(&out),
              "t.c:2:19: error: 'sun' undeclared\n"
              "    2 |         return \"\xc3\xa4\xe4\xb8\xad\" + sun;\n"
              "      |                        ^~~\n");
    buf_dispose(&out);
    diag_list_dispose(&l);
    folder_free(folder);
}

static void
a_line_without_a_column_shows_its_source(void)
{
    char *folder = folder_new();
    folder_put(folder, "t.c", "int a;\nint b = ;\r\n");
    struct diag_list l = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    diag_parse(&l, "t.c:2: error: identifier expected\n", folder);
    diag_fill_sources(&l);
    diag_render(&l, folder, 0, &out);
    CHECK_STR(buf_text(&out), "t.c:2: error: identifier expected\n"
                              "    2 | int b = ;\n");
    buf_dispose(&out);
    diag_list_dispose(&l);
    folder_free(folder);
}

static void
hostile_letters_never_reach_the_terminal(void)
{
    check_told("a.c:1:1: error: \033[2Jboo\xff\n"
               "    1 | \033[31mx\n"
               "      | ^\n",
               "a.c:1:1: error: ?[2Jboo?\n"
               "    1 | ?[31mx\n"
               "      | ^\n");
}

/* A small generator, the same on every machine. */
static unsigned
draw(unsigned *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % below;
}

static void
mutated_output_is_survived(void)
{
    static const char seed_text[] =
        "In file included from sub/h2.h:1,\n                 from c.c:2:\n"
        "a.c:3:11: error: no 'sun'; did you mean 'sum'? [-Wx]\n"
        "    3 | \treturn (s\xc3\xbcn);\n      |           ^~~\n"
        "      |           sum\nfix-it:\"a.c\":{3:11-3:14}:\"sum\"\n"
        "/usr/bin/ld: /t/b.o:/p/m2.c:1: multiple "
        "definition of `a'\n>>> referenced by l.c:3\n"
        "a.c:3:1: note: include '<stdio.h>' or provide\n"
        "t.cpp:2:21:   required from here\n123456 | int\n       | ^\n";
    static const char letters[] = "\n:|^~ 0123456789'`[];<>\t\x80\xff";
    unsigned seed = 20261120;
    for (int round = 0; round < 3000; round++) {
        char text[sizeof(seed_text)];
        memcpy(text, seed_text, sizeof(text));
        for (unsigned edits = draw(&seed, 12) + 1; edits > 0; edits--) {
            text[draw(&seed, sizeof(text) - 1)]
                = letters[draw(&seed, sizeof(letters) - 1)];
        }
        if (draw(&seed, 4) == 0) {
            text[draw(&seed, sizeof(text) - 1)] = '\0';
        }
        free(told(text));
        struct diag_list l = DIAG_LIST_INIT;
        diag_restore(&l, text);
        diag_list_dispose(&l);
    }
}

int
main(void)
{
    RUN(gcc_says_place_message_caret_and_help);
    RUN(a_missing_semicolon_is_offered);
    RUN(a_missing_header_is_offered);
    RUN(labels_below_a_caret_are_no_fixits);
    RUN(fixits_are_text_whatever_they_hold);
    RUN(fixits_that_meet_stand_below_each_other);
    RUN(notes_stay_with_their_error);
    RUN(the_way_of_an_include_follows_the_error);
    RUN(clang_is_read_with_and_without_a_gutter);
    RUN(tcc_gives_a_line_and_no_column);
    RUN(the_linker_names_symbol_file_and_line);
    RUN(drivers_and_assemblers_are_heard);
    RUN(text_that_is_no_diagnostic_is_not_lost);
    RUN(chatter_of_a_compiler_that_succeeded_is_no_error);
    RUN(carets_stand_below_their_letters_after_tabs_and_umlauts);
    RUN(a_line_without_a_column_shows_its_source);
    RUN(hostile_letters_never_reach_the_terminal);
    RUN(mutated_output_is_survived);
    return 0;
}
