/* mention_words: words by which a source means more than its text shows.
 * Private to mentions.
 */
#ifndef COWBIRD_MENTION_WORDS_H
#define COWBIRD_MENTION_WORDS_H

#include <stdbool.h>

#include "clex.h"

/* The next word, whatever stands ahead of it; empty at the end. */
struct clex_word mention_next_word(struct clex *l);
/* It reaches out of what it stands in. */
bool mention_reaches_out(const struct clex_word *w);
/* By it code knows the line that it stands in. */
bool mention_asks_line(const struct clex_word *w);
/* By it a function keeps something, or has an address that is its own. */
bool mention_keeps(const struct clex_word *w);
/* A literal that linkers do not join with an equal one. */
bool mention_is_apart(const struct clex_word *literal);
/* A type of what Python takes functions from. */
bool mention_is_table_type(const struct clex_word *w);
/* Behind #pragma: one that stands alone or in a function, and means for the
 * text behind it in every piece what it means in the source. */
bool mention_is_harmless_pragma(struct clex l);
/* Behind #include. Headers of the C library and of Python's and our own have
 * no variables that each source gets anew, nor macros that reach out; of
 * others only their text could tell, and what it includes. */
bool mention_is_known_header(struct clex l);

#endif
