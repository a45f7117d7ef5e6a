/* pyi: the stub of a plain module: what type checkers and editors read in the
 * place of its C.
 *
 * Text only: where it comes to lie is pyi_file's. The types of parameters and
 * results are their ways' words (way.h, `annotate`). Runs where bindgen does.
 */
#ifndef COWBIRD_PYI_H
#define COWBIRD_PYI_H

#include <stddef.h>

#include "list.h"
#include "scan.h"
#include "wire/buf.h"

/* Raised whenever the same surface gives another stub. */
#define PYI_VERSION "4"

/* What the first line of every stub of ours begins with. */
#define PYI_MARK "# Written by cowbird "

/* Appends the first line: version, sources and their digests. */
void pyi_add_mark(struct buf *out, const struct list *sources);
/* Appends the rest, for surfaces that bindgen_write has bound. */
void pyi_write(struct buf *out, const struct surface *surfaces, size_t count);

#endif
