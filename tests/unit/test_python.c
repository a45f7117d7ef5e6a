/* python: which interpreter is found, and that a warm start runs none. */
#include "python.h"

#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "folder.h"

static char *
python_on_path(void)
{
    struct python p;
    struct err e = ERR_INIT;
    unsetenv("VIRTUAL_ENV");
    if (python_find(&p, NULL, "/", &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    char *path = mem_copy_str(p.executable);
    python_dispose(&p);
    return path;
}

static void
an_interpreter_says_what_it_is(void)
{
    char *path = python_on_path();
    struct python p;
    struct err e = ERR_INIT;
    CHECK(python_find(&p, path, NULL, &e) == 0);
    CHECK(p.major == 3 && p.minor >= 9);
    CHECK(strstr(p.ext_suffix, p.soabi) != NULL);
    CHECK(path_is_dir(p.stdlib));
    CHECK(p.executable[0] == '/' && p.libraries.count > 1);
    CHECK_STR(p.origin, "--python");
    python_dispose(&p);
    free(path);
}

static void
make_program(const char *folder, const char *name, const char *text)
{
    char *path = folder_write(folder, name, text);
    CHECK(chmod(path, 0755) == 0);
    free(path);
}

static void
a_script_in_its_place_is_asked_each_time(void)
{
    char *python = python_on_path();
    char *dir = folder_new();
    char *text = mem_format("#!/bin/sh\necho x >> %s/count\n"
                            "exec %s \"$@\"\n",
                            dir, python);
    make_program(dir, "shim", text);
    char *shim = path_join(dir, "shim");
    char *count = path_join(dir, "count");
    struct python p;
    for (int i = 0; i < 2; i++) {
        CHECK(python_probe(&p, shim, NULL) == 0);
        CHECK_STR(p.executable, python);
        python_dispose(&p);
    }
    struct stat st;
    CHECK(stat(count, &st) == 0 && st.st_size == 4);
    free(text);
    free(shim);
    free(count);
    free(python);
    folder_free(dir);
}

static void
a_warm_start_runs_no_python(void)
{
    char *python = python_on_path();
    char *cache = folder_new();
    setenv("COWBIRD_CACHE_DIR", cache, 1);
    struct python p;
    CHECK(python_probe(&p, python, NULL) == 0);
    python_dispose(&p);
    char *pythons = path_join(cache, "pythons");
    CHECK(path_is_dir(pythons));
    /* Nothing can be started now: the answer must be remembered. */
    CHECK(python_probe(&p, python, NULL) == 0);
    CHECK(p.major == 3 && p.libraries.count > 1);
    python_dispose(&p);
    free(pythons);
    free(python);
    unsetenv("COWBIRD_CACHE_DIR");
    folder_free(cache);
}

static void
a_virtual_environment_beside_the_project_is_taken(void)
{
    char *python = python_on_path();
    char *dir = folder_new();
    folder_put(dir, ".venv/pyvenv.cfg", "home = /nowhere\n");
    char *bin = path_join(dir, ".venv/bin");
    char *link = path_join(dir, ".venv/bin/python");
    char *prefix = path_join(dir, ".venv");
    CHECK(path_make_dirs(bin, 0755, NULL) == 0);
    CHECK(symlink(python, link) == 0);
    struct python p;
    struct err e = ERR_INIT;
    if (python_find(&p, NULL, dir, &e) < 0) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    CHECK_STR(p.origin, ".venv");
    CHECK_STR(p.executable, link);
    CHECK_STR(p.prefix, prefix);
    CHECK(strcmp(p.base_prefix, prefix) != 0);
    python_dispose(&p);
    setenv("VIRTUAL_ENV", prefix, 1);
    CHECK(python_find(&p, NULL, "/", NULL) == 0);
    CHECK_STR(p.origin, "VIRTUAL_ENV");
    CHECK_STR(p.executable, link);
    python_dispose(&p);
    unsetenv("VIRTUAL_ENV");
    free(bin);
    free(link);
    free(prefix);
    free(python);
    folder_free(dir);
}

static void
the_python_of_a_command_is_its_scripts(void)
{
    char *python = python_on_path();
    char *dir = folder_new();
    char *direct = mem_format("#!%s\nprint(1)\n", python);
    char *wrapped = mem_format("#!/bin/sh\n'''exec' \"%s\" \"$0\" \"$@\"\n"
                               "' '''\n",
                               python);
    make_program(dir, "server", direct);
    make_program(dir, "wrapped", wrapped);
    make_program(dir, "other", "#!/bin/sh\nexit 0\n");
    const char *const commands[] = {"server", "wrapped"};
    for (size_t i = 0; i < 2; i++) {
        char *command = path_join(dir, commands[i]);
        struct python p;
        CHECK(python_find_for(&p, NULL, command, "/", NULL) == 0);
        CHECK_STR(p.asked, python);
        CHECK_STR(p.origin, commands[i]);
        python_dispose(&p);
        free(command);
    }
    char *command = path_join(dir, "other");
    struct python p;
    CHECK(python_find_for(&p, NULL, command, "/", NULL) == 0);
    CHECK_STR(p.origin, "PATH");
    python_dispose(&p);
    free(command);
    free(direct);
    free(wrapped);
    free(python);
    folder_free(dir);
}

static void
what_is_no_python_is_an_error(void)
{
    struct python p;
    struct err e = ERR_INIT;
    CHECK(python_find(&p, "/no/such/python", NULL, &e) < 0);
    CHECK(e.code == ERR_USAGE);
    CHECK_STR(e.text, "there is no Python at /no/such/python");
    CHECK(python_find(&p, "/bin/false", NULL, &e) < 0);
    CHECK_STR(e.text, "/bin/false does not run as Python: exit status 1");
    char *dir = folder_new();
    make_program(dir, "old", "#!/bin/sh\necho executable=/x\n"
                             "echo version=3.8.1\necho soabi=a\n"
                             "echo ext_suffix=.so\necho include=/x\n");
    char *old = path_join(dir, "old");
    CHECK(python_find(&p, old, NULL, &e) < 0);
    CHECK(strstr(e.text, "is Python 3.8.1; cowbird needs 3.9") != NULL);
    free(old);
    folder_free(dir);
}

static void
modules_of_the_standard_library_are_known(void)
{
    char *python = python_on_path();
    struct python p;
    CHECK(python_probe(&p, python, NULL) == 0);
    bool has = false;
    CHECK(python_has_stdlib(&p, "json", &has, NULL) == 0 && has);
    CHECK(python_has_stdlib(&p, "time", &has, NULL) == 0 && has);
    CHECK(python_has_stdlib(&p, "scoring", &has, NULL) == 0 && !has);
    python_dispose(&p);
    free(python);
}

int
main(void)
{
    char *cache = folder_new();
    setenv("XDG_CACHE_HOME", cache, 1);
    RUN(an_interpreter_says_what_it_is);
    RUN(a_script_in_its_place_is_asked_each_time);
    RUN(a_warm_start_runs_no_python);
    RUN(a_virtual_environment_beside_the_project_is_taken);
    RUN(the_python_of_a_command_is_its_scripts);
    RUN(what_is_no_python_is_an_error);
    RUN(modules_of_the_standard_library_are_known);
    folder_free(cache);
    return 0;
}
