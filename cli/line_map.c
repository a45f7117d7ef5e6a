/* line_map: see line_map.h. */
#include "line_map.h"

#include <stdlib.h>

#include "mem.h"

/* Of a part's numbers; half of them are never used. */
#define STEP (2 * LINE_MAP_LINES)
/* Lines are ints to compilers. */
#define MOST ((INT32_MAX - LINE_MAP_FIRST) / STEP)

uint32_t
line_map_add(struct line_map *m, size_t line, size_t count)
{
    if (m->count >= MOST || line >= LINE_MAP_LINES
        || count >= LINE_MAP_LINES)
    {
        return 0;
    }
    m->parts = mem_resize(m->parts, m->count + 1, sizeof(*m->parts));
    m->parts[m->count]
        = (struct line_map_part){(uint32_t)line, (uint32_t)count};
    return LINE_MAP_FIRST + (uint32_t)m->count++ * STEP;
}

bool
line_map_is_number(uint64_t line)
{
    return line >= LINE_MAP_FIRST && line <= INT32_MAX;
}

bool
line_map_find(const struct line_map *m, uint64_t line, uint64_t *found)
{
    *found = line;
    if (!line_map_is_number(line)) {
        return true;
    }
    uint64_t part = (line - LINE_MAP_FIRST) / STEP;
    uint64_t in = (line - LINE_MAP_FIRST) % STEP;
    if (part >= m->count || in >= m->parts[part].count) {
        return false;
    }
    *found = m->parts[part].line + in;
    return true;
}

void
line_map_dispose(struct line_map *m)
{
    free(m->parts);
    *m = (struct line_map){.parts = NULL};
}
