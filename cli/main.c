/* main: from the words on the command line to the command they mean. The flat
 * spellings (`cowbird app.py --compile-c-path=.`) are turned into commands
 * here and nowhere else.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "common.h"
#include "help.h"
#include "mem.h"
#include "path.h"

static const struct command *
find(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

/* Before the command is known its option table is not either: these are the
 * ones whose value may stand in the next word. */
static bool
takes_next(const char *word)
{
    static const char *const names[] = {
        "--cc",    "--compile-path", "--compile-c-path", "--color",
        "--jobs",  "--py-reload",    "--python",         "-j",
        "--dir",   "--template",     "--session",       "-d",
        "-t",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        if (strcmp(word, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The words with the one at `index` left out: the command's name. */
static int
call(const struct command *c, size_t count, char **argv, size_t index)
{
    char **words = mem_resize(NULL, count, sizeof(*words));
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (i != index) {
            words[kept++] = argv[i];
        }
    }
    int status = c->run(kept, words);
    free(words);
    return status;
}

/* `--create-c-file NAME` and `--create-c-file=NAME` anywhere before `--` mean
 * `new NAME`; -1 when they are not there. */
static int
try_create(size_t count, char **argv)
{
    static const char flat[] = "--create-c-file";
    size_t len = sizeof(flat) - 1;
    const struct command *c = find("new");
    for (size_t i = 0; i < count && strcmp(argv[i], "--") != 0; i++) {
        if (c == NULL || strncmp(argv[i], flat, len) != 0
            || (argv[i][len] != '\0' && argv[i][len] != '='))
        {
            continue;
        }
        if (argv[i][len] == '\0') {
            return call(c, count, argv, i);
        }
        argv[i] += len + 1;
        return call(c, count, argv, count);
    }
    return -1;
}

/* What the words ask for when the first one is an option or APP.py: a
 * command further on, or `run`. NULL: neither. `*index` is its place. */
static const struct command *
look_ahead(size_t count, char **argv, size_t *index)
{
    for (size_t i = 0; i < count; i++) {
        if (argv[i][0] == '-' && strcmp(argv[i], "--") != 0) {
            i += takes_next(argv[i]);
            continue;
        }
        *index = i;
        if (strcmp(argv[i], "--") == 0
            || strcmp(path_suffix(argv[i]), ".py") == 0)
        {
            *index = count; /* all words are run's */
            return find("run");
        }
        return find(argv[i]);
    }
    *index = count;
    return NULL;
}

/* The words that may stand first without being a command. */
static const char *const flat_words[] = {
    "--dev",     "--compile-path", "--compile-c-path", "--create-c-file",
    "--version", "--help",         "--cc",             "--python",
    "--jobs",    "--py-reload",    "--json",           NULL,
};

/* What a word that is neither command nor option most likely meant, on the
 * heap. */
static char *
guess_meaning(const char *word)
{
    const char **names = NULL;
    size_t count = 0;
    for (const struct command *c = commands; c->name != NULL; c++) {
        names = mem_resize(names, count + 2, sizeof(*names));
        names[count++] = c->name;
        names[count] = NULL;
    }
    const char *near = opt_near(word, word[0] == '-' ? flat_words : names);
    char *script = mem_format("%s.py", word);
    char *program = path_which(word);
    char *guess = NULL;
    if (near != NULL) {
        guess = mem_format("did you mean '%s'?", near);
    }
    else if (path_is_file(script)) {
        guess = mem_format("did you mean '%s'?", script);
    }
    else if (program != NULL) {
        guess = mem_format("to run it with its C modules compiled: cowbird "
                           "run -- %s",
                           word);
    }
    else {
        guess = mem_copy_str("'cowbird help' lists the commands");
    }
    free(names);
    free(script);
    free(program);
    return guess;
}

static int
refuse_word(const char *word)
{
    char *guess = guess_meaning(word);
    struct err e = ERR_INIT;
    err_set(&e, ERR_USAGE, "unknown %s '%s'",
            word[0] == '-' ? "option" : "command", word);
    report_error(&e, guess);
    report_text(false, "Usage: cowbird <command> [options]\n");
    free(guess);
    return STATUS_USAGE;
}

/* An option of ours, but nothing to run: `run` knows what to say. */
static bool
is_runs(const char *word)
{
    size_t len = strcspn(word, "=");
    for (size_t i = 0; flat_words[i] != NULL; i++) {
        if (strncmp(flat_words[i], word, len) == 0
            && flat_words[i][len] == '\0')
        {
            return true;
        }
    }
    return false;
}

static bool
is_either(const char *word, const char *a, const char *b)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0;
}

static int
dispatch(size_t count, char **argv)
{
    if (count == 0 || strcmp(argv[0], "-h") == 0) {
        help_first_screen();
        return STATUS_DONE;
    }
    const struct command *c = find(argv[0]);
    if (c != NULL) {
        return call(c, count, argv, 0);
    }
    int status = try_create(count, argv);
    if (status >= 0) {
        return status;
    }
    size_t index = 0;
    c = look_ahead(count, argv, &index);
    if (c != NULL) {
        return call(c, count, argv, index);
    }
    if (is_either(argv[0], "--version", "-V")) {
        return call(find("version"), count, argv, 0);
    }
    if (strcmp(argv[0], "--help") == 0) {
        return call(find("help"), count, argv, 0);
    }
    if (is_runs(argv[0]) && index == count && find("run") != NULL) {
        return call(find("run"), count, argv, count);
    }
    bool is_known = is_runs(argv[0]) && index < count;
    return refuse_word(argv[is_known ? index : 0]);
}

/* Writing to a pipe that nobody reads must not kill us. A handler rather than
 * SIG_IGN, because exec resets it: the app starts with what we were given. */
static void
on_broken_pipe(int signal_number)
{
    (void)signal_number;
}

int
main(int argc, char **argv)
{
    struct sigaction given;
    signal(SIGCHLD, SIG_DFL); /* ignored, it would hide how children end */
    sigaction(SIGPIPE, NULL, &given);
    if (given.sa_handler == SIG_DFL) {
        struct sigaction action = {.sa_handler = on_broken_pipe,
                                   .sa_flags = SA_RESTART};
        sigaction(SIGPIPE, &action, NULL);
    }
    size_t count = argc > 1 ? (size_t)argc - 1 : 0;
    int status = dispatch(count, argv + (argc > 0));
    report_dispose();
    return status;
}
