/* measure: one function, timed in several builds on the same calls.
 *
 * Each turn is a Python of its own (runtime/measure.py) with one build, no
 * session and no app; builds take their turns forwards, then backwards, so
 * that what drifts meets all of them alike. The first turn of all decides
 * which calls are timed and what they should give. Blocks; the command's own
 * process.
 */
#ifndef COWBIRD_MEASURE_H
#define COWBIRD_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "wire/buf.h"
#include "wire/err.h"

struct python;
struct variants;

struct measure {
    const struct python *python; /* borrowed, as the next seven */
    const char *module;
    const char *function;
    const char *expression;   /* the arguments, or NULL: … */
    const struct list *calls; /* … recorded ones, base64 of pickles */
    const struct list *paths; /* sys.path; without `folder` its beginning */
    const char *folder;       /* where the app runs, or NULL: here */
    const struct list *modules; /* other native modules, as in recorded.h */
    int rounds;

    /* What the first turn found. */
    size_t given;  /* calls */
    size_t taken;  /* that were tried: slow ones are not all */
    size_t timed;
    bool is_fresh; /* arguments were made anew for each call: the function
                      writes into them */
    size_t raised; /* calls that raise, and are not timed … */
    char *raises;  /* … as the first of them does */
    size_t lost;   /* calls whose arguments could not be made again … */
    char *lost_why;
};

/* Fills the variants. -1: what serves could not be timed; a sentence that
 * helps goes to `help`. */
int measure_run(struct measure *m, struct variants *v, struct buf *help,
                struct err *e);
void measure_dispose(struct measure *m);

/* The table, and the same as one JSON object. */
void measure_table(const struct measure *m, const struct variants *v,
                   struct buf *out);
void measure_json(const struct measure *m, const struct variants *v,
                  struct buf *out);

#endif
