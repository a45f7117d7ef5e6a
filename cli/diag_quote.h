/* diag_quote: the source line, the carets and the fix-its that a compiler
 * prints below a headline, turned into bytes and columns of the real line.
 *
 * gcc and clang print tabs as spaces and count in columns of a terminal; the
 * source itself is read to find the bytes behind them. Part of diag_parse;
 * one thread owns a quote.
 */
#ifndef COWBIRD_DIAG_QUOTE_H
#define COWBIRD_DIAG_QUOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"

struct diag;

struct quote {
    unsigned line;      /* number of the line quoted last, 0: none */
    char *text;         /* that line as it was printed */
    bool has_caret;     /* the diagnostic's caret was read */
    char *previous;     /* the last line that was nothing else: clang before
                           17 has no gutter */
    char *path;         /* whose bytes `file` holds */
    struct buf file;
};

/* A new headline: what follows belongs to it. */
void quote_start(struct quote *q);
/* True when the line is part of a quote, be it of `d` or (NULL) of nobody. */
bool quote_read(struct quote *q, const char *line, struct diag *d);
/* "fix-it:"a.c":{6:27-6:27}:";"", below the quote; true when it is one. `d`
 * (may be NULL) gets it. `dir` completes its path. */
bool quote_read_fixit(const char *line, const char *dir, struct diag *d);
void quote_dispose(struct quote *q);

#endif
