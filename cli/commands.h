/* commands: what `cowbird` can be told, one row each. A new command is a row
 * here, a file cmd_<name>.c and a screen in tests/screens.
 */
#ifndef COWBIRD_COMMANDS_H
#define COWBIRD_COMMANDS_H

#include <stddef.h>

enum status {
    STATUS_DONE = 0,
    STATUS_FAILED = 1,  /* the user's code did not build, a check failed */
    STATUS_USAGE = 2,   /* wrong usage or configuration */
    STATUS_BUG = 101,   /* ours */
};

/* `argv` holds the words after the command's own, `count` of them. Returns
 * the program's exit status. */
typedef int (*command_fn)(size_t count, char **argv);

struct command {
    const char *name;
    command_fn run;
    const char *summary; /* one line for the first screen */
    const char *usage;   /* "run [OPTIONS] APP.py [ARGS...] | -- COMMAND..." */
};

extern const struct command commands[]; /* ends with a NULL name */

int cmd_bench(size_t count, char **argv);
int cmd_build(size_t count, char **argv);
int cmd_cache(size_t count, char **argv);
int cmd_check(size_t count, char **argv);
int cmd_demo(size_t count, char **argv);
int cmd_doctor(size_t count, char **argv);
int cmd_expand(size_t count, char **argv);
int cmd_help(size_t count, char **argv);
int cmd_new(size_t count, char **argv);
int cmd_restart(size_t count, char **argv);
int cmd_run(size_t count, char **argv);
int cmd_status(size_t count, char **argv);
int cmd_stubs(size_t count, char **argv);
int cmd_undo(size_t count, char **argv);
int cmd_version(size_t count, char **argv);

#endif
