/* preamble: where the leading #includes of a C source end, and whether the
 * source may be compiled in two parts: its preamble ahead of a save, the rest
 * after it.
 *
 * Sees text only. What would read differently in two parts (a name of the
 * file itself, a computed include, a trigraph) makes the source unfit, so
 * that a doubt costs a cold compile and never a wrong one. No state; any
 * thread.
 */
#ifndef COWBIRD_PREAMBLE_H
#define COWBIRD_PREAMBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"

struct preamble_quote {
    size_t at;  /* of the name in #include "name" */
    size_t len;
};

struct preamble {
    size_t len;    /* of the source: up to the line after its last leading
                      include; 0 when it is unfit */
    unsigned line; /* the number of that line */
    const char *why; /* why it is unfit, for speech; NULL when it is not */
    struct preamble_quote *quotes; /* of the whole source, in order */
    size_t quote_count;
};

/* Reads all of a C source. */
void preamble_read(struct preamble *p, const char *text, size_t len);
/* Whether a header holds a word that tells the file that is compiled: no
 * source that includes it is fit. */
bool preamble_is_told(const char *text, size_t len);
/* Appends the bytes from `from` to `to`; a quoted include that is found in
 * `dir`, the source's own folder, gets its whole path, because the compiler
 * reads these bytes from elsewhere. */
void preamble_copy(const struct preamble *p, const char *text, size_t from,
                   size_t to, const char *dir, struct buf *out);
void preamble_dispose(struct preamble *p);

#endif
