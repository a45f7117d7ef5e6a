/* kept_object: objects of single sources, or of a source's pieces, in the
 * cache, so that a save compiles what it changed alone. In a compile's child.
 */
#ifndef COWBIRD_KEPT_OBJECT_H
#define COWBIRD_KEPT_OBJECT_H

#include <stdbool.h>
#include <time.h>

#include "digest.h"
#include "list.h"

struct buf;
struct job;

struct kept_object {
    const char *source;      /* borrowed */
    struct digest content;   /* of the source */
    struct digest base;      /* of the words and the source */
    struct timespec started; /* the clock of file times */
    bool is_wanted;          /* the module has several objects */
};

/* `words` is the compiler's command but for where its output goes; `piece` is
 * what is compiled in the place of the source, NULL: the source itself. */
void kept_object_begin(struct kept_object *k, const struct job *j,
                       const char *source, const struct list *words,
                       const struct buf *piece);
/* Copies the object to `path`, appends the files it was made of and what the
 * compiler said. False: there is none. */
bool kept_object_take(const struct kept_object *k, const struct job *j,
                      const char *path, struct list *files,
                      struct buf *words);
/* Keeps what a good compile made, unless a file of it changed meanwhile. */
void kept_object_put(const struct kept_object *k, const struct job *j,
                     const char *path, const struct list *files,
                     const struct buf *words);

#endif
