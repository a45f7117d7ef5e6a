/* Enums and structs as parameters and results: how they read, and what is
 * refused in which words. Skipped (77) where there is no libclang. */
#include "binding.h"
#include "check.h"

static void
an_enum_is_a_class_of_its_own_name(void)
{
    check_refused("enum color { RED }; enum color color(void) { return RED; }",
                  "the enum 'color' and a function have one name in Python",
                  "rename one of them, or give the enum a typedef of another "
                  "name");
    check_reads("enum color { RED }; typedef enum color hue; "
                "hue color(void) { return RED; }",
                "color($module)");
}

static void
structs_are_parameters_by_value_and_by_pointer(void)
{
    check_reads("struct p { int a; }; int f(struct p p, const struct p *q, "
                "struct p *r) { return p.a + q->a + r->a; }",
                "f($module, p, q, r)");
    check_reads("typedef struct { int a; } p; void f(p *x, p *y, size_t n) {}",
                "f($module, x, y)");
    check_reads("struct p { int a[3]; char s[4]; }; "
                "struct p f(CB_DEFAULT(NULL) const struct p *p) { return *p; "
                "}",
                "f($module, p=None)");
    check_reads("struct point { double x; _Bool lambda; char s[4]; int a[2]; "
                "}; struct point f(void) { struct point p = {0}; return p; }",
                "point(x=0.0, lambda_=False, s='', a=...)");
}

static void
a_struct_that_python_cannot_hold_is_refused_where_it_says_so(void)
{
    static const char *const flaws[][2] = {
        {"int a : 3;", "'a' is a bit-field"},
        {"int n; int a[];", "'a' is an array without a size"},
        {"volatile int a;", "'a' is volatile"},
        {"const char *a;", "'a' is 'const char *'"},
        {"int (*a)(void);", "'a' is 'int (*)(void)'"},
        {"union { int b; } a;", NULL},
        {"struct { int b; };", "a member has no name"},
        {"int a[2][2];", "'a' is 'int[2]'"},
        {"char c; __attribute__((packed)) int a;",
         "attributes or pragmas move its fields"},
        {"", "it has no fields"},
        {"struct { char *b; } a;", "of 'a' in it, 'b' is 'char *'"},
    };
    for (size_t i = 0; i < sizeof(flaws) / sizeof(flaws[0]); i++) {
        struct buf out = BUF_INIT;
        struct diag_list diags = DIAG_LIST_INIT;
        char *text = mem_format("#include <cowbird.h>\nstruct p { %s };\n"
                                "void f(struct p *p) {}\n",
                                flaws[i][0]);
        char *words = mem_format("'p' cannot be a class: %s", flaws[i][1]);
        CHECK(bind(text, &out, &diags) == 1 && diags.items[0].line == 2);
        if (flaws[i][1] != NULL) {
            CHECK_STR(diags.items[0].message, words);
        }
        free(words);
        free(text);
        buf_dispose(&out);
        diag_list_dispose(&diags);
    }
    check_refused("struct p { int a; }; struct p *f(int k) { return 0; }",
                  "'f' returns 'struct p *', and nothing says who frees it",
                  "return the struct itself: struct p; or 'const struct p *' "
                  "for one that stays yours");
    check_refused("struct p { int a; }; struct p p(void) { struct p x = {1}; "
                  "return x; }",
                  "the struct 'p' and a function have one name in Python",
                  "rename one of them, or give the struct a typedef of "
                  "another name");
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
    RUN(an_enum_is_a_class_of_its_own_name);
    RUN(structs_are_parameters_by_value_and_by_pointer);
    RUN(a_struct_that_python_cannot_hold_is_refused_where_it_says_so);
    folder_free(folder);
    return 0;
}
