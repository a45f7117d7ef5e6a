/* pieces: a C source cut into several that compile alone, each with some of
 * the functions and variables and all of the rest.
 *
 * What refers to one another stays in one piece; a small static function that
 * is only called, and keeps nothing, is in each piece that calls it; of one
 * that only a table of Python's mentions, the table's piece has a declaration
 * (both say `extern` where the source says `static`, so that the linker finds
 * it). What a piece has says numbers for its lines (line_map), so that it is
 * the same wherever it stands, unless it asks for its line. Linked together
 * they are what the source is. Only sources are cut that include headers of
 * the C library, Python's and ours alone: what others hold (a variable that
 * each piece would get, a macro that acts on what follows) the source's text
 * does not show. That a name is needed where it is not is an error of that
 * piece's compile.
 *
 * No state; any thread.
 */
#ifndef COWBIRD_PIECES_H
#define COWBIRD_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "line_map.h"
#include "list.h"
#include "wire/buf.h"

struct piece {
    struct buf text;
    struct line_map lines; /* none: it says lines itself */
};

struct pieces {
    struct piece *all;
    size_t count;
    struct list names;  /* that one of them defines, and alone knows */
    struct list parted; /* that one defines, and another has declared */
    const char *why;    /* there are none, for speech; NULL: there are */
};

struct mention_rules;

/* Cuts `text`; the first `fixed` bytes of it are in every piece. */
void pieces_cut(struct pieces *p, const char *text, size_t len, size_t fixed,
                const struct mention_rules *rules);
void pieces_dispose(struct pieces *p);

#endif
