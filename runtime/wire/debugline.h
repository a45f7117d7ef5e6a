/* debugline: which line of which source an address was compiled from.
 *
 * Reads the line programs of an artefact's file (DWARF 2 to 5); trusts no
 * offset. What is not found is not known, never guessed. One thread owns a
 * debug.
 */
#ifndef COWBIRD_WIRE_DEBUGLINE_H
#define COWBIRD_WIRE_DEBUGLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct debug;

struct debug_place {
    char file[512]; /* as the compiler was given it, with its folder */
    unsigned line;
};

/* `address` as the file counts. */
bool debug_line(const struct debug *d, uint64_t address,
                struct debug_place *place);

/* A number in the mapped file by which a program goes from line to line. */
struct debug_way {
    const uint8_t *at;
    size_t len;         /* bytes; it is a number of DWARF's own length */
    uint64_t from, to;  /* lines */
};

/* All of them, in the file's order; `each` says whether to go on. False when
 * it did not, or a program is not understood to its end. */
bool debug_line_ways(const struct debug *d,
                     bool (*each)(void *data, const struct debug_way *way),
                     void *data);

#endif
