/* extensions: the extension modules that existing projects at the compile
 * paths declare themselves, in setup.py or [tool.setuptools].
 *
 * What they are, a child of the app's Python says (runtime/extensions.py): it
 * runs setup.py up to its call of setup(), follows a build_ext of the
 * project's (runtime/build_command.py) and builds nothing. The answer is
 * kept in the cache under the content of the project's files. Blocks its
 * caller for as long as the child runs, at most EXTENSIONS_MS.
 */
#ifndef COWBIRD_EXTENSIONS_H
#define COWBIRD_EXTENSIONS_H

#include <stdbool.h>

#include "config.h"
#include "digest.h"
#include "list.h"

/* Long enough for a setup.py that imports numpy on a cold disk. */
#define EXTENSIONS_MS 20000

struct python;

struct extensions {
    struct config_module *modules; /* every path in them absolute */
    size_t module_count;
    struct list files;    /* what decided them, there or not */
    struct list warnings; /* why a project's are left out */
    struct digest key;    /* of all projects' files at the last read */
};

#define EXTENSIONS_INIT {.modules = NULL}

/* Reads what the projects at the compile paths and at the configuration's
 * root declare. What cannot be read is a warning; the rest is there. Nothing
 * runs while no project's files have changed since the last read of `x`. */
void extensions_read(struct extensions *x, const struct config *c,
                     const struct python *p);
/* Whether a save of `path` may change what is declared. */
bool extensions_has_file(const struct extensions *x, const char *path);
/* The names of the C files in the folders that its sources are in: a setup.py
 * may take all that there are. */
void extensions_add_names(struct digest_state *s, const struct extensions *x);
void extensions_dispose(struct extensions *x);

#endif
