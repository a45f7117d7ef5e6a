/* debugline: which line of which source an address was compiled from.
 *
 * Reads the line programs of an artefact's file (DWARF 2 to 5); trusts no
 * offset. What is not found is not known, never guessed. One thread owns a
 * debug.
 */
#ifndef COWBIRD_WIRE_DEBUGLINE_H
#define COWBIRD_WIRE_DEBUGLINE_H

#include <stdbool.h>
#include <stdint.h>

struct debug;

struct debug_place {
    char file[512]; /* as the compiler was given it, with its folder */
    unsigned line;
};

/* `address` as the file counts. */
bool debug_line(const struct debug *d, uint64_t address,
                struct debug_place *place);

#endif
