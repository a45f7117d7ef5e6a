/* debuginfo: the debug information in an artefact's file, entry by entry.
 *
 * Reads what gcc, clang and tcc write (DWARF 2 to 5, not compressed, not
 * split); trusts no offset. Whatever it does not understand ends a unit: what
 * is not found is not known, never guessed. One thread owns a debug.
 */
#ifndef COWBIRD_WIRE_DEBUG_H
#define COWBIRD_WIRE_DEBUG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

enum debug_tag {
    DEBUG_ARRAY = 0x01,
    DEBUG_CLASS = 0x02,
    DEBUG_ENUM = 0x04,
    DEBUG_PARAMETER = 0x05,
    DEBUG_MEMBER = 0x0d,
    DEBUG_POINTER = 0x0f,
    DEBUG_STRUCT = 0x13,
    DEBUG_TYPEDEF = 0x16,
    DEBUG_UNION = 0x17,
    DEBUG_BASE_CLASS = 0x1c,
    DEBUG_SUBRANGE = 0x21,
    DEBUG_BASE_TYPE = 0x24,
    DEBUG_CONST = 0x26,
    DEBUG_FUNCTION = 0x2e,
    DEBUG_VARIABLE = 0x34,
    DEBUG_VOLATILE = 0x35,
    DEBUG_RESTRICT = 0x37,
    DEBUG_ATOMIC = 0x47
};

struct debug_bytes {
    const uint8_t *at;
    size_t len;
};

struct debug_unit {
    uint64_t start, first, end; /* in .debug_info; `first` its first entry */
    unsigned version, word, address; /* bytes of an offset, of an address */
    const uint8_t **abbrevs;         /* by code; owned */
    size_t abbrev_count;
    uint64_t strings_base; /* for names by number */
    uint64_t low;
};

struct debug {
    void *file; /* mapped */
    size_t file_len;
    struct debug_bytes info, abbrev, strings, line_strings, string_offsets;
    struct debug_bytes lines; /* debugline.h */
    struct debug_unit *units;
    size_t unit_count;
    bool is_unread; /* for want of memory or of a descriptor: it says nothing
                       of what is in the file, and outlives debug_close */
};

/* A number where it stands in the mapped file. */
struct debug_number {
    const uint8_t *at; /* NULL: there is none */
    size_t len;        /* bytes */
    bool is_leb;       /* of DWARF's own length */
    uint64_t value;
};

/* One entry; what it does not say is zero. */
struct debug_entry {
    const struct debug_unit *unit;
    uint64_t at, next; /* in .debug_info; `next` its first child, or sibling */
    uint64_t sibling;  /* 0: not told */
    unsigned tag;      /* 0: the end of a list of children */
    bool has_children;
    const char *name; /* borrowed from the file */
    uint64_t type;    /* the entry of its type; 0: none */
    uint64_t origin;  /* the entry that it is a copy of */
    uint64_t size, place;
    uint64_t bits, bit_place, bit_offset;
    bool has_size, has_place, has_bit_place, has_bit_offset, has_count;
    uint64_t count; /* of an array's items */
    uint64_t low, high;
    unsigned encoding;
    bool is_declaration;
    struct debug_number lines[2]; /* of its declaration, of a call */
};

/* -1 and `d` empty when the file has none. */
int debug_open(struct debug *d, const char *path, struct err *e);
/* The same without units, for debugline.h: nothing is allocated. -1 and `d`
 * empty when the file has no lines. */
int debug_open_lines(struct debug *d, const char *path);
/* False at the end of the unit, or where it cannot be understood. */
bool debug_read(const struct debug *d, const struct debug_unit *u,
                uint64_t at, struct debug_entry *entry);
/* The same by a reference alone. */
bool debug_at(const struct debug *d, uint64_t at, struct debug_entry *entry);
/* Steps over an entry's children: the place of what follows it, 0 when
 * unknown. */
uint64_t debug_after(const struct debug *d, const struct debug_entry *entry);
void debug_close(struct debug *d);

#endif
