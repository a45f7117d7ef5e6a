/* dwarf: what a compiler says of an artefact's variables and types, in the
 * file's debug information (DWARF 4 and 5, as gcc, clang and tcc write it).
 *
 * Only reads; a file that says nothing, or says it in a way that is not read
 * here (stabs, compressed, split), has no units. Layouts are compared by
 * digests: two types with one digest have the same fields of the same types
 * at the same places, through pointers too, whichever compiler said so. Any
 * thread.
 */
#ifndef COWBIRD_DWARF_H
#define COWBIRD_DWARF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sections;

struct dwarf_span {
    const unsigned char *at, *end;
};

/* What an abbreviation makes of an entry; see dwarf_skip.h. */
struct dwarf_shape {
    unsigned tag;
    bool has_children;
    size_t sibling; /* bytes from the entry's end back to the offset of what
                       comes behind the children; 0: it is not known */
    size_t first; /* of its steps in the unit's */
};

struct dwarf_unit {
    uint64_t start, first, end; /* of .debug_info: header, first entry, end */
    unsigned version;
    unsigned address_size, offset_size; /* bytes */
    uint64_t str_base, addr_base;       /* what short forms count from */
    uint64_t *abbrevs; /* of .debug_abbrev, by code; 0: not used. No pointers:
                          freed memory must not look like it held some */
    size_t abbrev_count;
    struct dwarf_shape *shapes; /* by code */
    unsigned char *steps;
};

struct dwarf {
    struct dwarf_span info, abbrev, str, line_str, str_offsets, addr;
    struct dwarf_unit *units;
    size_t unit_count;
};

struct dwarf_variable {
    const char *name;     /* borrowed from the file */
    const char *function; /* that it is a static variable of, or NULL */
    bool is_sure;         /* of `function`, be it NULL */
    bool has_address;     /* else the compiler has optimised it away, or … */
    bool is_of_thread;    /* … each thread has its own, `address` bytes from
                             where the file's begin */
    uintptr_t address;    /* before the loader's bias */
    uint64_t type;        /* for the questions below; 0: none */
};

/* Borrows the file; -1 only for a lack of memory. */
int dwarf_read(struct dwarf *d, const struct sections *s);
/* Every variable with static storage, in the order of the file; `each` says
 * whether to go on. */
void dwarf_variables(const struct dwarf *d,
                     bool (*each)(void *data,
                                  const struct dwarf_variable *v),
                     void *data);
uint64_t dwarf_digest(const struct dwarf *d, uint64_t type);
/* The type in C's words ("struct node *"), cut to fit. */
void dwarf_words(const struct dwarf *d, uint64_t type, char *words,
                 size_t size);
/* Whether it is an array, or nobody can tell. */
bool dwarf_may_be_array(const struct dwarf *d, uint64_t type);
/* Whether it is one of CPython's own structs, or an array of them. */
bool dwarf_is_python(const struct dwarf *d, uint64_t type);
/* The number of `size` bytes at `bytes`, in decimal; false: no number. */
bool dwarf_number(const struct dwarf *d, uint64_t type,
                  const unsigned char *bytes, size_t size, char *words,
                  size_t words_size);
void dwarf_dispose(struct dwarf *d);

#endif
