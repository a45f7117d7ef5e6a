/* statics: the variables with static storage that an artefact's file lists.
 *
 * Reads the symbol table of the file and its debug information, which the
 * loader does not map. Knows nothing of what the variables hold now. Without
 * a symbol table there are none; without debug information they have no
 * types, and those of functions are not known to be.
 */
#ifndef COWBIRD_STATICS_H
#define COWBIRD_STATICS_H

#include <stddef.h>
#include <stdint.h>

#include "dwarf.h"
#include "elfview.h"
#include "sections.h"
#include "wire/err.h"

/* How strictly the source wants it carried (cowbird.h, STATE). */
enum carry_wish {
    CARRY_SAME,   /* while type and initialiser stay */
    CARRY_ALWAYS, /* while the type stays */
    CARRY_NEVER   /* it begins anew with every save */
};

struct static_variable {
    const char *name;         /* borrowed from the mapped file … */
    size_t name_len;          /* … without a compiler's ".12" at its end */
    const char *called;       /* by the source, where the debug information
                                 tells, or NULL; borrowed */
    const char *function;     /* that it belongs to, or NULL; borrowed */
    bool is_sure;             /* … and that is certain */
    unsigned rank;            /* its place in the debug information */
    uintptr_t address;        /* before the loader's bias */
    size_t size;              /* bytes */
    const unsigned char *initial; /* in the mapped file; NULL: all zeros */
    enum carry_wish wish;
    bool has_addresses;       /* the loader writes some into it */
    uint64_t type;            /* for dwarf.h's questions; 0: not known */
};

struct statics {
    struct sections file;
    struct dwarf dwarf;
    const struct elf *elf; /* borrowed: its addresses for the loader */
    struct static_variable *items; /* by name, then by rank and address */
    size_t count;
    /* All that the debug information knows, constants and what has been
     * optimised away among them. */
    struct dwarf_variable *said;
    size_t said_count, said_room;
    bool is_short; /* there was no memory for all of it */
};

/* The variables of the file at `path`, loaded as `v`. A file that is gone or
 * has no symbols leaves `s` empty; what could not be read is an error. */
int statics_read(struct statics *s, const char *path, const struct elf *v,
                 struct err *e);
/* How two variables' names stand to each other, as strcmp tells. */
int statics_compare(const struct static_variable *a,
                    const struct static_variable *b);
/* Whether the source still has a variable like `v` of another file, be it
 * that it has no storage; true when nobody can tell. */
bool statics_tells_of(const struct statics *s,
                      const struct static_variable *v);
/* Whether two variables begin with the same value. Addresses are the same
 * when they lead to what has the same name, or to the same text. */
bool statics_same_start(const struct statics *s,
                        const struct static_variable *a,
                        const struct statics *t,
                        const struct static_variable *b);
void statics_dispose(struct statics *s);

#endif
