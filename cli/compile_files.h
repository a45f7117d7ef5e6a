/* compile_files: the files behind a compile: which are the project's, which
 * the system's, and what tells whether they changed: content for the first,
 * size and times for the second. Private to compile_key, kept_object,
 * kept_start and warm.
 */
#ifndef COWBIRD_COMPILE_FILES_H
#define COWBIRD_COMPILE_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "digest.h"
#include "includes.h"
#include "list.h"

struct job;

/* The digest of a file as it is now; zeros when it is not there. */
struct digest files_content(const char *path);
/* Appends the project's headers by the text of the job's sources, and the
 * places where one that appeared would be found first. */
void files_find(const struct job *j, struct list *headers);
/* Sorts what a compiler read, without the job's own sources. */
void files_sort(const struct job *j, const struct list *files,
                struct list *project, struct list *system);
/* Adds name, size and time of each, as they were at `since_ns` (clock.h) or
 * later: what was looked at since is not looked at again. */
void files_add_facts(struct digest_state *s, const struct list *files,
                     int64_t since_ns);
/* Whether the file is there and nothing was done to it since. */
bool files_is_older(const char *path, const struct timespec *than);

#endif
