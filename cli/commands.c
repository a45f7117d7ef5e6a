/* commands: see commands.h. In the order of a project's life. */
#include "commands.h"

const struct command commands[] = {
    {"help", cmd_help, "Explain a command or a topic", "help [TOPIC]"},
    {"version", cmd_version, "Say which cowbird this is",
     "version [OPTIONS]"},
    {NULL, NULL, NULL, NULL},
};
