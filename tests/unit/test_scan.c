/* What libclang shows of a source: functions, types, comments, constants, and
 * what is left out. Skipped (77) where there is no libclang. */
#include "check.h"
#include "folder.h"
#include "guest.h"
#include "plain.h"
#include "scan.h"

static struct clang clang;
static char *folder;

static struct surface
scan(const char *text)
{
    struct scan_options o = SCAN_OPTIONS_INIT;
    struct surface s;
    struct err e = ERR_INIT;
    const char *package = guest_package(&e);
    CHECK(package != NULL);
    o.own_headers = path_join(package, "runtime/scan");
    o.include = plain_include(&e);
    list_add(&o.system_dirs, "/usr/include");
    list_add(&o.system_dirs, "/usr/include/x86_64-linux-gnu");
    list_add(&o.system_dirs, "/usr/include/aarch64-linux-gnu");
    char *path = folder_write(folder, "m.c", text);
    CHECK(scan_read(&s, &clang, path, &o, &e) == 0);
    free(path);
    scan_options_dispose(&o);
    return s;
}

static const struct constant *
constant_of(const struct surface *s, const char *name)
{
    for (size_t i = 0; i < s->constant_count; i++) {
        if (strcmp(s->constants[i].name, name) == 0) {
            return &s->constants[i];
        }
    }
    return NULL;
}

static void
functions_of_the_file_are_seen_and_hidden_ones_are_not(void)
{
    struct surface s = scan("#include <cowbird.h>\n"
                            "#include <stdlib.h>\n"
                            "static int own(int x) { return x; }\n"
                            "int _hidden(int x) { return own(x); }\n"
                            "int declared(int x);\n"
                            "#define MAKE(f) int f(int x) { return x; }\n"
                            "MAKE(made)\n"
                            "CB_NOGIL double mean(const double *x, size_t n)\n"
                            "{ return n ? x[0] : 0; }\n");
    CHECK(s.fatal.count == 0);
    CHECK(s.function_count == 2);
    CHECK_STR(s.functions[0].name, "made");
    CHECK(s.functions[0].place.line == 7);
    CHECK(note_find(&s.functions[0].notes, "nogil") == NULL);
    const struct function *f = &s.functions[1];
    CHECK_STR(f->name, "mean");
    CHECK(note_find(&f->notes, "nogil") != NULL
          && f->place.line == 8 && f->place.column == 17);
    CHECK_STR(f->result.type->c, "double");
    CHECK(f->parameter_count == 2);
    CHECK(f->parameters[0].type.shape == SHAPE_POINTER);
    CHECK(f->parameters[0].type.is_const);
    CHECK_STR(f->parameters[1].type.spelling, "size_t");
    CHECK_STR(f->parameters[1].name, "n");
    surface_dispose(&s);
}

static void
the_comment_above_is_the_docstring(void)
{
    struct surface s = scan("/* What the module does. */\n"
                            "#include <cowbird.h>\n"
                            "// Adds.\n"
                            "//   Twice.\n"
                            "int add(int a) { return a; }\n"
                            "/** Takes.\n"
                            " *\n"
                            " * @param[in] a what to take\n"
                            " * @return the rest */\n"
                            "int take(int a) { return a; }\n"
                            "int bare(int a) { return a; }\n");
    CHECK_STR(s.doc, "What the module does.");
    CHECK_STR(s.functions[0].doc, "Adds.\n  Twice.");
    CHECK_STR(s.functions[1].doc,
              "Takes.\n\na: what to take\nReturns the rest");
    CHECK(s.functions[2].doc == NULL);
    surface_dispose(&s);
    s = scan("/* Copyright nobody */\n#include <cowbird.h>\n");
    CHECK(s.doc == NULL);
    surface_dispose(&s);
}

static void
a_comment_that_is_no_utf8_and_ends_in_crlf_is_still_text(void)
{
    char *words = comment_words("/* caf\xe9 \xc3\xa9\r\n * au lait \r\n */");
    CHECK_STR(words, "caf? \xc3\xa9\nau lait");
    free(words);
    CHECK(comment_words("/**/") == NULL);
    CHECK(comment_words("//") == NULL);
}

static void
constants_are_expressions_that_stand_alone(void)
{
    struct surface s = scan("#include <cowbird.h>\n"
                            "#define LIMIT 10\n"
                            "#define LOW (-3)\n"
                            "#define NAME \"a\" \"b\"\n"
                            "#define RATE 1.5e3\n"
                            "#define LETTER 'x'\n"
                            "#define SUM (1 + 2)\n"
                            "#define CALL(x) x\n"
                            "#define _HIDDEN 1\n"
                            "static const int ANSWER = 6 * 7;\n"
                            "static const double HALF = 0.5;\n"
                            "static const char *const WORD = \"w\\\"?\";\n"
                            "static int counter = 3;\n"
                            "enum color { RED, GREEN = 5 };\n"
                            "enum { DEEP = -9223372036854775807LL - 1 };\n");
    CHECK_STR(constant_of(&s, "LIMIT")->value, "10");
    CHECK_STR(constant_of(&s, "LOW")->value, "-3");
    CHECK_STR(constant_of(&s, "NAME")->value, "\"a\" \"b\"");
    CHECK(constant_of(&s, "RATE")->kind == CONSTANT_FLOAT);
    CHECK(constant_of(&s, "LETTER")->kind == CONSTANT_INT);
    CHECK_STR(constant_of(&s, "ANSWER")->value, "42LL");
    CHECK_STR(constant_of(&s, "HALF")->value, "0.5");
    CHECK_STR(constant_of(&s, "WORD")->value, "\"w\\042\\077\"");
    CHECK_STR(constant_of(&s, "GREEN")->value, "5ULL");
    CHECK_STR(constant_of(&s, "DEEP")->value, "-9223372036854775807LL - 1");
    CHECK(constant_of(&s, "SUM") == NULL);
    CHECK(constant_of(&s, "CALL") == NULL);
    CHECK(constant_of(&s, "_HIDDEN") == NULL);
    CHECK(constant_of(&s, "counter") == NULL);
    surface_dispose(&s);
}

static void
an_unknown_type_is_never_taken_for_int(void)
{
    struct surface s = scan("#include <cowbird.h>\n"
                            "typedef unknown_t mine;\n"
                            "int by_alias(mine x) { return 0; }\n"
                            "int by_name(other_t x) { return 0; }\n"
                            "third_t back(int x) { return 0; }\n"
                            "int good(int x) { return undeclared(x); }\n");
    CHECK(s.function_count == 4);
    CHECK(s.functions[0].parameters[0].type.shape == SHAPE_OTHER);
    CHECK_STR(s.functions[1].error, "unknown type name 'other_t'");
    CHECK_STR(s.functions[2].error, "unknown type name 'third_t'");
    CHECK(s.functions[3].error == NULL);
    surface_dispose(&s);
}

static void
a_missing_header_is_fatal_at_its_line(void)
{
    struct surface s = scan("#include <cowbird.h>\n"
                            "#include <not_there.h>\n"
                            "int f(int x) { return x; }\n");
    CHECK(s.fatal.count == 1);
    CHECK(s.fatal.items[0].line == 2);
    CHECK_STR(s.fatal.items[0].message, "'not_there.h' file not found");
    surface_dispose(&s);
}

static void
a_library_that_is_none_names_the_package_to_install(void)
{
    struct err e = ERR_INIT;
    struct clang c;
    char *path = folder_write(folder, "libclang.so", "no library\n");
    CHECK(clang_load(&c, path, &e) == -1 && e.code == ERR_BUILD);
    clang_dispose(&c);
    setenv("COWBIRD_LIBCLANG", "/not/there.so", 1);
    err_clear(&e);
    CHECK(clang_find(NULL, &e) == NULL);
    CHECK(strstr(e.text, "COWBIRD_LIBCLANG names /not/there.so") != NULL);
    unsetenv("COWBIRD_LIBCLANG");
    free(path);
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
    folder = folder_new();
    CHECK(clang_load(&clang, library, &e) == 0);
    RUN(functions_of_the_file_are_seen_and_hidden_ones_are_not);
    RUN(the_comment_above_is_the_docstring);
    RUN(a_comment_that_is_no_utf8_and_ends_in_crlf_is_still_text);
    RUN(constants_are_expressions_that_stand_alone);
    RUN(an_unknown_type_is_never_taken_for_int);
    RUN(a_missing_header_is_fatal_at_its_line);
    RUN(a_library_that_is_none_names_the_package_to_install);
    clang_dispose(&clang);
    free(library);
    folder_free(folder);
    return 0;
}
