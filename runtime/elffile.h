/* elffile: what the file of a shared object says before it is loaded.
 *
 * Reads its dynamic section alone. Any thread.
 */
#ifndef COWBIRD_ELFFILE_H
#define COWBIRD_ELFFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elffile {
    void *file; /* mapped; NULL when there is none */
    size_t len;
    uint64_t span; /* of addresses, that the loader takes for it */
    size_t start_count;  /* functions that run when it is loaded */
    bool has_crt;        /* the start files are in it, with one of those */
    const char **needed; /* names of the libraries it asks for; they are
                            borrowed from the file */
    size_t needed_count;
};

/* False when it can't be read; dispose all the same. */
bool elffile_read(struct elffile *f, const char *path);
void elffile_dispose(struct elffile *f);

#endif
