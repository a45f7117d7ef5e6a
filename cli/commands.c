/* commands: see commands.h. In the order of a project's life. */
#include "commands.h"

const struct command commands[] = {
    {"new", cmd_new, "Write a C module and wire it into the app",
     "new NAME [--template T | --from APP.py:FUNCTION] [--dir DIR] [--force]"
     " | --list"},
    {"run", cmd_run, "Run the app with its C modules compiled",
     "run [OPTIONS] APP.py [ARGS...] | -- COMMAND..."},
    {"build", cmd_build, "Compile everything and stop", "build [OPTIONS]"},
    {"check", cmd_check, "Say what the compilers say, nothing else",
     "check [OPTIONS]"},
    {"status", cmd_status, "Say which generation serves where",
     "status [--session ID]"},
    {"undo", cmd_undo, "Go back one generation of a module",
     "undo MODULE [--session ID]"},
    {"demo", cmd_demo, "Show C changing in a running app, in seconds",
     "demo [--keep]"},
    {"cache", cmd_cache, "Look at the cache, or empty it",
     "cache info | clear"},
    {"doctor", cmd_doctor, "Check compilers, Python and limits",
     "doctor [OPTIONS] [-- COMMAND...]"},
    {"expand", cmd_expand, "Print the binding of a plain module",
     "expand [OPTIONS] FILE.c"},
    {"stubs", cmd_stubs, "Write .pyi files beside plain modules",
     "stubs [OPTIONS]"},
    {"help", cmd_help, "Explain a command or a topic", "help [TOPIC]"},
    {"version", cmd_version, "Say which cowbird this is",
     "version [OPTIONS]"},
    {NULL, NULL, NULL, NULL},
};
