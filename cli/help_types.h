/* help_types: the topic `types`, written from the tables that scan and bindgen
 * read, so that it is never less true than they are. docs/TYPES.md is its
 * output. No disk; any thread.
 */
#ifndef COWBIRD_HELP_TYPES_H
#define COWBIRD_HELP_TYPES_H

#include "wire/buf.h"

/* Markdown that reads as text. */
void help_types_write(struct buf *out);

#endif
