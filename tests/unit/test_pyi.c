/* The stub of a plain module, letter by letter. Skipped (77) where there is no
 * libclang. */
#include "check.h"
#include "folder.h"
#include "plain.h"
#include "pyi.h"

static char *folder;

/* The stub of `text` behind its first line. */
static char *
stub_of(const char *text)
{
    struct list sources = LIST_INIT;
    struct list none = LIST_INIT;
    struct err e = ERR_INIT;
    struct buf binding = BUF_INIT, stub = BUF_INIT;
    struct diag_list diags = DIAG_LIST_INIT;
    list_add_taken(&sources, folder_write(folder, "m.c", text));
    struct plain_options o = {.name = "pkg.m",
                              .sources = &sources,
                              .includes = &none,
                              .flags = &none,
                              .system_dirs = &none};
    CHECK(plain_bind(&o, &binding, &stub, &diags, &e) == 0);
    const char *end = strchr(buf_text(&stub), '\n');
    CHECK(end != NULL);
    char *rest = mem_copy_str(end + 1);
    buf_dispose(&stub);
    buf_dispose(&binding);
    diag_list_dispose(&diags);
    list_dispose(&sources);
    return rest;
}

static void
check_stub(const char *text, const char *wanted)
{
    char *source = mem_format("#include <cowbird.h>\n%s", text);
    char *stub = stub_of(source);
    CHECK_STR(stub, wanted);
    free(stub);
    free(source);
}

static void
a_function_has_the_types_of_its_parameters(void)
{
    check_stub("double f(int a, double b, _Bool c, const char *d)"
               "{ return 0; }\n",
               "\n"
               "def f(a: int, b: float, c: bool, d: str) -> float:\n"
               "    \"\"\"double f(int a, double b, _Bool c, const char "
               "*d)\"\"\"\n");
    check_stub("void f(void) {}\n",
               "\ndef f() -> None:\n    \"\"\"void f(void)\"\"\"\n");
    check_stub("int f(int, int b) { return b; }\n",
               "\ndef f(_1: int, /, b: int) -> int:\n"
               "    \"\"\"int f(int, int b)\"\"\"\n");
}

static void
a_handle_is_a_class_that_can_be_closed(void)
{
    check_stub("typedef struct store store;\n"
               "struct far;\n"
               "store *store_open(struct far *f) { return 0; }\n"
               "CB_CLOSES int store_close(store *s) { return 0; }\n",
               "\n"
               "from typing import final\n"
               "\n"
               "@final\n"
               "class store:\n"
               "    def close(self) -> int | None: ...\n"
               "    def __enter__(self) -> store: ...\n"
               "    def __exit__(self, *what: object) -> None: ...\n"
               "\n"
               "@final\n"
               "class far:\n"
               "    ...\n"
               "\n"
               "def store_open(f: far) -> store | None:\n"
               "    \"\"\"store *store_open(struct far *f)\"\"\"\n"
               "\n"
               "def store_close(s: store) -> int:\n"
               "    \"\"\"int store_close(store *s)\"\"\"\n");
}

static void
an_exception_is_a_class_with_its_base(void)
{
    check_stub("CB_EXCEPTION(StoreError, CB_LookupError);\n"
               "void f(void) {}\n",
               "\nclass StoreError(LookupError): ...\n"
               "\ndef f() -> None:\n    \"\"\"void f(void)\"\"\"\n");
}

static void
a_callback_is_typed_by_its_signature(void)
{
    check_stub("int f(int (*g)(void *, int, const char *), void *data,"
               " CB_DEFAULT(NULL) void (*h)(void *), void *more)"
               "{ return 0; }\n",
               "\n"
               "from collections.abc import Callable\n"
               "\n"
               "def f(g: Callable[[int, str | None], int], h: Callable[[], "
               "object] | None = None) -> int:\n"
               "    \"\"\"int f(int (*)(void *, int, const char *) g, void "
               "*data, void (*)(void *) h, void *more)\"\"\"\n");
}

static void
what_is_awaited_is_a_coroutine(void)
{
    check_stub("CB_ASYNC int f(int a) { return a; }\n",
               "\n"
               "from typing import Any\n"
               "from collections.abc import Coroutine\n"
               "\n"
               "def f(a: int) -> Coroutine[Any, Any, int]:\n"
               "    \"\"\"int f(int a)\"\"\"\n");
}

static void
what_faults_raise_is_a_class_with_its_facts(void)
{
    check_stub("CB_NOGIL CB_FAULTS int f(int a) { return a; }\n"
               "CB_NOGIL CB_FAULTS int g(int a) { return a; }\n",
               "\n"
               "class NativeFault(RuntimeError):\n"
               "    signal: str\n"
               "    function: str | None\n"
               "    file: str | None\n"
               "    line: int | None\n"
               "    address: int | None\n"
               "    generation: int\n"
               "\n"
               "def f(a: int) -> int:\n"
               "    \"\"\"int f(int a)\"\"\"\n"
               "\n"
               "def g(a: int) -> int:\n"
               "    \"\"\"int g(int a)\"\"\"\n");
}

static void
buffers_are_typed_where_python_has_a_type_for_them(void)
{
    check_stub("/* Adds. */\n"
               "double sum(const double *x, int n) { return n; }\n",
               "\n"
               "import sys\n"
               "\n"
               "if sys.version_info >= (3, 12):\n"
               "    from collections.abc import Buffer\n"
               "else:\n"
               "    from typing import Any as Buffer\n"
               "\n"
               "def sum(x: Buffer) -> float:\n"
               "    \"\"\"Adds.\"\"\"\n");
}

static void
constants_and_words_about_the_module_come_first(void)
{
    char *stub = stub_of("/* Words\n"
                         " * about it. */\n"
                         "#include <cowbird.h>\n"
                         "#define LIMIT 10\n"
                         "#define NAME \"x\"\n"
                         "static const double RATE = 0.5;\n"
                         "int f(void) { return RATE > 0; }\n");
    CHECK_STR(stub, "\"\"\"Words\n"
                    "about it.\"\"\"\n"
                    "\n"
                    "from typing import Final\n"
                    "\n"
                    "LIMIT: Final[int]\n"
                    "NAME: Final[str]\n"
                    "RATE: Final[float]\n"
                    "\n"
                    "def f() -> int:\n"
                    "    \"\"\"int f(void)\"\"\"\n");
    free(stub);
}

static void
a_docstring_is_one_whatever_the_comment_holds(void)
{
    check_stub("/* Takes \"\"\" and \\n.\n"
               " *\n"
               " *   Much more. */\n"
               "int f(void) { return 1; }\n",
               "\n"
               "def f() -> int:\n"
               "    \"\"\"Takes \\\"\\\"\\\" and \\\\n.\n"
               "\n"
               "      Much more.\"\"\"\n");
}

static void
names_that_would_hide_a_type_or_cannot_be_said_do_no_harm(void)
{
    check_stub("int from(int a) { return a; }\n"
               "const char *str(const char *s) { return s; }\n",
               "\n"
               "import builtins\n"
               "\n"
               "# 'from' is a word of Python: getattr() reaches it.\n"
               "\n"
               "def str(s: builtins.str) -> builtins.str | None:\n"
               "    \"\"\"const char *str(const char *s)\"\"\"\n");
    check_stub("struct Buffer;\n"
               "struct object;\n"
               "int f(struct Buffer *b, const double *x, int n, "
               "struct object *o) { return n; }\n",
               "\n"
               "import sys\n"
               "from typing import final\n"
               "\n"
               "if sys.version_info >= (3, 12):\n"
               "    from collections.abc import Buffer as _Buffer\n"
               "else:\n"
               "    from typing import Any as _Buffer\n"
               "\n"
               "@final\n"
               "class Buffer:\n"
               "    ...\n"
               "\n"
               "@final\n"
               "class object:\n"
               "    ...\n"
               "\n"
               "def f(b: Buffer, x: _Buffer, o: object) -> int:\n"
               "    \"\"\"int f(struct Buffer *b, const double *x, int n, "
               "struct object *o)\"\"\"\n");
}

static void
the_first_line_names_version_and_source(void)
{
    struct list sources = LIST_INIT;
    struct buf out = BUF_INIT;
    list_add_taken(&sources, folder_write(folder, "a.c", "abc"));
    pyi_add_mark(&out, &sources);
    CHECK_STR(buf_text(&out),
              "# Written by cowbird " COWBIRD_VERSION " from a.c (sha256 "
              "ba7816bf8f01cfea); changes here are lost.\n");
    buf_dispose(&out);
    list_dispose(&sources);
}

int
main(void)
{
    struct err e = ERR_INIT;
    folder = folder_new();
    RUN(the_first_line_names_version_and_source);
    char *library = clang_find(NULL, &e);
    if (library == NULL) {
        printf("skipped: %s\n", e.text);
        folder_free(folder);
        return 77;
    }
    free(library);
    RUN(a_function_has_the_types_of_its_parameters);
    RUN(a_handle_is_a_class_that_can_be_closed);
    RUN(an_exception_is_a_class_with_its_base);
    RUN(a_callback_is_typed_by_its_signature);
    RUN(what_is_awaited_is_a_coroutine);
    RUN(what_faults_raise_is_a_class_with_its_facts);
    RUN(buffers_are_typed_where_python_has_a_type_for_them);
    RUN(constants_and_words_about_the_module_come_first);
    RUN(a_docstring_is_one_whatever_the_comment_holds);
    RUN(names_that_would_hide_a_type_or_cannot_be_said_do_no_harm);
    folder_free(folder);
    return 0;
}
