/* buf: bytes that grow.
 *
 * The guest may not die of a failed allocation, so a buf remembers the
 * failure (`is_broken`) instead: every later append does nothing and the one
 * check at the end suffices. One thread owns a buf.
 */
#ifndef COWBIRD_WIRE_BUF_H
#define COWBIRD_WIRE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
    char *data;     /* NULL while empty; kept terminated by a NUL that `len`
                       does not count, so that text can be read in place */
    size_t len;     /* bytes in use */
    size_t cap;     /* bytes allocated */
    bool is_broken; /* an allocation failed: the content is not whole */
};

#define BUF_INIT {NULL, 0, 0, false}

/* Makes room for `extra` more bytes: they can then be added without fail.
 * False when out of memory; nothing is broken by that. */
bool buf_reserve(struct buf *b, size_t extra);
void buf_add(struct buf *b, const void *bytes, size_t len);
void buf_add_str(struct buf *b, const char *text);
void buf_add_fmt(struct buf *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops the first `len` bytes. */
void buf_consume(struct buf *b, size_t len);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);

/* Hands the terminated bytes to the caller, who frees them; the buf is empty
 * afterwards. NULL when broken; "" on the heap when nothing was added. */
char *buf_take(struct buf *b);

/* The text so far, never NULL. Borrowed until the next change. */
const char *buf_text(const struct buf *b);

void buf_dispose(struct buf *b);

#endif
