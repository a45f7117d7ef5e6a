/* compile_pieces: the first source of a module compiled in pieces (pieces.h),
 * several at a time, by a gcc or clang that has read its preamble; pieces that
 * are as they were at an earlier save are not compiled again. For the
 * optimised build behind what serves already.
 *
 * In a compile's child, beside cc_order. Where a compiler has anything to say
 * of a piece, or the objects show what the text did not (a name twice), the
 * source is compiled whole.
 */
#ifndef COWBIRD_COMPILE_PIECES_H
#define COWBIRD_COMPILE_PIECES_H

#include <stdbool.h>

struct job;
struct list;
struct piece_orders;
struct record;

/* Gives the pieces to what j->cc names; NULL: compile it whole. */
struct piece_orders *piece_orders_start(const struct job *j);
/* Waits for their end, once. True: all objects are there, `r` has what was
 * said and read. False: to be compiled whole. */
bool piece_orders_finish(struct piece_orders *o, const struct job *j,
                         struct record *r);
/* Puts the pieces' objects in the place of the source's in a linker's words.
 * `o` may be NULL. */
void piece_orders_place(const struct piece_orders *o, const struct job *j,
                        struct list *words);
/* Their objects are needed no more, or were compiled in vain; from now on
 * there is the source's alone. */
void piece_orders_end(struct piece_orders *o);

#endif
