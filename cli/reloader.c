/* reloader: see reloader.h. */
#include "reloader.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "path.h"
#include "wire/buf.h"

struct rule {
    const char *program; /* a word of the command ends in it */
    const char *word;    /* and this word (or word=…) is there */
    const char *unless;  /* and this one is not; may be NULL */
    const char *name;
    const char *conflict; /* it restarts on any file: what to change; NULL:
                             on Python alone */
};

#define GUNICORN_INOTIFY                                                      \
    "gunicorn's inotify engine restarts on every file beside a module: set "  \
    "--reload-engine=poll"

static const struct rule rules[] = {
    {"uvicorn", "--reload", NULL, "uvicorn --reload", NULL},
    {"fastapi", "dev", "--no-reload", "fastapi dev", NULL},
    {"gunicorn", "--reload-engine=inotify", NULL, "gunicorn --reload",
     GUNICORN_INOTIFY},
    {"gunicorn", "inotify", NULL, "gunicorn --reload", GUNICORN_INOTIFY},
    {"gunicorn", "--reload", NULL, "gunicorn --reload", NULL},
    {"hypercorn", "--reload", NULL, "hypercorn --reload", NULL},
    {"granian", "--reload", NULL, "granian --reload",
     "granian --reload restarts on every file: add --reload-ignore-patterns "
     "'.*\\.[ch]$'"},
    {"flask", "--debug", "--no-reload", "flask --debug", NULL},
    {"flask", "--reload", NULL, "flask --reload", NULL},
    {"manage.py", "runserver", "--noreload", "Django runserver", NULL},
    {"django-admin", "runserver", "--noreload", "Django runserver", NULL},
    {"sanic", "--dev", NULL, "sanic --dev", NULL},
    {"sanic", "--auto-reload", NULL, "sanic --auto-reload", NULL},
    {"quart", "--reload", NULL, "quart --reload", NULL},
    {"adev", "runserver", NULL, "aiohttp-devtools", NULL},
    {"uwsgi", "--py-autoreload", NULL, "uwsgi --py-autoreload", NULL},
    {"robyn", "--dev", NULL, "robyn --dev",
     "robyn --dev restarts on every file: start it without --dev"},
    {"watchfiles", "--filter", NULL, "watchfiles", NULL},
    {"watchfiles", "", NULL, "watchfiles",
     "watchfiles restarts on every file: add --filter python"},
    {"watchmedo", "--patterns", NULL, "watchmedo", NULL},
    {"watchmedo", "-p", NULL, "watchmedo", NULL},
    {"watchmedo", "", NULL, "watchmedo",
     "watchmedo restarts on every file: add --patterns='*.py'"},
};

#define RULE_COUNT (sizeof(rules) / sizeof(rules[0]))

static bool
has_word(const struct list *argv, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i < argv->count; i++) {
        const char *item = argv->items[i];
        if (strncmp(item, word, len) == 0
            && (item[len] == '\0' || (item[len] == '=' && len > 0)
                || len == 0))
        {
            return true;
        }
    }
    return false;
}

static bool
has_program(const struct list *argv, const char *program)
{
    for (size_t i = 0; i < argv->count; i++) {
        if (strcmp(path_base(argv->items[i]), program) == 0) {
            return true;
        }
    }
    return false;
}

static const struct rule *
match(const struct list *argv)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        const struct rule *r = &rules[i];
        if (has_program(argv, r->program) && has_word(argv, r->word)
            && (r->unless == NULL || !has_word(argv, r->unless)))
        {
            return r;
        }
    }
    return NULL;
}

const char *
reloader_of_words(const struct list *argv)
{
    const struct rule *r = match(argv);
    if (r != NULL) {
        return r->name;
    }
    const char *debug = getenv("FLASK_DEBUG");
    if (has_program(argv, "flask") && debug != NULL
        && strchr("1tTyY", debug[0]) != NULL && debug[0] != '\0'
        && !has_word(argv, "--no-reload") && !has_word(argv, "--no-debug"))
    {
        return "flask with FLASK_DEBUG";
    }
    return NULL;
}

const char *
reloader_of_process(long pid)
{
    static const struct {
        const char *entry;
        const char *name;
    } marks[] = {
        {"WERKZEUG_RUN_MAIN=true", "Werkzeug"},
        {"RUN_MAIN=true", "Django"},
        {"IS_RELOADER_RUNNING=True", "Robyn"},
    };
    char *path = mem_format("/proc/%ld/environ", pid);
    struct buf block = BUF_INIT;
    const char *name = NULL;
    if (file_read(path, &block, NULL) == 0) {
        for (size_t at = 0; at < block.len;
             at += strlen(block.data + at) + 1)
        {
            for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
                if (strcmp(block.data + at, marks[i].entry) == 0) {
                    name = marks[i].name;
                }
            }
        }
    }
    buf_dispose(&block);
    free(path);
    return name;
}

const char *
reloader_of_any_file(const struct list *argv)
{
    const struct rule *r = match(argv);
    return r == NULL || r->conflict == NULL ? NULL : r->name;
}

const char *
reloader_conflict(const struct list *argv)
{
    const struct rule *r = match(argv);
    return r == NULL ? NULL : r->conflict;
}
