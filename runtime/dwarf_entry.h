/* dwarf_entry: one entry of the debug information, read. What dwarf.c and
 * dwarf_skip.c, _types.c and _words.c say to each other; nobody else includes
 * this.
 */
#ifndef COWBIRD_DWARF_ENTRY_H
#define COWBIRD_DWARF_ENTRY_H

#include "dwarf.h"

/* DWARF 5, sections 7.5.3 and 7.8: the few that matter here. */
enum {
    TAG_ARRAY = 0x01,
    TAG_CLASS = 0x02,
    TAG_ENUM = 0x04,
    TAG_MEMBER = 0x0d,
    TAG_POINTER = 0x0f,
    TAG_REFERENCE = 0x10,
    TAG_UNIT = 0x11,
    TAG_STRUCT = 0x13,
    TAG_SUBROUTINE = 0x15,
    TAG_TYPEDEF = 0x16,
    TAG_UNION = 0x17,
    TAG_INHERITANCE = 0x1c,
    TAG_SUBRANGE = 0x21,
    TAG_BASE = 0x24,
    TAG_CONST = 0x26,
    TAG_SUBPROGRAM = 0x2e,
    TAG_TEMPLATE_TYPE = 0x2f,
    TAG_VARIABLE = 0x34,
    TAG_VOLATILE = 0x35,
    TAG_RESTRICT = 0x37,
    TAG_RVALUE = 0x42,
    TAG_ATOMIC = 0x47
};

enum {
    ENCODING_BOOLEAN = 2,
    ENCODING_FLOAT = 4,
    ENCODING_SIGNED = 5,
    ENCODING_SIGNED_CHAR = 6,
    ENCODING_UNSIGNED = 7,
    ENCODING_UNSIGNED_CHAR = 8
};

struct dwarf_entry {
    uint64_t offset; /* of .debug_info */
    unsigned tag;    /* 0: the end of a list of children */
    bool has_children;
    const char *name;   /* or NULL */
    const char *linkage; /* the linker's name, where it is another, or NULL */
    const char *producer; /* of a unit */
    uint64_t type;      /* offset of another; 0: none */
    uint64_t origin;    /* that this one adds to; 0: none */
    uint64_t size;      /* bytes */
    uint64_t place;     /* of a member, bytes */
    uint64_t bit_size, bit_place;
    uint64_t count;     /* of a subrange … */
    bool has_count;     /* … where it is known */
    unsigned encoding;
    unsigned line, file;
    bool is_declaration;
    bool is_virtual;
    bool has_address;
    bool is_of_thread; /* `address` is an offset, see dwarf.h */
    uintptr_t address;
    uint64_t str_base, addr_base; /* of a unit */
};

/* Forms that stand in no entry. */
enum { DWARF_FLAG_PRESENT = 0x19, DWARF_IMPLICIT_CONST = 0x21 };
enum { DWARF_REF4 = 0x13 };
enum { DWARF_SIBLING = 0x01 }; /* an attribute */

/* A number of its own length, without a sign. */
uint64_t dwarf_leb(struct dwarf_span *in, bool *is_bad);
/* Bytes of a form that is always as long in this unit; 0: it is not. */
size_t dwarf_form_size(const struct dwarf_unit *u, uint64_t form);
/* Reads the entry at `offset` and returns where the next one stands, or 0 when
 * the file is broken there. */
uint64_t dwarf_entry_read(const struct dwarf *d, const struct dwarf_unit *u,
                          uint64_t offset, struct dwarf_entry *e);
/* The unit that `offset` lies in, or NULL. */
const struct dwarf_unit *dwarf_unit_of(const struct dwarf *d,
                                       uint64_t offset);

/* Of what dwarf_types.c and dwarf_words.c both ask: */

typedef void dwarf_child_fn(void *data, const struct dwarf_entry *child);

/* The type itself, without typedefs and qualifiers; false: void. */
bool dwarf_strip(const struct dwarf *d, uint64_t type, struct dwarf_entry *e);
/* The children of `e` that are of one tag and no declarations, or all (0). */
void dwarf_children(const struct dwarf *d, const struct dwarf_entry *e,
                    unsigned tag, dwarf_child_fn *each, void *data);
/* tcc calls what has no name "L.12": "" for that. */
const char *dwarf_real_name(const char *name);
/* An encoding; a character is a number. */
unsigned dwarf_kind(const struct dwarf_entry *e);

#endif
