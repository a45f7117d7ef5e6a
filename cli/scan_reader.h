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

/* A typedef of a struct or an enum. */
struct scan_name {
    struct clang_cursor of;
    char *name;
};

struct scan_reader {
    const struct clang *c;
    struct surface *s;
    void *unit;
    void *file; /* libclang's handle of the source */
    struct scan_error *errors;
    size_t error_count;
    struct scan_name *names;
    size_t name_count;
};

/* Whether the place, macros expanded, is in the source itself. `offset` and
 * `at` may be NULL. */
bool scan_is_here(const struct scan_reader *r, struct clang_place place,
                  unsigned *offset, struct place *at);

/* A type, its spelling on the heap. */
struct ctype scan_read_type(const struct clang *c, struct clang_type t);
void scan_free_type(struct ctype *t);

/* What was written as `t`: notes the enum or struct that it, or what it points
 * to, is. */
void scan_take_type(struct scan_reader *r, struct ctype *to,
                    struct clang_type t);
/* A typedef that may name a struct or an enum. */
void scan_take_typedef(struct scan_reader *r, struct clang_cursor cursor);
/* When all is read: gives structs and enums their names. */
void scan_name_values(struct scan_reader *r);
void scan_free_values(struct surface *s);
/* The words above a declaration, on the heap, or NULL. */
char *scan_read_comment(const struct clang *c, struct clang_cursor cursor);
struct enumeration *scan_enumeration(struct scan_reader *r,
                                     struct clang_cursor cursor);
/* One without a name gives ints. */
bool scan_is_nameless(const struct enumeration *e);

/* A function of the surface, when the cursor defines one. */
void scan_take_function(struct scan_reader *r, struct clang_cursor cursor);
void scan_free_function(struct function *f);

/* Constants of one cursor at the top of the source. */
void scan_take_enum(struct scan_reader *r, struct clang_cursor cursor);
/* True: the variable stands for an exception. */
bool scan_take_exception(struct scan_reader *r, struct clang_cursor cursor);
void scan_take_variable(struct scan_reader *r, struct clang_cursor cursor);
void scan_take_macro(struct scan_reader *r, struct clang_cursor cursor);

#endif
