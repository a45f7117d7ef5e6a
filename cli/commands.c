/* commands: see commands.h. In the order of a project's life. */
#include "commands.h"

const struct command commands[] = {
    {"run", cmd_run, "Run the app with its C modules compiled",
     "run [OPTIONS] APP.py [ARGS...] | -- COMMAND..."},
    {"status", cmd_status, "Say which generation serves where",
     "status [--session ID]"},
    {"undo", cmd_undo, "Go back one generation of a module",
     "undo MODULE [--session ID]"},
    {"help", cmd_help, "Explain a command or a topic", "help [TOPIC]"},
    {"version", cmd_version, "Say which cowbird this is",
     "version [OPTIONS]"},
    {NULL, NULL, NULL, NULL},
};
