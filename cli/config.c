/* config: see config.h. Here: the merge; config_file reads the file. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "config_file.h"
#include "mem.h"
#include "opt.h"
#include "path.h"

/* The nearest pyproject.toml upward from `dir`, on the heap, or NULL. */
static char *
find_pyproject(const char *dir)
{
    char *at = path_real(dir);
    for (;;) {
        char *candidate = path_join(at, "pyproject.toml");
        if (path_is_file(candidate)) {
            free(at);
            return candidate;
        }
        free(candidate);
        char *above = path_dir(at);
        bool is_top = strcmp(above, at) == 0;
        free(at);
        at = above;
        if (is_top) {
            free(at);
            return NULL;
        }
    }
}

static int
parse_number(const char *text, int *out)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0'
        || number > CONFIG_MOST_JOBS)
    {
        return -1;
    }
    *out = (int)number;
    return 0;
}

static int
parse_switch(const char *text, bool *is_on)
{
    static const char *const words[] = {"0", "1",  "false", "true",
                                        "no", "yes", "off",  "on"};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *is_on = i % 2 == 1;
            return 0;
        }
    }
    return -1;
}

static void
set_text(char **target, const char *text)
{
    free(*target);
    *target = mem_copy_str(text);
}

static void
set_paths(struct list *l, const struct list *paths, const char *dir)
{
    list_clear(l);
    for (size_t i = 0; i < paths->count; i++) {
        char *path = path_join(dir, paths->items[i]);
        list_add_taken(l, path_real(path));
        free(path);
    }
}

/* "a:b" as PATH is written. */
static void
read_env_paths(struct config *c, const char *text, const char *dir)
{
    struct list paths = LIST_INIT;
    while (text[0] != '\0') {
        size_t len = strcspn(text, ":");
        if (len > 0) {
            list_add_taken(&paths, mem_copy_range(text, len));
        }
        text += len;
        text += text[0] == ':';
    }
    if (paths.count > 0) {
        set_paths(&c->compile_paths, &paths, dir);
    }
    list_dispose(&paths);
}

static const char *const env_names[] = {
    "COMPILE_PATH", "CC",    "PYTHON",        "JOBS",
    "PY_RELOAD",    "STUBS", "TIERS",         "FORCE_POLLING",
    "COMPILE_SECONDS", "OPTIMISE", NULL,
};

/* Ours, but no settings of this table. */
static const char *const other_names[] = {
    "SESSION", "CACHE_DIR", "PROGRAM",      "CANARY",
    "TCC",     "LIBCLANG",  "GUEST_CFLAGS", "WARM_MB",
    NULL,
};

static bool
is_among(const char *const *names, const char *name)
{
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

/* Variables that look like one of ours misspelled. Others may be anybody's
 * and are left alone. */
static void
warn_env(struct config *c)
{
    static const char prefix[] = "COWBIRD_";
    for (char **at = environ; *at != NULL; at++) {
        if (strncmp(*at, prefix, sizeof(prefix) - 1) != 0) {
            continue;
        }
        const char *start = *at + sizeof(prefix) - 1;
        char *name = mem_copy_range(start, strcspn(start, "="));
        const char *near = opt_near(name, env_names);
        if (near != NULL && !is_among(env_names, name)
            && !is_among(other_names, name))
        {
            list_add_fmt(&c->warnings,
                         "unknown variable %s%s in the environment; did you "
                         "mean '%s%s'?",
                         prefix, name, prefix, near);
        }
        free(name);
    }
}

static int
read_env_value(struct config *c, const char *name, const char *value,
               const char *dir, struct err *e)
{
    const char *wanted = NULL;
    if (strcmp(name, "COMPILE_PATH") == 0) {
        read_env_paths(c, value, dir);
    }
    else if (strcmp(name, "CC") == 0) {
        set_text(&c->cc, value);
    }
    else if (strcmp(name, "PYTHON") == 0) {
        set_text(&c->python, value);
    }
    else if (strcmp(name, "JOBS") == 0) {
        wanted = parse_number(value, &c->jobs) < 0 ? "from 0 to 1024" : NULL;
    }
    else if (strcmp(name, "COMPILE_SECONDS") == 0) {
        wanted = parse_number(value, &c->compile_seconds) < 0
                     ? "from 0 to 1024"
                     : NULL;
    }
    else if (strcmp(name, "PY_RELOAD") == 0) {
        wanted = config_parse_py_reload(value, &c->py_reload) < 0
                     ? "auto, on or off"
                     : NULL;
    }
    else if (strcmp(name, "OPTIMISE") == 0) {
        list_clear(&c->optimise);
        wanted = list_split(&c->optimise, value) < 0
                     ? "words without an open quote"
                     : NULL;
    }
    else {
        bool *target = strcmp(name, "STUBS") == 0   ? &c->stubs
                       : strcmp(name, "TIERS") == 0 ? &c->tiers
                                                    : &c->force_polling;
        wanted = parse_switch(value, target) < 0 ? "0 or 1" : NULL;
    }
    if (wanted != NULL) {
        return err_set(e, ERR_USAGE, "COWBIRD_%s must be %s, not '%s'", name,
                       wanted, value);
    }
    return 0;
}

static int
read_env(struct config *c, const char *dir, struct err *e)
{
    for (size_t i = 0; env_names[i] != NULL; i++) {
        char *name = mem_format("COWBIRD_%s", env_names[i]);
        const char *value = getenv(name);
        free(name);
        if (value != NULL && value[0] != '\0'
            && read_env_value(c, env_names[i], value, dir, e) < 0)
        {
            return -1;
        }
    }
    warn_env(c);
    return 0;
}

static int
read_flags(struct config *c, const struct config_flags *flags,
           const char *dir, struct err *e)
{
    if (flags->compile_paths.count > 0) {
        set_paths(&c->compile_paths, &flags->compile_paths, dir);
    }
    if (flags->cc != NULL) {
        set_text(&c->cc, flags->cc);
    }
    if (flags->python != NULL) {
        set_text(&c->python, flags->python);
    }
    if (flags->jobs > CONFIG_MOST_JOBS) {
        return err_set(e, ERR_USAGE, "--jobs must be from 0 to %d, not %d",
                       CONFIG_MOST_JOBS, flags->jobs);
    }
    if (flags->jobs >= 0) {
        c->jobs = flags->jobs;
    }
    if (flags->has_no_stubs) {
        c->stubs = false;
    }
    if (flags->py_reload != NULL
        && config_parse_py_reload(flags->py_reload, &c->py_reload) < 0)
    {
        return err_set(e, ERR_USAGE,
                       "--py-reload must be auto, on or off, not '%s'",
                       flags->py_reload);
    }
    return 0;
}

static int
read_file(struct config *c, const char *dir, struct err *e)
{
    c->pyproject = find_pyproject(dir);
    if (c->pyproject == NULL) {
        c->root = path_real(dir);
        return 0;
    }
    c->root = path_dir(c->pyproject);
    char *here = path_real(dir);
    int status = config_file_read(c, path_below(c->pyproject, here), e);
    free(here);
    return status;
}

int
config_load(struct config *c, const struct config_flags *flags,
            const char *dir, struct err *e)
{
    *c = (struct config){.cc = mem_copy_str("auto"), .stubs = true,
                         .tiers = true};
    if (read_file(c, dir, e) < 0 || read_env(c, dir, e) < 0
        || read_flags(c, flags, dir, e) < 0)
    {
        config_dispose(c);
        return -1;
    }
    if (c->compile_paths.count == 0) {
        list_add_taken(&c->compile_paths, path_real(dir));
    }
    return 0;
}

const struct config_module *
config_find(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->module_count; i++) {
        if (strcmp(c->modules[i].name, name) == 0) {
            return &c->modules[i];
        }
    }
    return NULL;
}

void
config_module_dispose(struct config_module *m)
{
    free(m->name);
    list_dispose(&m->sources);
    list_dispose(&m->include_dirs);
    list_dispose(&m->cflags);
    list_dispose(&m->ldflags);
    list_dispose(&m->libraries);
    list_dispose(&m->pkg_config);
    free(m->std);
}

void
config_dispose(struct config *c)
{
    for (size_t i = 0; i < c->module_count; i++) {
        config_module_dispose(&c->modules[i]);
    }
    free(c->modules);
    free(c->root);
    free(c->pyproject);
    free(c->cc);
    free(c->python);
    list_dispose(&c->compile_paths);
    list_dispose(&c->optimise);
    list_dispose(&c->warnings);
    *c = (struct config){.root = NULL};
}
