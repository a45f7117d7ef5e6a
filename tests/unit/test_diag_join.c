/* What a compiler and libclang say about one source, as one list. */
#include "check.h"

#include "diag.h"
#include "diag_join.h"
#include "folder.h"

/* Both texts parsed below `dir`, joined and rendered. */
static char *
joined_in(const char *dir, const char *said, const char *lent,
          bool stops_early)
{
    struct diag_list a = DIAG_LIST_INIT;
    struct diag_list b = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    diag_parse(&a, said, dir);
    diag_parse(&b, lent, dir);
    diag_join(&a, &b, stops_early);
    diag_render(&a, dir, 0, &out);
    diag_list_dispose(&a);
    diag_list_dispose(&b);
    return buf_take(&out);
}

static void
check_joined(const char *said, const char *lent, bool stops_early,
             const char *want)
{
    char *got = joined_in("/p", said, lent, stops_early);
    CHECK_STR(got, want);
    free(got);
}

static void
tcc_gets_words_column_caret_and_fixit(void)
{
    check_joined("a.c:3: error: 'sun' undeclared\n",
                 "a.c:3:11: error: use of undeclared identifier 'sun'; did "
                 "you mean 'sum'?\n"
                 "    3 |   return (sun);\n"
                 "      |           ^~~\n"
                 "fix-it:\"a.c\":{3:11-3:14}:\"sum\"\n"
                 "a.c:1:5: note: 'sum' declared here\n",
                 true,
                 "a.c:3:11: error: use of undeclared identifier 'sun'\n"
                 "    3 |   return (sun);\n"
                 "      |           ^~~\n"
                 "      |           sum\n"
                 "      = help: did you mean 'sum'?\n"
                 "a.c:1:5: note: 'sum' declared here\n");
}

static void
the_compiler_decides_how_severe_it_is(void)
{
    check_joined("a.c:3:5: warning: makes integer from pointer without a "
                 "cast [-Wint-conversion]\n"
                 "a.c:9:1: error: 'b' undeclared\n",
                 "a.c:3:7: error: incompatible pointer to integer conversion "
                 "[-Wint-conversion]\n"
                 "a.c:9:2: error: use of undeclared identifier 'b'\n",
                 false,
                 "a.c:3:7: warning: incompatible pointer to integer "
                 "conversion [-Wint-conversion]\n"
                 "a.c:9:2: error: use of undeclared identifier 'b'\n");
}

static void
what_libclang_alone_sees_is_left_out_beside_a_whole_list(void)
{
    static const char said[] = "a.c:3:5: error: 'b' undeclared\n";
    static const char lent[]
        = "a.c:2:1: error: __int129 is unknown\n"
          "a.c:3:5: error: use of undeclared identifier 'b'\n"
          "a.c:9:1: warning: unused variable 'x' [-Wunused-variable]\n";
    check_joined(said, lent, false,
                 "a.c:3:5: error: use of undeclared identifier 'b'\n");
    check_joined(said, lent, true, lent);
}

static void
an_error_that_libclang_does_not_know_stands_alone(void)
{
    check_joined("a.c:3: error: '__int128' is not for tcc\n",
                 "a.c:7:1: warning: unused variable 'x'\n", true,
                 "a.c:3: error: '__int128' is not for tcc\n");
    check_joined("a.c:3:1: error: one\n"
                 "a.c:3:9: error: 'two' undeclared\n"
                 "error: undefined reference to 'f'\n",
                 "a.c:3:9: error: use of undeclared identifier 'two'\n",
                 false,
                 "a.c:3:1: error: one\n"
                 "a.c:3:9: error: use of undeclared identifier 'two'\n"
                 "error: undefined reference to 'f'\n");
}

static void
the_only_ones_of_a_line_are_one_whatever_their_words(void)
{
    check_joined("a.c:3: error: ';' wanted\n",
                 "a.c:3:1: error: unknown type name 'foo'\n", true,
                 "a.c:3:1: error: unknown type name 'foo'\n");
}

static void
what_is_missing_may_be_noticed_on_the_next_line_of_code(void)
{
    char *folder = folder_new();
    folder_put(folder, "a.c",
               "int y = 2\n\n/* of nothing\n * at all */\n#define X\n"
               "return y;\nint z\n");
    static const char lent[]
        = "a.c:1:10: error: expected ';' at end of declaration\n";
    char *got = joined_in(folder,
                          "a.c:6: error: ';' expected (got 'return')\n", lent,
                          true);
    CHECK_STR(got, "a.c:1:10: error: expected ';' at end of declaration\n");
    free(got);
    got = joined_in(folder, "a.c:7: error: ';' expected\n", lent, true);
    CHECK_STR(got, "a.c:7: error: ';' expected\n");
    free(got);
    folder_free(folder);
}

static void
a_macro_is_blamed_where_it_is_used(void)
{
    check_joined("a.c:1:20: error: 'nope' undeclared\n"
                 "a.c:9:5: note: in expansion of macro 'M'\n",
                 "a.c:9:5: error: use of undeclared identifier 'nope'\n"
                 "a.c:1:20: note: expanded from macro 'M'\n",
                 false,
                 "a.c:9:5: error: use of undeclared identifier 'nope'\n"
                 "a.c:1:20: note: expanded from macro 'M'\n");
}

static void
the_way_of_an_include_and_the_words_of_an_error_stay(void)
{
    check_joined("In file included from c.c:2:\n"
                 "h.h:1:2: error: #error \"configure first\"\n",
                 "h.h:1:2: error: \"configure first\"\n", false,
                 "h.h:1:2: error: #error \"configure first\"\n"
                 "c.c:2: note: included from here\n");
}

static void
a_cycle_without_a_line_gets_one(void)
{
    check_joined("In file included from c.c:2:\n"
                 "In file included from a.h:1:\n"
                 "In file included from b.h:1:\n"
                 "In file included from a.h:1:\n"
                 "a.h:0: error: #include recursion too deep\n",
                 "a.h:1:10: error: #include nested too deeply\n", true,
                 "a.h:1:10: error: #include nested too deeply\n"
                 "c.c:2: note: included from here\n"
                 "a.h:1: note: included from here\n"
                 "b.h:1: note: included from here\n");
}

static void
what_the_compiler_offers_is_kept_when_libclang_offers_nothing(void)
{
    check_joined("a.c:3:8: error: 'Py_NON' undeclared; did you mean "
                 "'Py_None'?\n"
                 "    3 | return Py_NON;\n"
                 "      |        ^~~~~~\n"
                 "fix-it:\"a.c\":{3:8-3:14}:\"Py_None\"\n",
                 "a.c:3:8: error: use of undeclared identifier 'Py_NON'\n"
                 "    3 | return Py_NON;\n"
                 "      |        ^~~~~~\n",
                 false,
                 "a.c:3:8: error: use of undeclared identifier 'Py_NON'\n"
                 "    3 | return Py_NON;\n"
                 "      |        ^~~~~~\n"
                 "      |        Py_None\n"
                 "      = help: did you mean 'Py_None'?\n");
}

static void
check_left(const char *said, const char *again, const char *want)
{
    struct diag_list a = DIAG_LIST_INIT;
    struct diag_list b = DIAG_LIST_INIT;
    struct buf out = BUF_INIT;
    diag_parse(&a, said, "/p");
    diag_parse(&b, again, "/p");
    diag_drop_said(&b, &a);
    diag_render(&b, "/p", 0, &out);
    CHECK_STR(buf_text(&out), want);
    buf_dispose(&out);
    diag_list_dispose(&a);
    diag_list_dispose(&b);
}

static void
a_warning_that_tcc_gave_is_not_given_by_cc_again(void)
{
    static const char *const by_tcc
        = "a.c:3: warning: assignment makes pointer from integer without a "
          "cast\n";
    check_left(by_tcc,
               "a.c:3:9: warning: initialization of 'int *' from 'int' makes "
               "pointer from integer without a cast [-Wint-conversion]\n"
               "a.c:3:9: note: of p\n"
               "a.c:7:1: warning: unused variable 'i' [-Wunused]\n",
               "a.c:7:1: warning: unused variable 'i' [-Wunused]\n");
    check_left(by_tcc,
               "a.c:3:9: error: initialization of 'int *' from 'int' makes "
               "pointer from integer without a cast [-Wint-conversion]\n",
               "a.c:3:9: error: initialization of 'int *' from 'int' makes "
               "pointer from integer without a cast [-Wint-conversion]\n");
    check_left(by_tcc, "a.c:3:9: warning: unused variable 'i' [-Wunused]\n",
               "a.c:3:9: warning: unused variable 'i' [-Wunused]\n");
    check_left("", "a.c:7:1: warning: unused variable 'i' [-Wunused]\n",
               "a.c:7:1: warning: unused variable 'i' [-Wunused]\n");
}

int
main(void)
{
    RUN(tcc_gets_words_column_caret_and_fixit);
    RUN(the_compiler_decides_how_severe_it_is);
    RUN(what_libclang_alone_sees_is_left_out_beside_a_whole_list);
    RUN(an_error_that_libclang_does_not_know_stands_alone);
    RUN(the_only_ones_of_a_line_are_one_whatever_their_words);
    RUN(what_is_missing_may_be_noticed_on_the_next_line_of_code);
    RUN(a_macro_is_blamed_where_it_is_used);
    RUN(the_way_of_an_include_and_the_words_of_an_error_stay);
    RUN(a_cycle_without_a_line_gets_one);
    RUN(a_warning_that_tcc_gave_is_not_given_by_cc_again);
    RUN(what_the_compiler_offers_is_kept_when_libclang_offers_nothing);
    return 0;
}
