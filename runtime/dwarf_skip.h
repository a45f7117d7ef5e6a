/* dwarf_skip: over entries of the debug information without reading them.
 *
 * What a compiler says of Python.h's types is thousands of entries, of which
 * variables and functions are wanted. How many bytes an entry takes follows
 * from its abbreviation, so each is looked at once per file. Any thread.
 */
#ifndef COWBIRD_DWARF_SKIP_H
#define COWBIRD_DWARF_SKIP_H

#include <stdbool.h>
#include <stdint.h>

struct dwarf;
struct dwarf_unit;

/* What is known of an entry that was skipped. */
struct dwarf_head {
    unsigned tag; /* 0: the end of a list of children */
    bool has_children;
    uint64_t behind; /* its children, where the compiler says it, which may
                        be wrong in a broken file; 0: it does not */
};

/* Looks at the unit's abbreviations; -1 only for a lack of memory. */
int dwarf_skip_begin(const struct dwarf *d, struct dwarf_unit *u);
/* Where the entry behind the one at `offset` stands, or 0 when the file is
 * broken there. */
uint64_t dwarf_skip(const struct dwarf *d, const struct dwarf_unit *u,
                    uint64_t offset, struct dwarf_head *head);

#endif
