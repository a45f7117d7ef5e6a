/* opt_hint: what a mistyped command line most likely meant: near matches,
 * and the same command with `--` inserted.
 *
 * Only text; never parses for real. Any thread.
 */
#ifndef COWBIRD_OPT_HINT_H
#define COWBIRD_OPT_HINT_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"

struct opt;

/* Appends one line of help or several for the unknown option argv[at]:
 * a near match, and for the commands that start an app (`around_app`) the
 * whole command with `--` in its place. */
void opt_hint(const struct opt *table, bool around_app, size_t count,
              char **argv, size_t at, struct buf *out);
/* Appends the whole command with `--` before its first word: what somebody
 * meant who wrote a program where APP.py belongs. */
void opt_hint_dashes(const struct opt *table, size_t count, char **argv,
                     struct buf *out);
/* Appends a word as a shell would have to read it. */
void opt_quote(struct buf *out, const char *word);

/* For opt.c: the row that "--name", "--name=x" or "-n" belongs to, or NULL;
 * and whether this spelling takes the next word as its value. */
const struct opt *opt_find(const struct opt *table, const char *word);
bool opt_takes_next(const struct opt *o, const char *word);

#endif
