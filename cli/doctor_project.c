/* doctor_project: see doctor.h; the part that reads the project: how its
 * server is started and what its modules are. Guesses from text, so it only
 * warns about servers. Main thread.
 */
#include "doctor.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "file.h"
#include "graph.h"
#include "list.h"
#include "mem.h"
#include "path.h"
#include "reloader.h"

/* A reloader's sentence is "<what happens>: <what to change>". */
static bool
add_conflict(struct findings *f, const struct list *argv, const char *where)
{
    const char *sentence = reloader_conflict(argv);
    if (sentence == NULL) {
        return false;
    }
    const char *cut = strstr(sentence, ": ");
    size_t len = cut == NULL ? strlen(sentence) : (size_t)(cut - sentence);
    finding_add(f, HEALTH_WARN, "reloader", "%.*s (%s)", (int)len, sentence,
                where);
    if (cut != NULL) {
        finding_fix(f, "%s", cut + 2);
    }
    return true;
}

/* Words of a line of shell or TOML: quotes and brackets only part them. */
static void
add_words(struct list *argv, const char *line, size_t len)
{
    char *text = mem_copy_range(line, len);
    char *rest = text;
    for (char *word; (word = strsep(&rest, " \t\r\"'[]{},=")) != NULL;) {
        if (word[0] != '\0') {
            list_add(argv, word);
        }
    }
    free(text);
}

static bool
look_in_environment(struct findings *f)
{
    static const struct {
        const char *variable;
        const char *words; /* that it stands for, before its own */
        bool is_switch;    /* its value says yes or no */
    } sources[] = {
        {"GUNICORN_CMD_ARGS", "gunicorn", false},
        {"GRANIAN_RELOAD", "granian --reload", true},
    };
    bool found = false;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        const char *value = getenv(sources[i].variable);
        if (value == NULL || value[0] == '\0'
            || (sources[i].is_switch && strchr("0fFnN", value[0]) != NULL))
        {
            continue;
        }
        struct list argv = LIST_INIT;
        add_words(&argv, sources[i].words, strlen(sources[i].words));
        add_words(&argv, value, strlen(value));
        found |= add_conflict(f, &argv, sources[i].variable);
        list_dispose(&argv);
    }
    return found;
}

/* Each line of the file by itself. */
static bool
look_in_lines(struct findings *f, const char *root, const char *name)
{
    char *path = path_join(root, name);
    struct buf text = BUF_INIT;
    bool found = false;
    if (file_read(path, &text, NULL) == 0) {
        unsigned number = 0;
        const char *at = buf_text(&text);
        while (*at != '\0') {
            size_t len = strcspn(at, "\n");
            struct list argv = LIST_INIT;
            number++;
            if (at[0] != '#') {
                add_words(&argv, at, len);
            }
            char *where = mem_format("%s:%u", name, number);
            found |= add_conflict(f, &argv, where);
            free(where);
            list_dispose(&argv);
            at += len + (at[len] == '\n');
        }
    }
    buf_dispose(&text);
    free(path);
    return found;
}

/* gunicorn's settings are Python; only what stands at a line's start and is
 * plainly written is read: `reload_engine = "inotify"`. */
static bool
look_in_gunicorn(struct findings *f, const char *root)
{
    static const char name[] = "gunicorn.conf.py";
    char *path = path_join(root, name);
    struct buf text = BUF_INIT;
    struct list argv = LIST_INIT;
    list_add(&argv, "gunicorn");
    if (file_read(path, &text, NULL) == 0) {
        for (const char *at = buf_text(&text); *at != '\0';) {
            size_t len = strcspn(at, "\n");
            if (strncmp(at, "reload", strlen("reload")) == 0) {
                add_words(&argv, at, len);
            }
            at += len + (at[len] == '\n');
        }
    }
    bool found = list_has(&argv, "reload") && list_has(&argv, "True")
                 && add_conflict(f, &argv, name);
    list_dispose(&argv);
    buf_dispose(&text);
    free(path);
    return found;
}

void
doctor_reloaders(struct findings *f, const struct config *c,
                 const struct list *command)
{
    bool found = add_conflict(f, command, "the command");
    found |= look_in_environment(f);
    found |= look_in_lines(f, c->root, "Procfile");
    found |= look_in_lines(f, c->root, "pyproject.toml");
    found |= look_in_gunicorn(f, c->root);
    if (!found) {
        finding_add(f, HEALTH_OK, "reloader",
                    "none found that restarts on a save of C");
    }
}

void
doctor_modules(struct findings *f, const struct graph *g)
{
    size_t good = 0;
    for (size_t i = 0; i < g->module_count; i++) {
        good += g->modules[i]->is_gone ? 0 : 1;
    }
    if (good > 0) {
        finding_add(f, HEALTH_OK, "modules", "%zu can be swapped", good);
    }
    else if (g->module_count == 0) {
        finding_add(f, HEALTH_OK, "modules",
                    "none yet: cowbird new NAME writes one");
    }
}
