/* pieces: a C source cut into several that compile alone, each with some of
 * the functions and variables and all of the rest.
 *
 * What refers to one another stays in one piece; a small static function that
 * is only called, and keeps nothing, is in each piece that calls it. What a
 * piece has stands in the line and the column where the source has it; what
 * it has not is blank, so that no piece is longer than the source. Linked
 * together they are what the source is. Only sources are cut that include
 * headers of the C library, Python's and ours alone: what others hold (a
 * variable that each piece would get, a macro that acts on what follows) the
 * source's text does not show. That a name is needed where it is not is an
 * error of that piece's compile.
 *
 * No state; any thread.
 */
#ifndef COWBIRD_PIECES_H
#define COWBIRD_PIECES_H

#include <stddef.h>

#include "list.h"
#include "wire/buf.h"

struct pieces {
    struct buf *texts;
    size_t count;
    struct list names; /* that one of them defines */
    const char *why;   /* there are none, for speech; NULL: there are */
};

/* Cuts `text`; the first `fixed` bytes of it are in every piece. */
void pieces_cut(struct pieces *p, const char *text, size_t len, size_t fixed);
void pieces_dispose(struct pieces *p);

#endif
