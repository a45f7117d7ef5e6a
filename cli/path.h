/* path: names of files, as text. Touches the disk only where a function says
 * so. Results are on the heap and the caller's.
 */
#ifndef COWBIRD_PATH_H
#define COWBIRD_PATH_H

#include <stdbool.h>

#include "wire/err.h"

/* `name` alone when it is absolute. */
char *path_join(const char *dir, const char *name);
/* Borrowed: the part after the last slash. */
const char *path_base(const char *path);
/* Borrowed: ".c" with its dot, or "" (a leading dot is no suffix). */
const char *path_suffix(const char *path);
char *path_dir(const char *path);
/* Without folders and suffix. */
char *path_stem(const char *path);
/* Absolute, links and dots resolved as far as the path exists (the rest is
 * taken as it stands). Reads the disk. */
char *path_real(const char *path);
/* `path` as seen from `dir` when it lies below it, else `path`: for speech.
 * Borrowed from `path`. */
const char *path_below(const char *path, const char *dir);
bool path_is_below(const char *path, const char *dir);
bool path_is_dir(const char *path);
bool path_is_file(const char *path);
/* The folder and those above it, mode `mode` for those it makes. */
int path_make_dirs(const char *path, unsigned mode, struct err *e);
/* The file `program` on PATH, as execvp would find it; NULL when absent. A
 * name with a slash is taken as it is when it can be run. */
char *path_which(const char *program);

#endif
