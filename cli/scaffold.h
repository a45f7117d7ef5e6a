/* scaffold: one new C module: its name, its place, its file, its entry in
 * compile_commands.json.
 *
 * Plans and checks first and writes last, so that a refusal leaves nothing
 * behind. Replaces a file only when told to, and then as a whole. Never
 * speaks. Main thread only.
 */
#ifndef COWBIRD_SCAFFOLD_H
#define COWBIRD_SCAFFOLD_H

#include <stdbool.h>

#include "database.h"
#include "wire/buf.h"
#include "wire/err.h"

struct python;
struct template;

struct scaffold {
    char *module; /* as Python imports it: "pkg._fast" */
    char *stem;   /* its last part: "_fast" */
    char *base;   /* absolute: the folder that the name is seen from */
    char *source; /* absolute: "<base>/pkg/_fast.c" */
};

#define SCAFFOLD_INIT {.module = NULL}

/* All that fail fill `e` with ERR_USAGE for a refusal and `help` with what
 * would work instead ("" when there is nothing to say). */

/* Reads `word` ("scoring", "pkg/_fast.c", "pkg._fast") as a module below
 * `base`. Looks at the disk only for a src/ that holds packages. */
int scaffold_plan(struct scaffold *s, const char *word, const char *base,
                  struct buf *help, struct err *e);
/* Whether the module may be written: no name of the standard library of `p`,
 * nothing there that it would replace or hide. `is_forced` accepts the
 * latter, except folders. */
int scaffold_check(const struct scaffold *s, const struct python *p,
                   bool is_forced, struct buf *help, struct err *e);
/* Writes the source, and the folders above it. Without `is_forced` a file
 * that has appeared since the check stays. */
int scaffold_write(const struct scaffold *s, const struct template *t,
                   bool is_forced, struct err *e);
/* Merges the entry, with these -I folders, into compile_commands.json in
 * `root`. */
int scaffold_describe(const struct scaffold *s, const struct list *includes,
                      const char *root, enum database_result *result,
                      struct err *e);
/* A file beside the source: "_fast.c" and `before` "test_" make
 * "test__fast" with `suffix`. On the heap. */
char *scaffold_beside(const struct scaffold *s, const char *before,
                      const char *suffix);
/* One more file of the scaffold, written as the source is. */
int scaffold_add(const char *path, const struct buf *text, bool is_forced,
                 struct err *e);
void scaffold_dispose(struct scaffold *s);

#endif
