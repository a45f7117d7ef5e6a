/* compile_pieces: a source that was compiled in pieces says what the whole
 * says, defines what it defines, and is compiled whole where it has to be. */
#include "warm_bench.h"

#include "clang.h"
#include "wire/debuginfo.h"
#include "wire/debugline.h"

#define LONG 24 /* functions */

static const char plain_head[]
    = "#include <stdlib.h>\n%s#include <cowbird.h>\n%s\n";

/* A plain source of many functions; `more` is in each. */
static char *
long_source(const char *include, const char *above, const char *more,
            int constant)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, plain_head, include, above);
    for (int i = 0; i < LONG; i++) {
        buf_add_fmt(&text,
                    "/* Function %d. */\n"
                    "double\n"
                    "part_%d(const double *x, size_t n)\n"
                    "{\n"
                    "    double sum = %d;\n"
                    "    for (size_t i = 1; i < n; i++) {\n"
                    "        sum += (x[i] - x[i - 1]) * %d.5;\n"
                    "    }\n"
                    "    %s\n"
                    "    return sum;\n"
                    "}\n\n",
                    i, i, i == LONG / 2 ? constant : i, i, more);
    }
    return buf_take(&text);
}

static struct build
compile_behind(struct bench *b, const char *name, bool is_cut)
{
    const struct compile_options o = {.tier = TIER_OPTIMISED,
                                      .warm = is_cut ? b->warm : NULL,
                                      .is_idle = is_cut};
    return compile_as(b, name, &o);
}

/* Objects of pieces that the cache keeps. */
static size_t
kept_pieces(const struct bench *b)
{
    glob_t found;
    char *pattern = mem_format("%s/objects/*/*/object.o", b->cache);
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    free(pattern);
    return count;
}

/* What `words` prints of an artefact, by lines. */
static struct list
lines_of_tool(const char *const *words, const char *artefact)
{
    struct list argv = LIST_INIT;
    struct list lines = LIST_INIT;
    struct tool_result r = TOOL_RESULT_INIT;
    struct tool_options o = {.deadline_ms = 60000};
    for (; *words != NULL; words++) {
        list_add(&argv, *words);
    }
    list_add(&argv, artefact);
    CHECK(tool_run(&argv, &o, &r, NULL) == 0 && r.status == 0);
    for (const char *at = buf_text(&r.out); *at != '\0';) {
        size_t len = strcspn(at, "\n");
        list_add_taken(&lines, mem_copy_range(at, len));
        at += len + (at[len] == '\n');
    }
    list_dispose(&argv);
    tool_result_dispose(&r);
    return lines;
}

static char *
each_once(struct list *words)
{
    struct buf text = BUF_INIT;
    list_sort(words);
    for (size_t i = 0; i < words->count; i++) {
        if (i == 0 || strcmp(words->items[i - 1], words->items[i]) != 0) {
            buf_add_fmt(&text, "%s\n", words->items[i]);
        }
    }
    list_dispose(words);
    return buf_take(&text);
}

/* The names that it defines and how, each once, without compilers'
 * numbers. */
static char *
defined(const char *artefact)
{
    static const char *const nm[]
        = {"nm", "-f", "posix", "--defined-only", NULL};
    struct list lines = lines_of_tool(nm, artefact);
    struct list names = LIST_INIT;
    for (size_t i = 0; i < lines.count; i++) {
        char name[256];
        char kind;
        CHECK(sscanf(lines.items[i], "%255s %c", name, &kind) == 2);
        name[strcspn(name, ".")] = '\0';
        list_add_fmt(&names, "%s %c", name, kind);
    }
    list_dispose(&lines);
    return each_once(&names);
}

/* The lines of each function's code, and of each name's declaration. */
static char *
places(const char *artefact)
{
    static const char *const nm[]
        = {"nm", "-S", "-f", "posix", "--defined-only", NULL};
    struct list lines = lines_of_tool(nm, artefact);
    struct list found = LIST_INIT;
    struct debug d;
    CHECK(debug_open(&d, artefact, NULL) == 0);
    for (size_t i = 0; i < lines.count; i++) {
        char name[256];
        char kind;
        unsigned long at;
        unsigned long size;
        struct debug_place place;
        unsigned before = 0;
        int had = sscanf(lines.items[i], "%255s %c %lx %lx", name, &kind, &at,
                         &size);
        for (unsigned long k = 0; had == 4 && strchr("tT", kind) != NULL
                                  && strstr(name, "part_") != NULL
                                  && k < size;
             k += 5) /* each takes a walk through the whole program */
        {
            if (debug_line(&d, at + k, &place) && place.line != before) {
                list_add_fmt(&found, "%s %u", name, place.line);
                before = place.line;
            }
        }
    }
    for (size_t i = 0; i < d.unit_count; i++) {
        struct debug_entry y = {.next = d.units[i].first};
        while (y.next < d.units[i].end) {
            CHECK(debug_read(&d, &d.units[i], y.next, &y));
            for (int k = 0; k < 2 && y.lines[k].at != NULL; k++) {
                list_add_fmt(&found, "%s at %lu",
                             y.name == NULL ? "?" : y.name,
                             (unsigned long)y.lines[k].value);
            }
        }
    }
    debug_close(&d);
    list_dispose(&lines);
    return each_once(&found);
}

static void
forget(const struct build *built)
{
    if (built->artefact != NULL) {
        char *folder = path_dir(built->artefact);
        CHECK(file_remove_tree(folder, NULL) == 0);
        free(folder);
    }
}

static void
check_words(const struct build *cut, const struct build *whole)
{
    struct buf words[2] = {BUF_INIT, BUF_INIT};
    diag_to_json(&cut->diags, &words[0]);
    diag_to_json(&whole->diags, &words[1]);
    CHECK_STR(buf_text(&words[0]), buf_text(&words[1]));
    buf_dispose(&words[0]);
    buf_dispose(&words[1]);
}

/* Compiles m.c behind what serves, and whole; what was kept of it more. */
static size_t
compare(struct bench *b, const char *text)
{
    folder_put(b->root, "m.c", text);
    size_t before = kept_pieces(b);
    struct build cut = compile_behind(b, "m", true);
    CHECK(cut.is_warm);
    char *names = cut.artefact == NULL ? NULL : defined(cut.artefact);
    char *lines = cut.artefact == NULL ? NULL : places(cut.artefact);
    size_t kept = kept_pieces(b) - before;
    forget(&cut);
    struct build whole = compile_behind(b, "m", false);
    check_words(&cut, &whole);
    CHECK(cut.is_good == whole.is_good && !cut.is_stale);
    CHECK(digest_equal(&cut.key, &whole.key)); /* of all files it has read */
    if (whole.artefact != NULL) {
        char *wanted = defined(whole.artefact);
        CHECK_STR(names, wanted);
        free(wanted);
        wanted = places(whole.artefact);
        CHECK_STR(lines, wanted);
        free(wanted);
    }
    forget(&whole);
    free(names);
    free(lines);
    build_dispose(&cut);
    build_dispose(&whole);
    return kept;
}

/* A bench at which a compiler waits with the preamble of `text`. */
static void
begin(struct bench *b, const char *text)
{
    warm_bench_init(b);
    folder_put(b->root, "own.h",
               "static int shared;\n"
               "static inline int next(void) { static int n; return n++; }\n");
    folder_put(b->root, "m.c", text);
    struct build last = compile_now(b, "m", NULL);
    prepare_after(b, "m", last.artefact);
    build_dispose(&last);
    CHECK(warm_count(b->warm) == 1);
}

static size_t
compare_once(const char *include, const char *above, const char *more)
{
    struct bench b;
    char *text = long_source(include, above, more, 0);
    begin(&b, text);
    size_t kept = compare(&b, text);
    warm_bench_dispose(&b);
    free(text);
    return kept;
}

static void
only_what_changed_is_compiled_again(void)
{
    struct bench b;
    char *text = long_source("", "", "", 100);
    begin(&b, text);
    CHECK(compare(&b, text) > 3);
    for (int i = 101; i < 104; i++) {
        char *other = long_source("", "", "", i);
        CHECK(compare(&b, other) == 1);
        CHECK(compare(&b, other) == 0);
        free(other);
    }
    warm_bench_dispose(&b);
    free(text);
}

static void
what_moved_is_not_compiled_again(void)
{
    struct bench b;
    char *text = long_source("", "", "", 0);
    char *moved = long_source("", "/* a line\n * and another */\n", "", 0);
    char *both = long_source("", "/* a line */\n", "", 3);
    begin(&b, text);
    CHECK(compare(&b, text) > 3);
    CHECK(compare(&b, moved) == 0);
    CHECK(compare(&b, both) == 1);
    warm_bench_dispose(&b);
    free(both);
    free(moved);
    free(text);
}

static void
what_asks_for_its_line_gets_it(void)
{
    CHECK(compare_once("#include <assert.h>\n", "", "assert(n > 0);") > 3);
    CHECK(compare_once("", "", "sum += __LINE__;") > 3);
    /* a header's macro that nobody knows */
    setenv("CPPFLAGS", "-DWHERE=__LINE__", 1);
    CHECK(compare_once("", "", "sum += WHERE;") == 0);
    unsetenv("CPPFLAGS");
}

/* A raw module of many functions that its table alone mentions. */
static char *
raw_source(const char *above, int constant)
{
    struct buf text = BUF_INIT;
    struct buf table = BUF_INIT;
    buf_add_fmt(&text, "#include <Python.h>\n\n%s", above);
    for (int i = 0; i < LONG; i++) {
        buf_add_fmt(&text,
                    "static PyObject *\n"
                    "part_%d(PyObject *self, PyObject *x)\n"
                    "{\n"
                    "    (void)self;\n"
                    "    long n = PyLong_AsLong(x);\n"
                    "    if (n == -1 && PyErr_Occurred() != NULL) {\n"
                    "        return NULL;\n"
                    "    }\n"
                    "    return PyLong_FromLong(n * %d);\n"
                    "}\n\n",
                    i, i == LONG / 2 ? constant : i);
        buf_add_fmt(&text, "PyDoc_STRVAR(doc_%d, \"part %d\");\n\n", i, i);
        buf_add_fmt(&table, "    {\"part_%d\", part_%d, METH_O, doc_%d},\n",
                    i, i, i);
    }
    buf_add_fmt(&text,
                "static PyMethodDef methods[] = {\n%s    {0}};\n\n"
                "static struct PyModuleDef module = {\n"
                "    PyModuleDef_HEAD_INIT, .m_name = \"m\",\n"
                "    .m_methods = methods};\n\n"
                "PyMODINIT_FUNC\nPyInit_m(void)\n{\n"
                "    return PyModuleDef_Init(&module);\n}\n",
                buf_text(&table));
    buf_dispose(&table);
    return buf_take(&text);
}

static void
a_raw_modules_functions_are_apart_from_its_table(void)
{
    struct bench b;
    char *text = raw_source("", 0);
    begin(&b, text);
    CHECK(compare(&b, text) > 3);
    for (int i = 101; i < 104; i++) {
        char *other = raw_source(i == 102 ? "/* moved */\n" : "", i);
        CHECK(compare(&b, other) == 1);
        free(other);
    }
    warm_bench_dispose(&b);
    free(text);
}

static void
warnings_and_errors_are_those_of_the_whole(void)
{
    compare_once("", "static int unused(void) { return 1; }\n", "");
    compare_once("", "", "int unused;");
    compare_once("", "static int half(int x) { int y; return x / 2; }\n",
                 "half(1);");
    compare_once("", "#warning old\n", "");
    compare_once("", "static int left(int);\n", "");
    compare_once("", "", "sum += nothing;");
    /* a function that one piece has in vain */
    compare_once("#include <assert.h>\n",
                 "int f(int);\nstatic int is_good(int x) { return x; }\n"
                 "int f(int x) { return is_good(x); }\n",
                 "assert(is_good(3));");
}

static void
what_has_headers_of_its_own_is_compiled_whole(void)
{
    CHECK(compare_once("#include \"own.h\"\n", "", "shared++;") == 0);
    CHECK(compare_once("", "#include \"own.h\"\n", "next();") == 0);
    /* one with the name of a known one */
    char *folder = folder_new();
    char *flag = mem_format("-I%s", folder);
    folder_put(folder, "poll.h", "static int shared;\n");
    setenv("CPPFLAGS", flag, 1);
    CHECK(compare_once("#include <poll.h>\n", "", "") == 0);
    unsetenv("CPPFLAGS");
    CHECK(compare_once("#include <poll.h>\n", "", "") > 3);
    folder_free(folder);
    free(flag);
}

static void
a_source_that_was_cut_in_vain_is_not_cut_again(void)
{
    struct bench b;
    /* nobody's text shows where ONE is from */
    char *text = long_source("", "static int many = sizeof(enum { ONE });\n",
                             "sum += ONE + many;", 1);
    char *vain = long_source("", "static int many = sizeof(enum { ONE });\n",
                             "sum += ONE;", 1);
    char *good = long_source("", "", "", 2);
    begin(&b, text);
    CHECK(compare(&b, text) == 0); /* many holds it */
    CHECK(compare(&b, vain) == 0);
    CHECK(compare(&b, good) == 0);
    char *marks = path_join(b.cache, "whole-sources");
    CHECK(file_remove_tree(marks, NULL) == 0);
    CHECK(compare(&b, good) > 3);
    free(marks);
    warm_bench_dispose(&b);
    free(vain);
    free(good);
    free(text);
}

static void
variables_inside_functions_may_have_one_name(void)
{
    CHECK(compare_once("", "", "static int kept; sum += kept++;") > 3);
}

static void
functions_that_are_only_called_may_be_in_several(void)
{
    static const char above[]
        = "static int quarter(int x) { return x / 4; }\n"
          "static int half(int x) { return quarter(x); }\n";
    CHECK(compare_once("", above, "sum += half(3);") > 3);
    /* not where it matters who inlines them */
    setenv("CFLAGS", "-mfma", 1);
    CHECK(compare_once("", above, "sum += half(3);") == 0);
    unsetenv("CFLAGS");
}

int
main(int argc, char **argv)
{
    if (!warm_bench_choose(argc, argv)) {
        return 77;
    }
    char *found = clang_find(NULL, NULL);
    if (found == NULL) {
        fprintf(stderr, "skipped: there is no libclang\n");
        return 77;
    }
    free(found);
    /* what a sanitizer keeps counts as ours */
    setenv("COWBIRD_WARM_MB", "8192", 1);
    RUN(only_what_changed_is_compiled_again);
    RUN(what_moved_is_not_compiled_again);
    RUN(what_asks_for_its_line_gets_it);
    RUN(a_raw_modules_functions_are_apart_from_its_table);
    RUN(warnings_and_errors_are_those_of_the_whole);
    RUN(what_has_headers_of_its_own_is_compiled_whole);
    RUN(a_source_that_was_cut_in_vain_is_not_cut_again);
    RUN(variables_inside_functions_may_have_one_name);
    RUN(functions_that_are_only_called_may_be_in_several);
    return 0;
}
