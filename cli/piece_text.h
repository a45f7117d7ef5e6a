/* piece_text: the text of one piece of a source (pieces.h), from its items.
 *
 * Directives are in it all, and what it has of items, each behind a #line.
 */
#ifndef COWBIRD_PIECE_TEXT_H
#define COWBIRD_PIECE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct items;
struct piece;

/* What a piece has of an item. */
enum piece_role {
    PIECE_NONE,
    PIECE_HAS,
    PIECE_GIVES, /* a static function, or its declaration, as extern */
    PIECE_NAMES, /* the same, without what the function does */
};

/* Fills an empty piece; the first `fixed` bytes of `text` are its beginning,
 * `roles` has one for each item behind. `is_numbered`: it says numbers for
 * its lines. False: the source is too long for that. */
bool piece_text_write(struct piece *p, const char *text, size_t fixed,
                      const struct items *s, const enum piece_role *roles,
                      bool is_numbered);

#endif
