/* pyi_text: the text of a stub as it grows, with the names that it defines and
 * those that it uses and so imports.
 *
 * Private to pyi and to what writes a part of a stub. No disk; any thread.
 */
#ifndef COWBIRD_PYI_TEXT_H
#define COWBIRD_PYI_TEXT_H

#include <stdbool.h>

#include "list.h"
#include "wire/buf.h"

struct pyi_text {
    struct buf body;     /* whoever writes a part appends to it */
    struct list defined; /* the module's own names; all are there before the
                            first type is added */
    struct list used;    /* of the names that pyi_add_type knows */
};

#define PYI_TEXT_INIT {.body = BUF_INIT}

/* Appends an annotation ("list[Buffer] | None"). Names of Python's types have
 * a row in pyi_text.c and are found even where the module has one that is
 * equal; its own are written "@store". */
void pyi_add_type(struct pyi_text *t, const char *text);
/* Appends a docstring whose lines begin with `margin`. */
void pyi_add_doc(struct buf *out, const char *margin, const char *text);
/* Appends the imports for what was used. */
void pyi_add_imports(const struct pyi_text *t, struct buf *out);
void pyi_text_dispose(struct pyi_text *t);

#endif
