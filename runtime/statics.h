/* statics: the variables with static storage that an artefact's file lists.
 *
 * Reads the symbol table of the file, which the loader does not map. Knows
 * nothing of what the variables hold now. Without a symbol table there are
 * none.
 */
#ifndef COWBIRD_STATICS_H
#define COWBIRD_STATICS_H

#include <stddef.h>
#include <stdint.h>

#include "elfview.h"
#include "wire/err.h"

struct static_variable {
    const char *name;         /* borrowed from the mapped file … */
    size_t name_len;          /* … without a compiler's ".12" at its end */
    uintptr_t address;        /* before the loader's bias */
    size_t size;              /* bytes */
    const unsigned char *initial; /* in the mapped file; NULL: all zeros */
};

struct statics {
    void *file; /* mapped; NULL when there is none */
    size_t file_len;
    struct static_variable *items; /* by name, then by address */
    size_t count;
};

/* Those variables of the file at `path`, loaded as `v`, that hold no address
 * from the start. A file that is gone or has no symbols leaves `s` empty;
 * only a lack of memory is an error. */
int statics_read(struct statics *s, const char *path, const struct elf *v,
                 struct err *e);
/* How two variables' names stand to each other, as strcmp tells. */
int statics_compare(const struct static_variable *a,
                    const struct static_variable *b);
void statics_dispose(struct statics *s);

#endif
