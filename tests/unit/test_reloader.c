/* Which words mean that the app's own server restarts it. */
#include "check.h"

#include "reloader.h"

static const char *
of(const char *text)
{
    struct list argv = LIST_INIT;
    CHECK(list_split(&argv, text) == 0);
    const char *name = reloader_of_words(&argv);
    list_dispose(&argv);
    return name;
}

static void
servers_with_a_reloader_switched_on_are_named(void)
{
    unsetenv("FLASK_DEBUG");
    CHECK_STR(of("uvicorn app:app --reload"), "uvicorn --reload");
    CHECK_STR(of("/venv/bin/gunicorn --reload=1 app:app"),
              "gunicorn --reload");
    CHECK_STR(of("python -m flask --debug run"), "flask --debug");
    CHECK_STR(of("python manage.py runserver 0:8000"), "Django runserver");
    CHECK_STR(of("watchfiles 'python app.py'"), "watchfiles");
}

static void
servers_without_one_are_not(void)
{
    unsetenv("FLASK_DEBUG");
    CHECK(of("uvicorn app:app --reload-dir src --workers 2") == NULL);
    CHECK(of("flask --debug run --no-reload") == NULL);
    CHECK(of("python manage.py runserver --noreload") == NULL);
    CHECK(of("python app.py --reload") == NULL);
}

static void
flask_listens_to_its_environment(void)
{
    setenv("FLASK_DEBUG", "1", 1);
    CHECK_STR(of("flask run"), "flask with FLASK_DEBUG");
    CHECK(of("flask run --no-reload") == NULL);
    setenv("FLASK_DEBUG", "0", 1);
    CHECK(of("flask run") == NULL);
    unsetenv("FLASK_DEBUG");
}

/* 'name: advice' of a reloader that restarts on any file, or "-". */
static const char *
any_of(const char *text)
{
    static char shown[256];
    struct list argv = LIST_INIT;
    CHECK(list_split(&argv, text) == 0);
    const char *name = reloader_of_any_file(&argv);
    CHECK((name == NULL) == (reloader_conflict(&argv) == NULL));
    snprintf(shown, sizeof(shown), "%s", name == NULL ? "-" : name);
    list_dispose(&argv);
    return shown;
}

static void
those_that_restart_on_any_file_are_told_apart(void)
{
    CHECK_STR(any_of("granian --reload app:app"), "granian --reload");
    CHECK_STR(any_of("gunicorn --reload --reload-engine=inotify a:b"),
              "gunicorn --reload");
    CHECK_STR(any_of("gunicorn --reload a:b"), "-");
    CHECK_STR(any_of("uvicorn app:app --reload"), "-");
    CHECK_STR(any_of("watchfiles 'python app.py'"), "watchfiles");
    CHECK_STR(any_of("watchfiles --filter python 'python app.py'"), "-");
    CHECK_STR(any_of("watchmedo auto-restart -- python app.py"),
              "watchmedo");
    CHECK_STR(any_of("watchmedo auto-restart -p '*.py' -- python a.py"),
              "-");
}

int
main(void)
{
    RUN(those_that_restart_on_any_file_are_told_apart);
    RUN(servers_with_a_reloader_switched_on_are_named);
    RUN(servers_without_one_are_not);
    RUN(flask_listens_to_its_environment);
    return 0;
}
