/* includes: the project's own headers behind some sources, by their text:
 * those that are there, and the places where one that appeared would be
 * found before them.
 *
 * A compiler lists what it read; only the second kind tells that an answer
 * of yesterday no longer holds. Reads files, writes nothing.
 */
#ifndef COWBIRD_INCLUDES_H
#define COWBIRD_INCLUDES_H

#include <stdbool.h>

#include "list.h"

struct include_search {
    const struct list *dirs;   /* -I folders in their order */
    const struct list *system; /* folders whose files are no project's */
};

/* Whether `path` lies in one of the system folders. */
bool includes_is_system(const struct include_search *s, const char *path);
/* Appends the project files that `sources` (absolute) reach, each once,
 * without the sources themselves. Those in `found` already are searched
 * too. */
void includes_collect(const struct include_search *s,
                      const struct list *sources, struct list *found);

#endif
