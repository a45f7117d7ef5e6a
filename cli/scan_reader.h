/* scan_reader: what the files of scan share while one source is read.
 *
 * Private to scan_*.
 */
#ifndef COWBIRD_SCAN_READER_H
#define COWBIRD_SCAN_READER_H

#include "scan.h"

/* An error of libclang's in the source itself. */
struct scan_error {
    unsigned offset;
    char *words;
};

struct scan_reader {
    const struct clang *c;
    struct surface *s;
    void *unit;
    void *file; /* libclang's handle of the source */
    struct scan_error *errors;
    size_t error_count;
};

/* Whether the place, macros expanded, is in the source itself. `offset` and
 * `at` may be NULL. */
bool scan_is_here(const struct scan_reader *r, struct clang_place place,
                  unsigned *offset, struct place *at);

/* A type, its spelling on the heap. */
struct ctype scan_read_type(const struct clang *c, struct clang_type t);
void scan_free_type(struct ctype *t);

/* A function of the surface, when the cursor defines one. */
void scan_take_function(struct scan_reader *r, struct clang_cursor cursor);
void scan_free_function(struct function *f);

/* Constants of one cursor at the top of the source. */
void scan_take_enum(struct scan_reader *r, struct clang_cursor cursor);
void scan_take_variable(struct scan_reader *r, struct clang_cursor cursor);
void scan_take_macro(struct scan_reader *r, struct clang_cursor cursor);

#endif
