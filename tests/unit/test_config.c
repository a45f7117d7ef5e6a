/* Which setting wins, and what is said about a wrong one. */
#include "check.h"

#include "config.h"
#include "folder.h"

static const char *const variables[] = {
    "COWBIRD_COMPILE_PATH", "COWBIRD_CC",    "COWBIRD_PYTHON",
    "COWBIRD_JOBS",         "COWBIRD_STUBS", "COWBIRD_PY_RELOAD",
    "COWBIRD_FORCE_POLLING", "COWBIRD_COMPILE_PATHS",
};

static void
clear_environment(void)
{
    for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
        unsetenv(variables[i]);
    }
}

/* Loads from a folder whose pyproject.toml holds `text` after three lines
 * ("[tool.cowbird]" is the third). */
static int
load(struct config *c, struct err *e, const char *text)
{
    char *folder = folder_new();
    char *whole = mem_format("[project]\nname = 'x'\n[tool.cowbird]\n%s",
                             text);
    struct config_flags flags = CONFIG_FLAGS_INIT;
    folder_put(folder, "pyproject.toml", whole);
    *e = (struct err)ERR_INIT;
    int status = config_load(c, &flags, folder, e);
    free(whole);
    folder_free(folder);
    return status;
}

static void
check_refused(const char *text, const char *sentence)
{
    struct config c;
    struct err e;
    CHECK(load(&c, &e, text) == -1);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, sentence);
}

static void
check_warned(const char *text, const char *sentence)
{
    struct config c;
    struct err e;
    CHECK(load(&c, &e, text) == 0);
    CHECK(c.warnings.count == 1);
    CHECK_STR(c.warnings.items[0], sentence);
    config_dispose(&c);
}

static void
defaults_hold_where_nobody_says_otherwise(void)
{
    struct config c;
    struct err e;
    CHECK(load(&c, &e, "") == 0);
    CHECK_STR(c.cc, "auto");
    CHECK(c.python == NULL && c.jobs == 0 && c.stubs && !c.force_polling);
    CHECK(c.py_reload == PY_RELOAD_AUTO && c.module_count == 0);
    CHECK(c.compile_paths.count == 1);
    CHECK_STR(c.compile_paths.items[0], c.root);
    config_dispose(&c);
}

static void
flags_win_over_environment_over_file(void)
{
    char *folder = folder_new();
    char *inner = path_join(folder, "a/b");
    struct config c;
    struct err e = ERR_INIT;
    CHECK(path_make_dirs(inner, 0755, NULL) == 0);
    folder_put(folder, "pyproject.toml",
               "[tool.cowbird]\ncc = 'gcc'\njobs = 2\n"
               "python = '.venv/bin/python'\nstubs = false\n"
               "py-reload = 'off'\ncompile-path = ['native', '/abs']\n");
    struct config_flags flags = CONFIG_FLAGS_INIT;
    CHECK(config_load(&c, &flags, inner, &e) == 0);
    char *native = path_join(folder, "native");
    char *python = path_join(folder, ".venv/bin/python");
    CHECK_STR(c.root, folder);
    CHECK_STR(c.cc, "gcc");
    CHECK_STR(c.python, python);
    CHECK_STR(c.compile_paths.items[0], native);
    CHECK_STR(c.compile_paths.items[1], "/abs");
    CHECK(c.jobs == 2 && !c.stubs && c.py_reload == PY_RELOAD_OFF);
    config_dispose(&c);

    setenv("COWBIRD_CC", "clang", 1);
    setenv("COWBIRD_JOBS", "3", 1);
    setenv("COWBIRD_STUBS", "yes", 1);
    setenv("COWBIRD_COMPILE_PATH", "x:/y", 1);
    CHECK(config_load(&c, &flags, inner, &e) == 0);
    char *x = path_join(inner, "x");
    CHECK_STR(c.cc, "clang");
    CHECK_STR(c.compile_paths.items[0], x);
    CHECK_STR(c.compile_paths.items[1], "/y");
    CHECK(c.jobs == 3 && c.stubs && c.compile_paths.count == 2);
    config_dispose(&c);

    flags.cc = "tcc";
    flags.jobs = 0;
    flags.py_reload = "on";
    list_add(&flags.compile_paths, ".");
    CHECK(config_load(&c, &flags, inner, &e) == 0);
    CHECK_STR(c.cc, "tcc");
    CHECK_STR(c.compile_paths.items[0], inner);
    CHECK(c.jobs == 0 && c.py_reload == PY_RELOAD_ON);
    config_dispose(&c);
    list_dispose(&flags.compile_paths);
    clear_environment();
    free(x);
    free(native);
    free(python);
    free(inner);
    folder_free(folder);
}

static void
modules_have_their_own_settings(void)
{
    char *folder = folder_new();
    struct config c;
    struct err e = ERR_INIT;
    folder_put(folder, "src/a.c", "");
    folder_put(folder, "src/b.c", "");
    folder_put(folder, "pyproject.toml",
               "[tool.cowbird.modules.\"pkg._fast\"]\n"
               "sources = ['src/*.c', 'missing.c']\n"
               "cflags = '-O3 -DX=\"a b\"'\nldflags = ['-Wl,-s']\n"
               "include-dirs = 'inc'\nlibraries = ['m']\n"
               "pkg-config = ['zlib']\nstd = 'c17'\n"
               "[tool.cowbird.modules.other.inner]\nstd = 'c99'\n");
    struct config_flags flags = CONFIG_FLAGS_INIT;
    CHECK(config_load(&c, &flags, folder, &e) == 0);
    CHECK(c.module_count == 2 && c.warnings.count == 0);
    const struct config_module *m = config_find(&c, "pkg._fast");
    char *inc = path_join(folder, "inc");
    CHECK(m != NULL && m->sources.count == 3 && m->cflags.count == 2);
    CHECK_STR(m->sources.items[0], "src/a.c");
    CHECK_STR(m->sources.items[2], "missing.c");
    CHECK_STR(m->cflags.items[1], "-DX=a b");
    CHECK_STR(m->include_dirs.items[0], inc);
    CHECK_STR(m->std, "c17");
    CHECK_STR(config_find(&c, "other.inner")->std, "c99");
    CHECK(config_find(&c, "other") == NULL);
    free(inc);
    config_dispose(&c);
    folder_free(folder);
}

static void
unknown_keys_are_named_with_their_near_match(void)
{
    check_warned("compile-pth = '.'\n",
                 "pyproject.toml:4: unknown key 'compile-pth' in "
                 "[tool.cowbird]; did you mean 'compile-path'?");
    check_warned("colour = true\n", "pyproject.toml:4: unknown key 'colour' "
                                    "in [tool.cowbird]");
    check_warned("[tool.cowbird.modules.m]\ncflag = '-O3'\n",
                 "pyproject.toml:5: unknown key 'cflag' in "
                 "[tool.cowbird.modules.m]; did you mean 'cflags'?");
    setenv("COWBIRD_COMPILE_PATHS", "x", 1);
    check_warned("", "unknown variable COWBIRD_COMPILE_PATHS in the "
                     "environment; did you mean 'COWBIRD_COMPILE_PATH'?");
    clear_environment();
}

static void
wrong_types_are_refused_with_file_line_and_key(void)
{
    check_refused("jobs = '4'\n",
                  "pyproject.toml:4: 'jobs' in [tool.cowbird] must be an "
                  "integer, not a string");
    check_refused("jobs = -1\n", "pyproject.toml:4: 'jobs' in [tool.cowbird] "
                                 "must be from 0 to 1024, not -1");
    check_refused("\nstubs = 1\n",
                  "pyproject.toml:5: 'stubs' in [tool.cowbird] must be a "
                  "boolean, not an integer");
    check_refused("compile-path = 3\n",
                  "pyproject.toml:4: 'compile-path' in [tool.cowbird] must be "
                  "a string or an array of strings, not an integer");
    check_refused("compile-path = ['a',\n 3]\n",
                  "pyproject.toml:5: 'compile-path' in [tool.cowbird] must be "
                  "a string or an array of strings, not hold an integer");
    check_refused("py-reload = 'maybe'\n",
                  "pyproject.toml:4: 'py-reload' in [tool.cowbird] must be "
                  "auto, on or off, not 'maybe'");
    check_refused("modules = 1\n",
                  "pyproject.toml:4: 'modules' in [tool.cowbird] must be a "
                  "table, not an integer");
    check_refused("modules.m = 1\n",
                  "pyproject.toml:4: 'm' in [tool.cowbird.modules] must be a "
                  "table, not an integer");
    check_refused("modules.m.std = 11\n",
                  "pyproject.toml:4: 'std' in [tool.cowbird.modules.m] must "
                  "be a string, not an integer");
    check_refused("modules.m.cflags = '-D\"x'\n",
                  "pyproject.toml:4: 'cflags' in [tool.cowbird.modules.m] has "
                  "an open quote");
    check_refused("cc = \n", "pyproject.toml:4: a value is missing");
    setenv("COWBIRD_JOBS", "many", 1);
    check_refused("", "COWBIRD_JOBS must be from 0 to 1024, not 'many'");
    clear_environment();
    setenv("COWBIRD_STUBS", "perhaps", 1);
    check_refused("", "COWBIRD_STUBS must be 0 or 1, not 'perhaps'");
    clear_environment();
}

static void
a_project_of_somebody_else_needs_no_table_of_ours(void)
{
    char *folder = folder_new();
    struct config c;
    struct err e = ERR_INIT;
    struct config_flags flags = CONFIG_FLAGS_INIT;
    folder_put(folder, "pyproject.toml", "[build-system]\nrequires = []\n");
    CHECK(config_load(&c, &flags, folder, &e) == 0);
    CHECK_STR(c.root, folder);
    CHECK(c.pyproject != NULL && c.warnings.count == 0);
    config_dispose(&c);
    folder_free(folder);
}

int
main(void)
{
    clear_environment();
    RUN(defaults_hold_where_nobody_says_otherwise);
    RUN(flags_win_over_environment_over_file);
    RUN(modules_have_their_own_settings);
    RUN(unknown_keys_are_named_with_their_near_match);
    RUN(wrong_types_are_refused_with_file_line_and_key);
    RUN(a_project_of_somebody_else_needs_no_table_of_ours);
    return 0;
}
