/* file: whole files, read and replaced. Nothing here is ever seen half
 * written: a replacement appears by rename, with a new inode (but for
 * file_write_new).
 */
#ifndef COWBIRD_FILE_H
#define COWBIRD_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "wire/buf.h"
#include "wire/err.h"

/* Appends the file's bytes to `out`. Refuses what is no regular file. */
int file_read(const char *path, struct buf *out, struct err *e);
/* Writes a sibling and renames it over `path`; mode 0644 less the umask. */
int file_write(const char *path, const void *bytes, size_t len,
               struct err *e);
/* Writes a file that is new, in a folder that nobody else looks into yet: no
 * sibling, no rename. */
int file_write_new(const char *path, const void *bytes, size_t len,
                   struct err *e);
/* Copies the bytes of `from` to a fresh file at `to` (never the same inode),
 * by reflink or in the kernel where that works; the same rename. */
int file_copy(const char *from, const char *to, struct err *e);
/* When its content was last changed, in ns of the wall; 0: it is not there. */
int64_t file_changed_ns(const char *path);
/* Removes a folder and all below it; what is not there is no error. Never
 * follows links. Only for folders that cowbird made. */
int file_remove_tree(const char *path, struct err *e);

#endif
