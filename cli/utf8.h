/* utf8: bytes of unknown origin, made fit for a terminal.
 *
 * Source lines, file names and tracebacks come from outside and may hold
 * anything: invalid sequences, control characters, wide letters. Pure
 * functions of text; never touches a stream. Any thread.
 */
#ifndef COWBIRD_UTF8_H
#define COWBIRD_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/buf.h"

#define UTF8_BAD 0xfffdu /* what an invalid byte decodes to */

/* Decodes one code point from the `len` bytes (at least one) at `text`;
 * returns the bytes it took: 1 and UTF8_BAD for an invalid byte. */
size_t utf8_next(const char *text, size_t len, uint32_t *point);
/* Columns on a terminal: 0, 1 or 2. A control character counts as the one
 * column that utf8_add_clean gives it. */
int utf8_width(uint32_t point);
/* Columns of `len` bytes, a tab taken to the next multiple of eight of the
 * line that begins with them. */
size_t utf8_columns(const char *text, size_t len);
/* Appends one line of text without what could harm a terminal: control
 * characters and invalid bytes become '?', tabs become spaces. */
void utf8_add_clean(struct buf *out, const char *text, size_t len);
/* Appends `text` in ASCII: quotes, dashes and arrows by their look-alikes,
 * other letters as one '?' for each column. */
void utf8_add_ascii(struct buf *out, const char *text, size_t len);

#endif
