/* toml_read: the reader's state, and single values. Inner header of toml.c and
 * toml_value.c.
 */
#ifndef COWBIRD_TOML_READ_H
#define COWBIRD_TOML_READ_H

#include "toml.h"
#include "wire/buf.h"

struct toml_reader {
    const char *at;
    const char *end;
    const char *name; /* of the document, for messages */
    unsigned line;
    unsigned depth; /* of nested arrays and inline tables */
    struct err *e;
};

/* Fills `e` with the place before the sentence; returns -1. */
int toml_fail(const struct toml_reader *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The byte at `at`, or NUL at the end. */
char toml_peek(const struct toml_reader *r);
void toml_skip_blanks(struct toml_reader *r);
/* A comment, if one is here, up to its newline. */
int toml_skip_comment(struct toml_reader *r);
/* At a quote: '…' or "…" without newlines, also as a key. */
int toml_read_quoted(struct toml_reader *r, struct buf *out);
/* Any of the four kinds of string. */
int toml_read_string(struct toml_reader *r, struct buf *out);
/* Anything that is neither string, array nor table. */
int toml_read_scalar(struct toml_reader *r, struct toml *value);

#endif
