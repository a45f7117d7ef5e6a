/* object_piece: an object that was compiled from a piece of a source
 * (pieces.h) becomes a part of the source's.
 *
 * Its debug information says numbers of a line_map where lines belong, and
 * functions that another piece has by name alone are seen by everybody. Both
 * are changed in place, byte for byte. Reads DWARF 2 to 5 as gcc and clang
 * write it into objects, and gives up on what it does not know.
 */
#ifndef COWBIRD_OBJECT_PIECE_H
#define COWBIRD_OBJECT_PIECE_H

#include <stdbool.h>

struct line_map;
struct list;
struct object;

/* Whether its code or its data knows a line's number: it says where it
 * stands. */
bool object_piece_tells_lines(const struct object *f,
                              const struct line_map *m);
/* Puts lines in the place of numbers, and hides what is named `hidden` from
 * all but the file that it is linked into. False: it is as it was. */
bool object_piece_settle(const char *path, const struct line_map *m,
                         const struct list *hidden);

#endif
