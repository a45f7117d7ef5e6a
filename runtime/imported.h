/* imported: whether this process has imported any of some Python files.
 *
 * Asked after a save of Python, by the agent, with the GIL.
 */
#ifndef COWBIRD_IMPORTED_H
#define COWBIRD_IMPORTED_H

#include <stdbool.h>
#include <stddef.h>

/* True as well where that cannot be known. Leaves no exception. */
bool imported_any(char *const *paths, size_t count);

#endif
