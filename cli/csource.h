/* csource: what a C or C++ file shows without compiling it: what it includes
 * and whether it defines a module's init function.
 *
 * Blind to comments, string literals and what stands under `#if 0`; both
 * sides of any other condition count. No disk, no state; any thread.
 */
#ifndef COWBIRD_CSOURCE_H
#define COWBIRD_CSOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"

struct csource {
    struct list includes; /* "\"name" or "<name": the mark tells how it is
                             searched; also from __has_include and #embed */
    bool has_computed;    /* an #include of a macro: its file is unknown */
    unsigned cowbird_line; /* of the first include of cowbird.h; 0: none */
    bool defines_init;     /* PyInit_<stem>, PyModExport_<stem>, or a macro
                              known to make one */
    char *other_init;      /* name of the first init function for another stem;
                              NULL: none, or defines_init */
};

/* `stem` may be NULL: only includes are wanted. */
void csource_read(struct csource *s, const char *text, size_t len,
                  const char *stem);
void csource_dispose(struct csource *s);

#endif
