/* opt: command lines as data. From one table come parsing, "did you mean",
 * usage lines and help screens.
 *
 * Never exits, never prints: errors are values, help is text for report.
 */
#ifndef COWBIRD_OPT_H
#define COWBIRD_OPT_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

enum opt_type {
    OPT_FLAG,     /* bool * becomes true */
    OPT_STRING,   /* const char ** borrows from argv */
    OPT_NUMBER,   /* int *, 0 … INT_MAX */
    OPT_LIST,     /* struct list *, repeatable */
    OPT_MAYBE,    /* const char **: "--json" gives "", "--json=X" gives X;
                     never takes the next word */
};

struct opt {
    enum opt_type type;
    const char *name;  /* "compile-path", without dashes */
    const char *alias; /* another long spelling, or NULL */
    char letter;       /* 'v', or 0 */
    void *target;
    const char *value; /* "DIR" in the help, NULL for a flag */
    const char *help;  /* one line; NULL hides the option from help */
};

#define OPT_END {OPT_FLAG, NULL, NULL, 0, NULL, NULL, NULL}

struct opt_rest {
    struct list words;   /* positional words in order */
    struct list command; /* what stood after `--` */
    bool has_dashes;     /* a `--` was there */
};

/* Where options may stand: everywhere before `--` (OPT_ANYWHERE), or the
 * first positional word is APP.py and the positional words after it are the
 * app's (OPT_AROUND_APP: ours may still stand after it; an unknown one is an
 * error that names a near match and prints the command with `--`
 * inserted). */
enum opt_style { OPT_ANYWHERE, OPT_AROUND_APP };

/* argv without the program's name, `count` words. -1 and ERR_USAGE on an
 * unknown option, a missing or a bad value; `help` (may be NULL) then gets the
 * text for the "= help:" line, "" when there is none. */
int opt_parse(const struct opt *table, enum opt_style style, size_t count,
              char **argv, struct opt_rest *rest, struct buf *help,
              struct err *e);
/* The word among `words` (NULL at the end) that `text` most likely meant, or
 * NULL. Borrowed. */
const char *opt_near(const char *text, const char *const *words);
/* Adds `text` at column `indent`, broken between words before column 79. */
void opt_add_wrapped(struct buf *out, size_t indent, const char *text);
/* "Options:" and a wrapped line each. */
void opt_describe(const struct opt *table, struct buf *out);
void opt_rest_dispose(struct opt_rest *rest);

#endif
