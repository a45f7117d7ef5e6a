/* toml: a TOML 1.0 document as a tree.
 *
 * Reads any valid document (dates are kept as text); an error names the line.
 * Knows nothing of cowbird's keys and reads no file. One thread owns a tree.
 */
#ifndef COWBIRD_TOML_H
#define COWBIRD_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

enum toml_type {
    TOML_STRING,
    TOML_INTEGER,
    TOML_FLOAT,
    TOML_BOOLEAN,
    TOML_TIME, /* date, time or both, in `text` */
    TOML_ARRAY,
    TOML_TABLE,
};

struct toml {
    enum toml_type type;
    char *key;     /* NULL in an array and for the document */
    unsigned line; /* where it stands, from 1 */
    char *text;    /* string and time; never NULL there. Bytes after a NUL
                      (written \u0000) are lost */
    int64_t integer;
    double real;
    bool boolean;
    struct toml **items; /* of an array or a table, in their order */
    size_t count;
    size_t cap;
    unsigned origin; /* the reader's: what may still be added to a table */
};

/* NULL and "NAME:LINE: sentence" in `e`, ERR_USAGE. */
struct toml *toml_parse(const char *text, size_t len, const char *name,
                        struct err *e);
/* The value of `key` in a table, NULL when absent or `table` is none (NULL
 * included). Borrowed. */
const struct toml *toml_get(const struct toml *table, const char *key);
/* "a string", "an array" …, for messages. */
const char *toml_type_name(enum toml_type type);
void toml_free(struct toml *t);

#endif
