/* template: the C modules that `new` can write, each a folder below the
 * package's templates/ with the file and three lines about it.
 *
 * Reads only; scaffold writes. Main thread only.
 */
#ifndef COWBIRD_TEMPLATE_H
#define COWBIRD_TEMPLATE_H

#include <stddef.h>

#include "wire/buf.h"
#include "wire/err.h"

struct template {
    char *name;    /* "plain" */
    char *summary; /* one line for --list */
    char *holds;   /* "one function: total(list) -> float" */
    char *use;     /* names to import: "hit, hits" */
    char *text;    /* module.c with its @NAME@ and @MODULE@ */
};

struct template_list {
    struct template *items; /* "plain", the default, first; then by name */
    size_t count;
};

#define TEMPLATE_LIST_INIT {NULL, 0}

/* `folder` is the package's templates/. */
int template_list_read(struct template_list *l, const char *folder,
                       struct err *e);
/* NULL when there is none. Borrowed. */
const struct template *template_find(const struct template_list *l,
                                     const char *name);
/* The name that `wrong` most likely meant, or NULL. Borrowed. */
const char *template_near(const struct template_list *l, const char *wrong);
/* A place in a text that something else belongs in: "@NAME@". */
struct template_mark {
    const char *mark;
    const char *value;
};

/* `text` with its marks filled in; `marks` ends with a mark of NULL. */
void template_fill_in(const char *text, const struct template_mark *marks,
                      struct buf *out);
void template_list_dispose(struct template_list *l);

#endif
