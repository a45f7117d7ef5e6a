/* pyfunc: a Python function as its source shows it: parameters, annotations,
 * defaults, docstring, text.
 *
 * Read by the project's own Python from the syntax tree: the user's file is
 * never imported. Borrowed by nobody; one thread owns a pyfunc.
 */
#ifndef COWBIRD_PYFUNC_H
#define COWBIRD_PYFUNC_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

struct python;

enum pydefault_kind {
    PYDEFAULT_NONE, /* the parameter must be given */
    PYDEFAULT_NUMBER,
    PYDEFAULT_BOOL,
    PYDEFAULT_TEXT,
    PYDEFAULT_NULL, /* None */
    PYDEFAULT_OTHER,
};

struct pyparam {
    char *name;
    char *annotation; /* "list[float]", as Python unparses it; "" for none */
    enum pydefault_kind kind;
    char *value;      /* the default: "3", "True", the text itself */
    char *shown;      /* the default as written */
    bool is_by_place; /* stands before a '/' */
    bool is_by_name;  /* stands behind a '*' */
};

struct pyfunc {
    char *path;   /* as the user wrote it */
    char *name;
    char *returns; /* annotation, "" for none */
    char *doc;     /* "" for none */
    struct list lines; /* its source, dedented, without decorators */
    struct pyparam *parameters;
    size_t count;
    int line;
    bool is_async;
    bool has_rest; /* takes *args or **keywords */
};

#define PYFUNC_INIT {.path = NULL}

/* Reads `what` ("app.py:mean"). ERR_USAGE names the file, and the functions
 * that are there when `what` names another; `help` gets what would work. */
int pyfunc_read(struct pyfunc *f, const char *what, const struct python *p,
                struct buf *help, struct err *e);
void pyfunc_dispose(struct pyfunc *f);

#endif
