/* supplied: names that an artefact may ask for, known to be had.
 *
 * To find them takes opening Python's library and each that it loads. What
 * waits for a module's saves keeps them in memory that its forks share: the
 * next save asks for the same. Names are only ever added, so they are those of
 * Python and of what it loads, never those of a module's own libraries.
 */
#ifndef COWBIRD_SUPPLIED_H
#define COWBIRD_SUPPLIED_H

#include <stdbool.h>

#include "list.h"

struct supplied;

/* For the forks of the process that calls it, empty; never unmapped. NULL
 * when there is no memory: nothing is known then. */
struct supplied *supplied_new(void);
/* Whether each of `names` has been added before, by any fork. */
bool supplied_has(const struct supplied *s, const struct list *names);
/* Adds those that it has not, as far as there is room; not while another fork
 * does. */
void supplied_add(struct supplied *s, const struct list *names);

#endif
