/* python: which interpreter the app will run on, found by running it.
 *
 * pyenv's and other tools' `python3` are shell scripts, so nothing is read
 * from paths: the interpreter itself says what it is (once; the answer is
 * cached under the identity of the real executable). Never imports user
 * code. A struct python is owned by whoever made it.
 */
#ifndef COWBIRD_PYTHON_H
#define COWBIRD_PYTHON_H

#include <stdbool.h>

#include "list.h"
#include "wire/err.h"

struct python {
    char *asked;      /* what was run: "python3", ".venv/bin/python" */
    char *executable; /* sys.executable: absolute, a venv's own link */
    char *version;    /* "3.11.7" */
    int major, minor;
    char *soabi;      /* "cpython-311-x86_64-linux-gnu" */
    char *ext_suffix; /* ".cpython-311-x86_64-linux-gnu.so" */
    char *include;    /* folder of Python.h as sysconfig has it */
    char *platinclude;
    char *prefix, *base_prefix;
    char *stdlib;        /* sysconfig's stdlib folder */
    char *origin;        /* how it was chosen, for speech: ".venv",
                            "--python", "PATH" … */
    char *implementation; /* "cpython" */
    struct list libraries; /* absolute: what a started interpreter has
                              loaded, itself included; where a module's
                              undefined symbols can come from */
    bool has_headers;    /* include/Python.h is there */
    bool is_gil_enabled; /* false in a free-threaded build */
    bool is_debug;       /* Py_DEBUG */
};

/* DESIGN.md's order: `asked` (--python) if not NULL, else $VIRTUAL_ENV, else
 * `.venv` in `root`, else python3 on PATH. */
int python_find(struct python *p, const char *asked, const char *root,
                struct err *e);
/* For `-- COMMAND`: `asked`, else the interpreter in the #! line of the
 * script that `command` names on PATH when that is a Python (also through
 * env and through pyenv's shims), else as python_find. */
int python_find_for(struct python *p, const char *asked, const char *command,
                    const char *root, struct err *e);
/* Exactly this one (a guest's hello has named it). */
int python_probe(struct python *p, const char *executable, struct err *e);
/* Whether `name` is a module of the standard library of `p` (for `new`). */
int python_has_stdlib(const struct python *p, const char *name, bool *has,
                      struct err *e);
void python_dispose(struct python *p);

#endif
