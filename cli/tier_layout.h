/* tier_layout: whether two compilers' artefacts of one module agree on how
 * large things are and where their fields lie.
 *
 * Reads what both have written down (wire/layout.h): the structs, unions,
 * enums and typedefs that the sources name, their functions' signatures and
 * their variables. What only one of them has written down is not compared.
 * The bench's main thread; it speaks to nobody.
 */
#ifndef COWBIRD_TIER_LAYOUT_H
#define COWBIRD_TIER_LAYOUT_H

#include <stdbool.h>

struct build;

/* Why cc's build cannot take over from tcc's artefact of the same sources:
 * "struct point is 8 bytes by tcc and 5 by cc". On the heap; NULL when it
 * can. */
char *tier_layout_differs(const char *by_tcc, const struct build *by_cc);
/* Whether tcc's build may go live before cc has seen the sources: they ask
 * for no layout but the usual one, or the types that they name lie as in
 * `known` (may be NULL), of earlier sources, where cc has agreed. */
bool tier_layout_is_known(const char *known, const struct build *by_tcc);

#endif
