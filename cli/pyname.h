/* pyname: what Python takes for a name.
 *
 * Constant data; any thread.
 */
#ifndef COWBIRD_PYNAME_H
#define COWBIRD_PYNAME_H

#include <stdbool.h>

/* Whether it can't be a name however it stands: soft keywords (match, type)
 * can (Lib/keyword.py of 3.9 to 3.13: kwlist). */
bool pyname_is_keyword(const char *name);

#endif
