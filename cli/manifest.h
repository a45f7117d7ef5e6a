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
void manifest_add_module(struct buf *b, const char *name, const char *stem,
                         uint64_t generation, const char *image,
                         const char *origin, const char *source);
void manifest_add_failed(struct buf *b, const char *name,
                         const char *diagnostics, const char *source);
/* Replaces `dir`/manifest.<soabi>. */
int manifest_write(const struct buf *b, const char *dir, const char *soabi,
                   struct err *e);

#endif
