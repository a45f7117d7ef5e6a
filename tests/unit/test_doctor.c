/* What doctor says about a project, found in its files. */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "doctor.h"
#include "file.h"
#include "graph.h"
#include "json.h"
#include "mem.h"
#include "path.h"

static char root[] = "/tmp/cbt-doctor-XXXXXX";
static struct config config = {.root = root};

static void
put(const char *name, const char *text)
{
    char *path = path_join(root, name);
    CHECK(file_write(path, text, strlen(text), NULL) == 0);
    free(path);
}

static void
drop(const char *name)
{
    char *path = path_join(root, name);
    CHECK(unlink(path) == 0);
    free(path);
}

static void
look_at_command(struct findings *f, const char *words)
{
    struct list argv = LIST_INIT;
    CHECK(list_split(&argv, words) == 0);
    findings_dispose(f);
    doctor_reloaders(f, &config, &argv);
    list_dispose(&argv);
}

static void
a_quiet_project_is_fine(void)
{
    struct findings f = FINDINGS_INIT;
    put("Procfile", "web: gunicorn --reload app:app\n");
    put("pyproject.toml", "[project]\nname = \"robyn-dev\"\n");
    look_at_command(&f, "uvicorn --reload app:app");
    CHECK(f.count == 1);
    CHECK(f.items[0].health == HEALTH_OK);
    CHECK_STR(f.items[0].text, "none found that restarts on a save of C");
    findings_dispose(&f);
}

static void
a_reloader_in_the_command_is_named_with_its_fix(void)
{
    struct findings f = FINDINGS_INIT;
    look_at_command(&f, "granian --reload app:app");
    CHECK(f.count == 1);
    CHECK(f.items[0].health == HEALTH_WARN);
    CHECK_STR(f.items[0].text,
              "granian --reload restarts on every file (the command)");
    CHECK_STR(f.items[0].fix,
              "add --reload-ignore-patterns '.*\\.[ch]$'");
    findings_dispose(&f);
}

static void
a_reloader_in_a_file_is_named_with_its_line(void)
{
    struct findings f = FINDINGS_INIT;
    put("Procfile", "# robyn app.py --dev\nweb: robyn app.py --dev\n");
    put("pyproject.toml", "[tool.pdm.scripts]\n"
                          "dev = [\"granian\", \"--reload\", \"a:b\"]\n");
    look_at_command(&f, "");
    CHECK(f.count == 2);
    CHECK_STR(f.items[0].text,
              "robyn --dev restarts on every file (Procfile:2)");
    CHECK_STR(f.items[1].text,
              "granian --reload restarts on every file (pyproject.toml:2)");
    drop("Procfile");
    drop("pyproject.toml");
    findings_dispose(&f);
}

static void
gunicorns_inotify_engine_is_found_wherever_it_is_set(void)
{
    static const char text[]
        = "gunicorn's inotify engine restarts on every file beside a module";
    struct findings f = FINDINGS_INIT;
    look_at_command(&f, "gunicorn --reload --reload-engine inotify app:app");
    CHECK(strncmp(f.items[0].text, text, strlen(text)) == 0);
    look_at_command(&f, "gunicorn --reload --reload-engine=inotify app:app");
    CHECK(strncmp(f.items[0].text, text, strlen(text)) == 0);
    CHECK(setenv("GUNICORN_CMD_ARGS", "--reload --reload-engine=inotify", 1)
          == 0);
    look_at_command(&f, "");
    CHECK(strstr(f.items[0].text, "(GUNICORN_CMD_ARGS)") != NULL);
    CHECK(unsetenv("GUNICORN_CMD_ARGS") == 0);
    put("gunicorn.conf.py", "reload = True\nreload_engine = 'inotify'\n");
    look_at_command(&f, "");
    CHECK(strstr(f.items[0].text, "(gunicorn.conf.py)") != NULL);
    put("gunicorn.conf.py", "reload = False\nreload_engine = 'inotify'\n");
    look_at_command(&f, "");
    CHECK(f.items[0].health == HEALTH_OK);
    drop("gunicorn.conf.py");
    findings_dispose(&f);
}

static void
look_at_modules(struct findings *f)
{
    struct graph g;
    struct err e = ERR_INIT;
    struct list roots = LIST_INIT;
    list_add(&roots, root);
    graph_init(&g);
    CHECK(graph_scan(&g, &roots, NULL, &e) == 0);
    findings_dispose(f);
    doctor_modules(f, &g);
    graph_dispose(&g);
    list_dispose(&roots);
}

static void
modules_are_counted_whatever_their_init(void)
{
    struct findings f = FINDINGS_INIT;
    put("scoring.c", "#include <Python.h>\n"
                     "PyMODINIT_FUNC\nPyInit_scoring(void)\n{\n"
                     "    return PyModule_Create(&scoring_module);\n}\n");
    put("geo.c", "#include <Python.h>\n"
                 "PyMODINIT_FUNC\nPyInit_geo(void)\n{\n"
                 "    return PyModuleDef_Init(&module);\n}\n");
    look_at_modules(&f);
    CHECK(f.count == 1);
    CHECK(f.items[0].health == HEALTH_OK);
    CHECK_STR(f.items[0].text, "2 can be swapped");
    drop("scoring.c");
    drop("geo.c");
    findings_dispose(&f);
}

static void
a_project_without_modules_is_told_how_to_begin(void)
{
    struct findings f = FINDINGS_INIT;
    look_at_modules(&f);
    CHECK(f.count == 1);
    CHECK_STR(f.items[0].text, "none yet: cowbird new NAME writes one");
    findings_dispose(&f);
}

static void
too_few_inotify_watches_come_with_the_command_that_adds_some(void)
{
    struct findings f = FINDINGS_INIT;
    struct graph g;
    graph_init(&g);
    doctor_inotify(&f, &config, &g);
    CHECK(f.items[0].health == HEALTH_OK);
    CHECK(strstr(f.items[0].text, "project needs 0") != NULL);
    findings_dispose(&f);
    g.folders.count = 1u << 30; /* only counted, never read */
    doctor_inotify(&f, &config, &g);
    g.folders.count = 0;
    CHECK(f.items[0].health == HEALTH_WARN);
    CHECK_STR(f.items[0].fix, "sysctl fs.inotify.max_user_watches=2147483648");
    graph_dispose(&g);
    findings_dispose(&f);
}

static void
findings_are_json_with_their_counts(void)
{
    struct findings f = FINDINGS_INIT;
    struct buf text = BUF_INIT;
    struct json j = JSON_INIT;
    finding_add(&f, HEALTH_OK, "cc", "gcc %d", 12);
    finding_add(&f, HEALTH_FAIL, "a \"b\"", "no");
    finding_fix(&f, "do %s", "it");
    finding_to_json(&f, &text);
    CHECK(json_read(&j, buf_text(&text), text.len, NULL) == 0);
    const struct json *rows = json_get(&j, "findings");
    CHECK(rows != NULL && rows->count == 2);
    CHECK_STR(json_get_str(&rows->items[0], "health"), "ok");
    CHECK_STR(json_get_str(&rows->items[0], "text"), "gcc 12");
    CHECK(json_get(&rows->items[0], "fix")->type == JSON_NULL);
    CHECK_STR(json_get_str(&rows->items[1], "subject"), "a \"b\"");
    CHECK_STR(json_get_str(&rows->items[1], "fix"), "do it");
    CHECK_STR(json_get(&j, "failed")->text, "1");
    CHECK_STR(json_get(&j, "warnings")->text, "0");
    json_dispose(&j);
    buf_dispose(&text);
    findings_dispose(&f);
}

int
main(void)
{
    CHECK(mkdtemp(root) != NULL);
    CHECK(unsetenv("GUNICORN_CMD_ARGS") == 0);
    CHECK(unsetenv("GRANIAN_RELOAD") == 0);
    RUN(a_quiet_project_is_fine);
    RUN(a_reloader_in_the_command_is_named_with_its_fix);
    RUN(a_reloader_in_a_file_is_named_with_its_line);
    RUN(gunicorns_inotify_engine_is_found_wherever_it_is_set);
    RUN(modules_are_counted_whatever_their_init);
    RUN(a_project_without_modules_is_told_how_to_begin);
    RUN(too_few_inotify_watches_come_with_the_command_that_adds_some);
    RUN(findings_are_json_with_their_counts);
    CHECK(file_remove_tree(root, NULL) == 0);
    return 0;
}
