/* common: see common.h. */
#include "common.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"
#include "mem.h"
#include "opt_hint.h"
#include "path.h"

/* What common_begin was asked to begin. */
struct start {
    struct common *c;
    const char *name;
    const struct opt *table;
    enum opt_style style;
    size_t count;
    char **argv;
};

static const struct command *
find_command(const char *name)
{
    const struct command *c = commands;
    while (c->name != NULL && strcmp(c->name, name) != 0) {
        c++;
    }
    return c;
}

static void
say_usage(const char *name)
{
    struct buf line = BUF_INIT;
    buf_add_fmt(&line, "Usage: cowbird %s\n", find_command(name)->usage);
    report_text(false, buf_text(&line));
    buf_dispose(&line);
}

int
common_misuse(const char *name, const char *help, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    struct err e = ERR_INIT;
    err_set(&e, ERR_USAGE, "%s", len < 0 ? format : text);
    free(len < 0 ? NULL : text);
    report_error(&e, help);
    say_usage(name);
    return STATUS_USAGE;
}

static int
status_of(enum err_code code)
{
    switch (code) {
    case ERR_USAGE:
    case ERR_SYSTEM:
        return STATUS_USAGE;
    case ERR_BUG:
        return STATUS_BUG;
    default:
        return STATUS_FAILED;
    }
}

int
common_fail(const struct err *e, const char *help)
{
    if (e->code == ERR_BUG) {
        struct buf lines = BUF_INIT;
        if (help != NULL && help[0] != '\0') {
            buf_add_fmt(&lines, "%s\n", help);
        }
        buf_add_str(&lines, "this is a bug in cowbird " COWBIRD_VERSION
                            "; please report it with this line and the "
                            "output of 'cowbird doctor'");
        report_error(e, buf_text(&lines));
        buf_dispose(&lines);
    }
    else {
        report_error(e, help);
    }
    return status_of(e->code);
}

static int
read_color(const struct common *c, enum report_color *color, struct err *e)
{
    static const char *const names[] = {"auto", "always", "never", NULL};
    *color = COLOR_AUTO;
    for (int i = 0; c->color != NULL && names[i] != NULL; i++) {
        if (strcmp(c->color, names[i]) == 0) {
            *color = (enum report_color)i;
            return 0;
        }
    }
    if (c->color == NULL) {
        return 0;
    }
    return err_set(e, ERR_USAGE, "--color is auto, always or never, not '%s'",
                   c->color);
}

/* `run` alone speaks JSON in events: its stdout belongs to the app. */
static int
open_report(const struct common *c, const char *name, struct err *e)
{
    struct report_options o = {.level = c->quiet     ? REPORT_QUIET
                                        : c->verbose ? REPORT_VERBOSE
                                                     : REPORT_NORMAL};
    if (read_color(c, &o.color, e) < 0) {
        return -1;
    }
    bool is_run = strcmp(name, "run") == 0;
    if (is_run && c->json != NULL) {
        o.json_path = c->json[0] == '\0' ? "-" : c->json;
    }
    if (!is_run && c->json != NULL && c->json[0] != '\0') {
        return err_set(e, ERR_USAGE,
                       "--json=%s is for 'cowbird run'; here --json writes "
                       "to stdout",
                       c->json);
    }
    return report_init(&o, e);
}

static bool
asks_long(const struct start *s)
{
    for (size_t i = 0; i < s->count && strcmp(s->argv[i], "--") != 0; i++) {
        if (strcmp(s->argv[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

static int
refuse_words(const char *name, const struct opt_rest *rest)
{
    if (rest->words.count > 0) {
        return common_misuse(name, NULL, "'%s' takes no word '%s'", name,
                             rest->words.items[0]);
    }
    if (rest->has_dashes) {
        return common_misuse(name, NULL, "'%s' takes no '--'", name);
    }
    return STATUS_DONE;
}

/* A command that starts an app needs one: STATUS_DONE when it has. */
static int
check_app(const struct start *s, const struct opt_rest *rest)
{
    if (rest->words.count == 0) {
        return rest->command.count > 0
                   ? STATUS_DONE
                   : common_misuse(s->name, NULL,
                                   "no app and no command to run");
    }
    const char *app = rest->words.items[0];
    if (path_is_file(app) || path_is_dir(app)) {
        return STATUS_DONE;
    }
    struct buf help = BUF_INIT;
    char *script = mem_format("%s.py", app);
    char *program = path_which(app);
    if (path_is_file(script)) {
        buf_add_fmt(&help, "did you mean '%s'?", script);
    }
    else if (program != NULL && !rest->has_dashes) {
        opt_hint_dashes(s->table, s->count, s->argv, &help);
    }
    int status = common_misuse(s->name, buf_text(&help), "no such app: %s",
                               app);
    free(program);
    free(script);
    buf_dispose(&help);
    return status;
}

static int
load_config(struct config *config, const struct common *c, struct err *e)
{
    char *dir = getcwd(NULL, 0);
    if (dir == NULL) {
        return err_set(e, ERR_SYSTEM, "finding the working directory:");
    }
    int loaded = config_load(config, &c->flags, dir, e);
    free(dir);
    if (loaded < 0) {
        return -1;
    }
    report_set_root(config->root);
    for (size_t i = 0; i < config->warnings.count; i++) {
        report_warning("%s", config->warnings.items[i]);
    }
    return 0;
}

/* What comes after the options were read; the exit status, or -1 to go on.
 * Words are looked at before the configuration: a mistyped command says so
 * and nothing else. */
static int
settle(const struct start *s, const struct opt_rest *words, bool takes_words,
       struct config *config)
{
    if (s->c->wants_help) {
        help_show(find_command(s->name), s->table, asks_long(s));
        return STATUS_DONE;
    }
    struct err e = ERR_INIT;
    if (open_report(s->c, s->name, &e) < 0) {
        return common_fail(&e, NULL);
    }
    int refused = STATUS_DONE;
    if (!takes_words) {
        refused = refuse_words(s->name, words);
    }
    else if (s->style == OPT_AROUND_APP) {
        refused = check_app(s, words);
    }
    if (refused != STATUS_DONE) {
        return refused;
    }
    if (config != NULL && load_config(config, s->c, &e) < 0) {
        return common_fail(&e, NULL);
    }
    return -1;
}

bool
common_begin(struct common *c, const char *name, const struct opt *table,
             enum opt_style style, size_t count, char **argv,
             struct opt_rest *rest, struct config *config, int *status)
{
    const struct start s = {c, name, table, style, count, argv};
    struct opt_rest own;
    struct opt_rest *words = rest == NULL ? &own : rest;
    struct buf help = BUF_INIT;
    struct err e = ERR_INIT;
    if (config != NULL) {
        *config = (struct config){.root = NULL};
    }
    if (opt_parse(table, style, count, argv, words, &help, &e) < 0) {
        struct err ignored;
        /* Colours and JSON as asked for in the words before the bad one. */
        (void)open_report(c, name, &ignored);
        *status = common_misuse(name, buf_text(&help), "%s", e.text);
    }
    else {
        *status = settle(&s, words, rest != NULL, config);
    }
    buf_dispose(&help);
    if (rest == NULL || *status >= 0) {
        opt_rest_dispose(words);
    }
    if (*status >= 0) {
        common_end(c, NULL, config);
        return false;
    }
    return true;
}

void
common_end(struct common *c, struct opt_rest *rest, struct config *config)
{
    if (c != NULL) {
        list_dispose(&c->flags.compile_paths);
    }
    if (rest != NULL) {
        opt_rest_dispose(rest);
    }
    if (config != NULL) {
        report_set_root(NULL);
        config_dispose(config);
    }
}
