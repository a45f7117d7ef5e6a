/* building: a whole project built once for a command: what `build` and
 * `check` share.
 */
#ifndef COWBIRD_BUILDING_H
#define COWBIRD_BUILDING_H

#include <stdint.h>

#include "compile.h"
#include "extensions.h"
#include "graph.h"
#include "python.h"

struct config;

struct building {
    struct extensions extensions;
    struct graph graph;
    struct toolchain *chain;
    struct python python;
    struct build *builds; /* one a module of the graph */
    struct diag_list diags; /* of all of them, each once: filled by
                               building_say */
    int failed;
    int64_t took_ns;
};

/* Finds modules, compilers and Python, and builds. Says which Python it is,
 * and what the scan warns of. */
int building_run(struct building *b, const struct config *c, struct err *e);
/* Adds the warnings that tcc, which has few, left to libclang. */
void building_review(struct building *b);
/* Says what the compilers said. What several modules have in common, in a
 * header, is said once. */
void building_say(struct building *b);
/* Of what was said. */
size_t building_count(const struct building *b, enum diag_severity severity);
/* One object with everything, for --json. */
void building_to_json(const struct building *b, struct buf *out);
void building_dispose(struct building *b);

#endif
