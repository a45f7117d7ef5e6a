/* line_map: numbers that stand for lines of a source while nobody knows yet
 * which lines those will be.
 *
 * Each part of a text has numbers of its own, far from any line, from any
 * other part's and from what code has for numbers; what is compiled from it
 * says the numbers, and stays the same wherever the part stands. No state
 * beside the map; one thread owns a map.
 */
#ifndef COWBIRD_LINE_MAP_H
#define COWBIRD_LINE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least number, and how many lines a part or a source may have: in DWARF
 * a way between two parts takes as many bytes as one between two lines, or
 * more. */
#define LINE_MAP_FIRST UINT32_C(0x5a500000)
#define LINE_MAP_LINES UINT32_C(0x8000)

struct line_map {
    struct line_map_part {
        uint32_t line; /* its first */
        uint32_t count;
    } *parts;
    size_t count;
};

/* The number of the first line of a part that stands at `line` now; 0: there
 * are too many parts, or it is too long. */
uint32_t line_map_add(struct line_map *m, size_t line, size_t count);
bool line_map_is_number(uint64_t line);
/* What a line is in the source: itself, when it is no number. False: a number
 * of no part. */
bool line_map_find(const struct line_map *m, uint64_t line, uint64_t *found);
void line_map_dispose(struct line_map *m);

#endif
