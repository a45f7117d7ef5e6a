/* The rules by which a plain signature reads, what they refuse and in which
 * words, and that the same input gives the same bytes. Skipped (77) where
 * there is no libclang. */
#include "bindgen.h"
#include "binding.h"
#include "check.h"
#include "way.h"

static void
a_pointer_and_its_length_are_one_parameter(void)
{
    static const char *const lengths[]
        = {"int n", "int len", "long length", "short size", "int count",
           "int n_items", "int x_len", "unsigned x_count", "size_t much",
           "const size_t much", NULL};
    for (size_t i = 0; lengths[i] != NULL; i++) {
        char *text = mem_format("void f(const double *x, %s, int k) {}",
                                lengths[i]);
        check_reads(text, "f($module, x, k)");
        free(text);
    }
    check_reads("void f(const char *s, size_t n) {}", "f($module, s)");
    check_reads("void f(const void *p, size_t n) {}", "f($module, p)");
    check_reads("void f(const char *s, int k) {}", "f($module, s, k)");
}

static void
neighbours_share_a_length_and_two_lengths_make_a_matrix(void)
{
    check_reads("void f(const double *x, int *y, size_t n) {}",
                "f($module, x, y)");
    check_reads("typedef struct store { int n; } store;\n"
                "CB_CLOSES void store_close(store *s) {}\n"
                "typedef struct { int x; } Point;\n"
                "void f(Point *p, const store *s, int *x, size_t n) {}",
                "f($module, p, s, x)");
    check_reads("void f(const char *name, const double *x, size_t n) {}",
                "f($module, name, x)");
    check_reads("void f(const double *m, size_t rows, size_t columns) {}",
                "f($module, m)");
    check_reads("void f(double *a, int n, float *b, int len) {}",
                "f($module, a, b)");
}

static void
names_that_python_cannot_say_are_made_sayable(void)
{
    check_reads("int f(int from, int lambda) { return 0; }",
                "f($module, from_, lambda_)");
    check_reads("int f(void) { return 0; }", "f($module)");
    check_reads("int f() { return 0; }", "f($module)");
}

static void
what_cannot_be_bound_is_an_error_that_says_what_would_work(void)
{
    check_refused("double *make(int k) { return 0; }",
                  "'make' returns 'double *', and nothing says how long it "
                  "is or who frees it",
                  "write CB_OWNED before it and give its length by CB_OUT "
                  "size_t *n, or fill a buffer that the caller gives: double "
                  "*out, size_t n");
    check_refused("char *text(int k) { return 0; }",
                  "'text' returns 'char *', and nothing says who frees it",
                  "write CB_OWNED before it and free() will, or give 'const "
                  "char *' for text that stays yours");
    check_refused("int say(const char *f, ...) { return 0; }",
                  "'say' cannot be called from Python: it takes '...'",
                  "give it a fixed number of parameters, or make it static");
    check_refused("int main(void) { return 0; }",
                  "'main' cannot be called from Python: it is the entry of "
                  "a program",
                  "rename it, or make it static");
    check_refused("int f(const int *x) { return *x; }",
                  "'x' of 'f' is a pointer without a length",
                  "let 'size_t n' follow it (or an integer named n, len, "
                  "count…), pass a plain number, or make 'f' static");
    check_refused("int f(char *s) { return *s; }",
                  "'s' of 'f' is 'char *' without a length",
                  "write 'const char *' for a str, or let 'size_t n' follow "
                  "it for a buffer");
    check_refused("union point { int x; }; int f(union point *p) "
                  "{ return !p; }",
                  "'p' of 'f' is 'union point *', which has no counterpart "
                  "in Python",
                  "pass numbers, 'const char *' or buffers, or make 'f' "
                  "static");
    check_refused("int f(a, b) float a; int b; { return b; }",
                  "'f' cannot be called from Python: its parameters' types "
                  "stand outside the parentheses",
                  "write them inside: int f(int a)");
    check_refused("inline int f(int a) { return a; }",
                  "'f' cannot be called from Python: 'inline' alone gives "
                  "it no symbol of its own",
                  "drop 'inline', or make it static");
}

static void
a_default_makes_a_parameter_optional(void)
{
    check_reads("double f(const double *x, size_t n, CB_DEFAULT(1.0) double "
                "by) { return by; }",
                "f($module, x, by=1.0)");
    check_reads("#define LIMIT 3\nenum mode { FAST, SLOW };\n"
                "void f(CB_DEFAULT(LIMIT + 1) int a, CB_DEFAULT(SLOW) enum "
                "mode m, CB_DEFAULT(true) bool b) {}",
                "f($module, a=4, m=1, b=True)");
    check_reads("void f(CB_DEFAULT(\"a, b\") const char *s, "
                "CB_DEFAULT(NULL) const char *t, CB_DEFAULT(7) float g) {}",
                "f($module, s='a, b', t=None, g=7.0)");
    check_reads("void f(const double *x, CB_DEFAULT(NULL) const double *w, "
                "size_t n, CB_DEFAULT(0) char *out, size_t m) {}",
                "f($module, x, w=None, out=None)");
    free(folder_write(folder, "modes.h", "enum mode { ON = 7, _OFF };\n"));
    check_reads("#include \"modes.h\"\n"
                "void f(CB_DEFAULT(ON) enum mode m, CB_DEFAULT(_OFF) int k) "
                "{}",
                "f($module, m=7, k=8)");
    check_reads("void f(int a, CB_DEFAULT(1) int) {}",
                "f($module, a, _2=1, /)");
}

static void
an_out_parameter_is_a_result(void)
{
    check_reads("void f(const double *x, size_t n, CB_OUT double *low, "
                "CB_OUT const char **name) {}",
                "f($module, x)");
    check_reads("int f(CB_OUT int *a, int b) { return b; }",
                "f($module, b)");
    check_refused("int f(CB_OUT int a) { return a; }",
                  "'a' of 'f' is CB_OUT and nothing can be left there",
                  "make it a pointer to what it gives back: CB_OUT double "
                  "*mean");
    check_refused("int f(CB_OUT const int *a) { return *a; }",
                  "'a' of 'f' is CB_OUT and nothing can be left there",
                  "make it a pointer to what it gives back: CB_OUT double "
                  "*mean");
    check_refused("void f(CB_OUT int *a, size_t n) {}",
                  "'a' of 'f' is CB_OUT and a length follows it",
                  "drop CB_OUT for a buffer that the caller gives; for one "
                  "value let another parameter stand between");
    check_refused("void f(CB_OUT char **text) {}",
                  "'text' of 'f' gives 'char *', and nothing says who frees "
                  "it",
                  "write CB_OWNED before it and free() will, or give 'const "
                  "char *' for text that stays yours");
}

static void
owned_results_and_their_lengths_are_told_by_words(void)
{
    check_reads("CB_OWNED char *f(int a) { return 0; }", "f($module, a)");
    check_reads("CB_OWNED double *f(int a, CB_OUT size_t *n) { return 0; }",
                "f($module, a)");
    check_reads("void _free(void *p) {}\nCB_OWNED_BY(_free) void *f(CB_OUT "
                "int *len, CB_OUT int *b) { return 0; }",
                "f($module)");
    check_reads("CB_ERRNO int f(int a) { return a; }", "f($module, a)");
    check_reads("CB_STATUS int f(CB_OUT int *a) { return 0; }",
                "f($module)");
    check_reads("const char *f(CB_OUT CB_OWNED int **x, CB_OUT int *n_rows, "
                "CB_OUT int *n_columns) { return 0; }",
                "f($module)");
    check_refused("CB_OWNED int *f(CB_OUT int *a) { return 0; }",
                  "'f' returns 'int *', and nothing says how long it is",
                  "let an out parameter tell: CB_OUT size_t *n");
    check_refused("int *f(CB_OUT int *n) { return 0; }",
                  "'f' returns 'int *', and nothing says who frees it",
                  "write CB_OWNED before it and free() will, or give a "
                  "pointer to const for memory that stays yours");
    check_refused("CB_OWNED int f(int a) { return a; }",
                  "'f' returns 'int' and is CB_OWNED: there is nothing to "
                  "free",
                  "drop CB_OWNED, or give a pointer");
    check_refused("static void no(void *p) {} CB_OWNED_BY(no) char *f(void) "
                  "{ return 0; }",
                  "'f' is freed by 'no', which is static",
                  "drop 'static' from 'no': it is not exported all the same");
    check_refused("void f(CB_OWNED const char *s) {}",
                  "CB_OWNED says nothing of 's', which is no result",
                  "what you are given is Python's: drop CB_OWNED, or write "
                  "CB_OUT CB_OWNED");
    check_refused("CB_ERRNO void f(int a) {}",
                  "'f' is CB_ERRNO and returns 'void', which tells no "
                  "failure",
                  "return an integer or a pointer: -1 or NULL when it "
                  "failed, with errno set");
    check_refused("CB_STATUS unsigned f(int a) { return 0; }",
                  "'f' is CB_STATUS and returns 'unsigned int', which tells "
                  "no failure",
                  "return an int: 0 when all went well, else an error number "
                  "or -1");
    check_refused("CB_OUT int f(int a) { return a; }",
                  "CB_OUT says nothing here, of 'f'",
                  "it stands before a parameter");
    check_refused("int f(CB_NOGIL int a) { return a; }",
                  "CB_NOGIL says nothing here, of 'f'",
                  "it stands before a function");
}

static void
a_pointer_to_an_unknown_struct_is_a_handle(void)
{
    check_reads("typedef struct store store;\n"
                "int f(const store *s, int n, CB_DEFAULT(NULL) store *t)"
                "{ return n; }",
                "f($module, s, n, t=None)");
    check_reads("struct store;\n"
                "int f(CB_OUT struct store **s, int n) { return n; }",
                "f($module, n)");
    check_reads("struct store { int n; };\n"
                "CB_CLOSES void f(struct store *s) {}\n"
                "struct store *g(int n, CB_DEFAULT(NULL) struct store *s)"
                "{ return s; }",
                "g($module, n, s=None)");
    check_refused("CB_CLOSES void f(int a) {}",
                  "'f' is CB_CLOSES and does not take one handle alone",
                  "let its only parameter be a pointer to the struct that it "
                  "ends: CB_CLOSES void store_close(store *s)");
    check_refused("CB_CLOSES void f(struct a *a, int n) {}",
                  "'f' is CB_CLOSES and does not take one handle alone",
                  "let its only parameter be a pointer to the struct that it "
                  "ends: CB_CLOSES void store_close(store *s)");
    check_refused("CB_CLOSES void f(struct a *b) {} CB_CLOSES void "
                  "g(struct a *b) {}",
                  "'g' is CB_CLOSES for 'a', and 'f' is as well",
                  "a handle ends by one function: drop CB_CLOSES from the "
                  "other");
    check_refused("struct f *f(int a) { return 0; }",
                  "'f' is the name of a class too, of the handle 'struct f'",
                  "rename the function, or give the struct a typedef of "
                  "another name");
}

static void
a_function_pointer_with_its_data_is_a_callable(void)
{
    const char *let = "let one 'void *' of its parameters be the data that "
                      "stands beside it: void (*visit)(void *data, int "
                      "item), void *data";
    check_reads("int f(int a, void (*g)(void *, int), void *data, int b)"
                "{ return b; }",
                "f($module, a, g, b)");
    check_reads("int f(int a, const void *data, int g(int, void *), int b)"
                "{ return b; }",
                "f($module, a, g, b)");
    check_reads("typedef int (*visit)(void *);\n"
                "int f(visit a, void *b, CB_DEFAULT(NULL) visit c, void *d)"
                "{ return 1; }",
                "f($module, a, c=None)");
    check_refused("int f(int (*g)(int), void *data) { return 1; }",
                  "'g' of 'f' is a function that does not take the caller's "
                  "data",
                  let);
    check_refused("int f(int (*g)(void *, void *), void *data) { return 1; }",
                  "'g' of 'f' is a function that takes more than one "
                  "'void *'",
                  let);
    check_refused("int f(int (*g)(void *), int a) { return 1; }",
                  "'g' of 'f' is a function that has no data beside it",
                  "let a 'void *' follow it, which it is given each time: "
                  "void (*visit)(void *data, int item), void *data");
    check_refused("int f(int (*g)(void *, int *), int a) { return 1; }",
                  "'g' of 'f' is a function that takes or returns what has "
                  "no counterpart in Python",
                  "numbers, bool and 'const char *' pass there");
}

static void
check_slot(const char *text, const char *slot, bool is_there)
{
    struct buf out = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    char *source = mem_format("#include <cowbird.h>\n%s\n", text);
    CHECK(bind(source, &out, &diags) == 0);
    CHECK((strstr(buf_text(&out), slot) != NULL) == is_there);
    free(source);
    buf_dispose(&out);
    diag_list_dispose(&diags);
}

static void
only_the_author_claims_threads_and_interpreters(void)
{
    check_slot("int f(void) { return 1; }", "Py_mod_gil", false);
    check_slot("int f(void) { return 1; }",
               "Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED", true);
    check_slot("CB_FREE_THREADING;\nint f(void) { return 1; }",
               "{Py_mod_gil, Py_MOD_GIL_NOT_USED}", true);
    check_slot("CB_SUBINTERPRETERS;\nint f(void) { return 1; }",
               "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED", true);
    check_refused("int f(struct a *a) { return 1; }\n"
                  "CB_SUBINTERPRETERS;",
                  "this file says CB_SUBINTERPRETERS and has classes, which "
                  "are one for all interpreters",
                  "drop CB_SUBINTERPRETERS, or keep handles, enums, structs "
                  "and exceptions out of it");
}

static void
a_wrong_default_is_refused_at_its_line(void)
{
    check_refused("int f(CB_DEFAULT(1.5) int a) { return a; }",
                  "'a' of 'f' has the default '1.5', and is 'int'",
                  "write an integer from -2147483648 to 2147483647: "
                  "CB_DEFAULT(…)");
    check_refused("int f(CB_DEFAULT(256) uint8_t a) { return a; }",
                  "'a' of 'f' has the default '256', and is 'uint8_t'",
                  "write an integer from 0 to 255: CB_DEFAULT(…)");
    check_refused("int f(CB_DEFAULT(\"x\") double a) { return 1; }",
                  "'a' of 'f' has the default '\"x\"', and is 'double'",
                  "write a number: CB_DEFAULT(…)");
    check_refused("int f(CB_DEFAULT(0) const char *s) { return 1; }",
                  "'s' of 'f' has the default '0', and is 'const char *'",
                  "write a string of UTF-8, or NULL: CB_DEFAULT(…)");
    check_refused("int f(CB_DEFAULT(1) const int *x, int n) { return n; }",
                  "'x' of 'f' has the default '1', and is 'const int *'",
                  "write NULL: CB_DEFAULT(…)");
    check_refused("int f(const int *x, CB_DEFAULT(1) int n) { return n; }",
                  "'n' of 'f' cannot have a default",
                  "it is no parameter in Python: drop its CB_DEFAULT");
    check_refused("int f(CB_DEFAULT(g()) int a) { return a; }",
                  "'a' of 'f' has the default 'g()', which is no constant "
                  "that cowbird can read",
                  "write a number, a string, NULL, true, false, or a "
                  "constant of this file");
    check_refused("int f(CB_DEFAULT(1) int a, int b) { return a + b; }",
                  "'b' of 'f' has no default, and 'a' before it has one",
                  "give it one as well: CB_DEFAULT(…), or let it stand "
                  "before 'a'");
    check_refused("void f(CB_DEFAULT(NULL) const int *x, int *y, int n) {}",
                  "'x' of 'f' has a default, and the length of the buffers "
                  "behind it comes from it",
                  "let it stand behind 'y', or give it a length of its own");
}

static void
faults_raise_only_where_nothing_of_pythons_is_in_the_middle(void)
{
    check_refused("CB_FAULTS int f(int a) { return a; }",
                  "'f' is CB_FAULTS and runs with the GIL: a fault would "
                  "leave Python in the middle of something",
                  "write CB_NOGIL CB_FAULTS (or CB_ASYNC), or drop CB_FAULTS");
    check_refused("CB_NOGIL CB_FAULTS void f(void (*each)(void *), void *p) "
                  "{ each(p); }",
                  "'f' is CB_FAULTS and calls Python back: a fault would "
                  "leave that call in the middle",
                  "drop CB_FAULTS, or the callback");
    check_refused("int f(CB_FAULTS int a) { return a; }",
                  "CB_FAULTS says nothing here, of 'f'",
                  "it stands before a function");
    check_reads("CB_NOGIL CB_FAULTS int f(int a) { return a; }",
                "f($module, a)");
    check_reads("CB_FAULTS CB_ASYNC int f(int a) { return a; }",
                "f($module, a)");
}

static void
the_same_source_gives_the_same_binding(void)
{
    const char *text = "#include <cowbird.h>\n"
                       "#define A 1\n"
                       "int f(int a) { return a; }\n"
                       "CB_NOGIL void g(double *x, size_t n) {}\n";
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    CHECK(bind(text, &one, &diags) == 0 && bind(text, &two, &diags) == 0);
    CHECK_STR(buf_text(&one), buf_text(&two));
    CHECK(strstr(buf_text(&one), folder) == NULL);
    CHECK(strstr(buf_text(&one), "PyInit_m(void)") != NULL);
    CHECK(strstr(buf_text(&one), ".m_name = \"pkg.m\"") != NULL);
    buf_dispose(&one);
    buf_dispose(&two);
    diag_list_dispose(&diags);
}

static bool
is_told(const struct way_words *w)
{
    return w->form != NULL && w->python != NULL && w->text != NULL;
}

static void
every_kind_says_of_itself_what_it_is(void)
{
    for (size_t i = 0; ways[i] != NULL; i++) {
        if (!ways[i]->is_hidden && !is_told(&ways[i]->words)) {
            CHECK_STR(ways[i]->name, "a kind with words");
        }
    }
    for (size_t i = 0; givings[i] != NULL; i++) {
        if (givings[i]->give != NULL && !is_told(&givings[i]->words)) {
            CHECK_STR(givings[i]->name, "a kind with words");
        }
    }
}

int
main(void)
{
    struct err e = ERR_INIT;
    char *library = clang_find(NULL, &e);
    if (library == NULL) {
        printf("skipped: %s\n", e.text);
        return 77;
    }
    free(library);
    folder = folder_new();
    RUN(every_kind_says_of_itself_what_it_is);
    RUN(a_pointer_and_its_length_are_one_parameter);
    RUN(neighbours_share_a_length_and_two_lengths_make_a_matrix);
    RUN(names_that_python_cannot_say_are_made_sayable);
    RUN(what_cannot_be_bound_is_an_error_that_says_what_would_work);
    RUN(a_default_makes_a_parameter_optional);
    RUN(an_out_parameter_is_a_result);
    RUN(owned_results_and_their_lengths_are_told_by_words);
    RUN(a_pointer_to_an_unknown_struct_is_a_handle);
    RUN(a_function_pointer_with_its_data_is_a_callable);
    RUN(only_the_author_claims_threads_and_interpreters);
    RUN(a_wrong_default_is_refused_at_its_line);
    RUN(faults_raise_only_where_nothing_of_pythons_is_in_the_middle);
    RUN(the_same_source_gives_the_same_binding);
    folder_free(folder);
    return 0;
}
