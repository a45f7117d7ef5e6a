/* database: a project's compile_commands.json, which tells clangd and other
 * editors' helpers how a file is compiled.
 *
 * Merges entries into what is there: entries of other tools keep their bytes
 * and their order. A file that is no valid database is left alone. Never
 * speaks. Main thread only.
 */
#ifndef COWBIRD_DATABASE_H
#define COWBIRD_DATABASE_H

#include <stddef.h>

#include "list.h"
#include "wire/err.h"

struct database_entry {
    const char *directory; /* absolute; where the command runs. Borrowed */
    const char *file;      /* as seen from `directory`. Borrowed */
    struct list arguments; /* the command, `file` among it */
};

enum database_result {
    DATABASE_SAME,    /* nothing was to be done, nothing was written */
    DATABASE_CREATED, /* there was no such file */
    DATABASE_UPDATED,
};

/* Merges `count` entries into the file at `path` (through a link, when it is
 * one). An entry of ours for the same file is replaced; one that a build
 * system wrote for it stays and ours is not added. ERR_USAGE: what is there
 * is no database, the sentence names file, line and column. ERR_SYSTEM: it
 * cannot be read or written. */
int database_merge(const char *path, const struct database_entry *entries,
                   size_t count, enum database_result *result,
                   struct err *e);

#endif
