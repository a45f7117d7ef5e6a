/* pyname: see pyname.h. */
#include "pyname.h"

#include <stddef.h>
#include <string.h>

bool
pyname_is_keyword(const char *name)
{
    static const char *const words[] = {
        "False",  "None",     "True",   "and",    "as",       "assert",
        "async",  "await",    "break",  "class",  "continue", "def",
        "del",    "elif",     "else",   "except", "finally",  "for",
        "from",   "global",   "if",     "import", "in",       "is",
        "lambda", "nonlocal", "not",    "or",     "pass",     "raise",
        "return", "try",      "while",  "with",   "yield",    NULL,
    };
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(name, words[i]) == 0) {
            return true;
        }
    }
    return false;
}
