/* structs: what the debug information of the image that serves and of the new
 * one says of their structs, and which of them a piece of code means.
 *
 * Candidates are the structs of the right size; of those the one that the
 * code's functions point at. Where that is not proven, each of them might be
 * it. With the GIL, but for opening.
 */
#ifndef COWBIRD_STRUCTS_H
#define COWBIRD_STRUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"
#include "wire/layout.h"

struct facts;
struct image;

/* Borrowed from the facts of the two; NULL: not asked for. */
struct layout_pair {
    const struct layouts *was, *is;
    const struct image *old, *new;
};

/* Reads what is not read yet: nothing where the images have neither types nor
 * module state. -1 when a file could not be read. Without the GIL. */
int layout_pair_open(struct layout_pair *p, struct facts *was,
                     struct facts *is, struct err *e);
/* Whether both sides say what their structs are. */
bool layout_pair_is_known(const struct layout_pair *p);

/* What is known of one side's structs. */
struct candidates {
    const struct layouts *l; /* borrowed */
    bool *could, *used;      /* one per name of `l` */
    uintptr_t bias;
};

enum candidate_kind {
    CANDIDATE_OBJECT, /* begins as Python's objects do */
    CANDIDATE_PLAIN   /* does not */
};

/* All of that size in bytes and that kind. -1 when out of memory; to be ended
 * either way. */
int candidates_begin(struct candidates *c, const struct layouts *l,
                     const struct image *i, uint64_t size,
                     enum candidate_kind kind, struct err *e);
void candidates_end(struct candidates *c);
/* A function of the code that is asked about; NULL does nothing. */
void candidates_note(struct candidates *c, const void *code);
/* After the last note: Python's own structs and libc's are somebody's only
 * where his functions say so. */
void candidates_drop_foreign(struct candidates *c);
/* The one that it is; -1: none or several. Among several, names that begin
 * like `name` win. */
long candidates_choose(const struct candidates *c, const char *name);
/* Whether two that were chosen are one struct before and after. */
bool candidates_are_pair(const struct candidates *was, long i,
                         const struct candidates *is, long j);
/* Where none was chosen any of them might be it: `change` is the first that
 * is not as it was. -1 when out of memory. */
int candidates_compare(const struct candidates *was, const struct layouts *is,
                       struct layout_change *change, struct err *e);

#endif
