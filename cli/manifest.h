/* manifest: the file that tells a Python which native modules there are and
 * what to load. Its form stands in ARCHITECTURE.md; runtime/hook.py reads it.
 */
#ifndef COWBIRD_MANIFEST_H
#define COWBIRD_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/buf.h"
#include "wire/err.h"

void manifest_start(struct buf *b, bool is_dev);
void manifest_add_guest(struct buf *b, const char *path);
struct manifest_module {
    const char *name, *stem, *image, *origin, *source;
    uint64_t generation;
    uint64_t shown;   /* the generation as people count it */
    const char *tier; /* "fast", "optimised" */
};
void manifest_add_module(struct buf *b, const struct manifest_module *m);
void manifest_add_failed(struct buf *b, const char *name,
                         const char *diagnostics, const char *source);
/* Replaces `dir`/manifest.<soabi>. */
int manifest_write(const struct buf *b, const char *dir, const char *soabi,
                   struct err *e);

#endif
