/* object_piece: see object_piece.h. */
#include "object_piece.h"

#include <string.h>

#include "file.h"
#include "line_map.h"
#include "list.h"
#include "object.h"
#include "object_file.h"
#include "wire/buf.h"
#include "wire/debuginfo.h"
#include "wire/debugline.h"

struct settling {
    const struct line_map *map;
    const struct debug *debug;
    struct buf bytes; /* of the file, as it is to be */
};

/* -- what knows a line ---------------------------------------------------- */

static bool
has_number(const struct line_map *m, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i + sizeof(uint32_t) <= size; i++) {
        uint32_t number;
        uint64_t line;
        memcpy(&number, bytes + i, sizeof(number));
        if (line_map_is_number(number) && line_map_find(m, number, &line)) {
            return true;
        }
    }
    return false;
}

bool
object_piece_tells_lines(const struct object *f, const struct line_map *m)
{
    const Elf64_Shdr *s;
    bool tells = false;
    for (size_t i = 1; (s = object_section(f, i)) != NULL; i++) {
        if ((s->sh_flags & SHF_ALLOC) != 0 && s->sh_type != SHT_NOBITS
            && s->sh_offset <= f->size && s->sh_size <= f->size - s->sh_offset)
        {
            tells |= has_number(m, f->bytes + s->sh_offset, s->sh_size);
        }
    }
    return tells;
}

/* -- lines ---------------------------------------------------------------- */

/* In as many bytes as there were, which DWARF's own length allows. False: it
 * needs more. */
static bool
put_leb(uint8_t *to, size_t len, int64_t value)
{
    for (size_t i = 0; i < len; i++) {
        bool is_last = i + 1 == len;
        to[i] = (uint8_t)((value & 0x7f) | (is_last ? 0 : 0x80));
        bool is_negative = (value & 0x40) != 0;
        value >>= 7;
        if (is_last) {
            return value == (is_negative ? -1 : 0);
        }
    }
    return false;
}

/* Where the file has what `at` of the mapped one is. */
static uint8_t *
place_of(struct settling *s, const uint8_t *at)
{
    return (uint8_t *)s->bytes.data + (at - (const uint8_t *)s->debug->file);
}

static bool
put_number(struct settling *s, const struct debug_number *n)
{
    uint64_t line;
    if (n->at == NULL || !line_map_is_number(n->value)) {
        return true;
    }
    uint8_t *to = place_of(s, n->at);
    if (!line_map_find(s->map, n->value, &line)) {
        return false;
    }
    if (n->is_leb) {
        return put_leb(to, n->len, (int64_t)line);
    }
    memcpy(to, &line, n->len == 8 ? 8 : 4);
    return n->len == 4 || n->len == 8;
}

static bool
put_entries(struct settling *s)
{
    const struct debug *d = s->debug;
    uint64_t known = 0; /* of .debug_info, without a gap */
    bool is_good = true;
    for (size_t i = 0; is_good && i < d->unit_count; i++) {
        const struct debug_unit *u = &d->units[i];
        struct debug_entry y = {.next = u->first};
        is_good = u->start == known;
        while (is_good && y.next < u->end) {
            is_good = debug_read(d, u, y.next, &y)
                      && put_number(s, &y.lines[0])
                      && put_number(s, &y.lines[1]);
        }
        known = u->end;
    }
    return is_good && known == d->info.len;
}

static bool
put_way(void *data, const struct debug_way *way)
{
    struct settling *s = data;
    uint64_t from;
    uint64_t to;
    return line_map_find(s->map, way->from, &from)
           && line_map_find(s->map, way->to, &to)
           && put_leb(place_of(s, way->at), way->len, (int64_t)(to - from));
}

/* -- which debug information ---------------------------------------------- */

enum has { HAS_NONE, HAS_LINES, HAS_OTHER };

/* One section of each kind, whose bytes are what they say. */
static enum has
look(const struct object *f)
{
    static const char *const known[]
        = {".debug_info", ".debug_line", ".debug_abbrev", NULL};
    static const char *const other[]
        = {".debug_types", ".debug_macro", ".debug_macinfo", ".zdebug_",
           ".stab", ".gnu.debuglto", ".gnu.lto", NULL};
    size_t counts[3] = {0};
    const Elf64_Shdr *s;
    bool is_other = false;
    for (size_t i = 1; (s = object_section(f, i)) != NULL; i++) {
        const char *name = object_section_name(f, s);
        for (size_t k = 0; other[k] != NULL; k++) {
            is_other |= strncmp(name, other[k], strlen(other[k])) == 0;
        }
        for (size_t k = 0; known[k] != NULL; k++) {
            bool is_it = strcmp(name, known[k]) == 0;
            counts[k] += is_it;
            is_other |= is_it && (s->sh_flags & SHF_COMPRESSED) != 0;
        }
    }
    bool has_none = counts[0] == 0 && counts[1] == 0 && f->all_count > 0;
    bool has_each = counts[0] == 1 && counts[1] == 1 && counts[2] == 1;
    return is_other   ? HAS_OTHER
           : has_none ? HAS_NONE
           : has_each ? HAS_LINES
                      : HAS_OTHER;
}

static bool
put_lines(struct settling *s, const char *path)
{
    struct debug d;
    bool is_good = debug_open(&d, path, NULL) == 0;
    s->debug = &d;
    is_good = is_good && d.file_len == s->bytes.len && put_entries(s)
              && debug_line_ways(&d, put_way, s);
    debug_close(&d);
    return is_good;
}

/* -- names ---------------------------------------------------------------- */

static void
hide(struct settling *s, const struct object *f, const struct list *names)
{
    for (size_t i = 1; names->count > 0 && i < f->all_count; i++) {
        const Elf64_Sym *y = &f->all[i];
        const char *name = object_text(f->all_strings, f->all_strings_size,
                                       y->st_name);
        if (ELF64_ST_BIND(y->st_info) == STB_GLOBAL && list_has(names, name))
        {
            Elf64_Sym hidden = *y;
            hidden.st_other = (unsigned char)((y->st_other & ~3)
                                              | STV_HIDDEN);
            memcpy(s->bytes.data + ((const uint8_t *)y - f->bytes), &hidden,
                   sizeof(hidden));
        }
    }
}

bool
object_piece_settle(const char *path, const struct line_map *m,
                    const struct list *hidden)
{
    struct settling s = {.map = m};
    struct object *f = object_open(path, NULL);
    enum has has = f == NULL ? HAS_OTHER : look(f);
    bool is_good = has != HAS_OTHER && file_read(path, &s.bytes, NULL) == 0
                   && s.bytes.len == f->size
                   && (has == HAS_NONE || put_lines(&s, path));
    if (is_good) {
        hide(&s, f, hidden);
    }
    object_free(f);
    is_good = is_good
              && file_write(path, s.bytes.data, s.bytes.len, NULL) == 0;
    buf_dispose(&s.bytes);
    return is_good;
}
