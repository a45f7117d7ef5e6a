/* common: the options that every command takes, and how a command begins and
 * ends: parse, set up report, load config.
 */
#ifndef COWBIRD_COMMON_H
#define COWBIRD_COMMON_H

#include "config.h"
#include "opt.h"
#include "report.h"

/* Targets of the shared rows of an option table. */
struct common {
    struct config_flags flags;
    const char *color; /* "auto", "always", "never" or NULL */
    const char *json;  /* NULL: absent; "" bare; else PATH or fd:N */
    bool verbose;
    bool quiet;
    bool wants_help;
};

#define COMMON_INIT {.flags = CONFIG_FLAGS_INIT}

/* Shared rows, to be placed in a command's table. */
#define COMMON_OPTIONS(c)                                                     \
    {OPT_STRING, "cc", NULL, 0, &(c).flags.cc, "CC",                          \
     "compiler: auto, tcc, gcc, clang or a path"},                            \
    {OPT_STRING, "python", NULL, 0, &(c).flags.python, "PATH",                \
     "interpreter to build for"},                                             \
    {OPT_NUMBER, "jobs", NULL, 'j', &(c).flags.jobs, "N",                     \
     "compile at most N modules at once"},                                    \
    {OPT_STRING, "color", NULL, 0, &(c).color, "WHEN",                        \
     "auto, always or never"},                                                \
    {OPT_MAYBE, "json", NULL, 0, &(c).json, "PATH",                           \
     "results as JSON; of run events, to PATH or fd:N"},                      \
    {OPT_FLAG, "verbose", NULL, 'v', &(c).verbose, NULL,                      \
     "say phases and reasons"},                                               \
    {OPT_FLAG, "quiet", NULL, 'q', &(c).quiet, NULL, "only errors"},          \
    {OPT_FLAG, "help", NULL, 'h', &(c).wants_help, NULL, "this text"}

#define COMPILE_PATH_OPTION(c)                                                \
    {OPT_LIST, "compile-path", "compile-c-path", 0,                           \
     &(c).flags.compile_paths, "DIR",                                         \
     "folder with native sources (repeatable)"}

#define NO_STUBS_OPTION(c)                                                    \
    {OPT_FLAG, "no-stubs", NULL, 0, &(c).flags.has_no_stubs, NULL,            \
     "write no .pyi and no compile_commands.json"}

/* A command's rhythm:
 *
 *     struct common c = COMMON_INIT;
 *     struct opt table[] = {…, COMMON_OPTIONS(c), OPT_END};
 *     if (!common_begin(&c, "build", table, OPT_ANYWHERE, count, argv, NULL,
 *                       &config, &status))
 *         return status;
 *     …
 *     common_end(&c, rest, &config);
 *
 * Parses, answers --help, sets up report and loads config (`config` NULL:
 * the command needs none). True: go on. False: `*status` is the exit
 * status. `name` is the command's own row in commands[]. `rest` NULL: the
 * command takes neither words nor `--`. */
bool common_begin(struct common *c, const char *name,
                  const struct opt *table, enum opt_style style,
                  size_t count, char **argv, struct opt_rest *rest,
                  struct config *config, int *status);
/* report_error and the exit status that belongs to e->code. */
int common_fail(const struct err *e, const char *help);

/* "error: <sentence>", "= help:" unless NULL and the command's usage line:
 * for a missing word, or one too many. Returns STATUS_USAGE. */
int common_misuse(const char *name, const char *help, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Frees what common_begin filled; each may be NULL. */
void common_end(struct common *c, struct opt_rest *rest,
                struct config *config);

#endif
