/* variant: one build of a module among those that `cowbird bench` compares:
 * how it is named, where its artefact is, what it took.
 *
 * Builds through compile, into the cache like everything else. The command's
 * own process; one thread.
 */
#ifndef COWBIRD_VARIANT_H
#define COWBIRD_VARIANT_H

#include <stdbool.h>

#include "compile.h"
#include "list.h"
#include "samples.h"
#include "wire/err.h"

struct variant {
    char *label;      /* "gcc -O2", "tcc", "previous save, tcc" */
    char *compiler;   /* as the build has it: "gcc -O2 -g" */
    char *artefact;   /* absolute */
    bool serves;      /* the one that others are compared with */
    char *failure;    /* why it could not be timed, or NULL */
    char *difference; /* how its results differ, or NULL */
    size_t turns;     /* that it has had */
    struct samples *calls; /* one a timed call: ns */
    size_t call_count;
};

struct variants {
    struct variant *items; /* what serves is the first */
    size_t count;
    struct list notes;     /* sentences about those that are missing */
    struct digest content; /* of the sources that were built */
};

#define VARIANTS_INIT {.items = NULL}

struct variant_options {
    const struct toolchain *chain;
    const struct python *python;
    struct module *module;     /* its flags are lent while it is built */
    const struct list *flags;  /* one more build for each */
};

/* Adds cc as `run` has it, tcc, cc -O3 and cc with each of `flags`, each from
 * the cache or built now. Twins of what is there are left out. -1 when the
 * first of them does not build: its diagnostics go to `diags`. */
int variants_build(struct variants *v, const struct variant_options *o,
                   struct diag_list *diags, struct err *e);
/* What a session has: the one with this artefact, or one more, whose label
 * says `what` it is ("live", "previous save"). */
struct variant *variants_enter(struct variants *v, const char *what,
                               const char *compiler, const char *artefact);
/* Makes it the one that serves, and the first. */
void variants_serve(struct variants *v, struct variant *one);
void variants_dispose(struct variants *v);

#endif
