/* kept_start: what a start without --dev was made from, kept so that the next
 * one need not look at a thousand modules to find that nothing has changed.
 *
 * A record names every folder of the scan, every source, header and artefact
 * with its size, times and inode, and the places where a header that appeared
 * would be found first. While all are as they were, the manifest of then is
 * the manifest of now. Nothing is kept of a start that had anything to say
 * (a warning, a failure), whose words come from another program (pkg-config,
 * setup.py), or during which a file changed. A link is followed, so what it
 * points at counts. The bench's main thread.
 */
#ifndef COWBIRD_KEPT_START_H
#define COWBIRD_KEPT_START_H

#include <time.h>

#include "compile.h"
#include "config.h"
#include "digest.h"
#include "graph.h"
#include "python.h"

struct kept_start {
    struct digest name;      /* of all that decides a start beside files */
    struct timespec started; /* the clock of file times */
    char *setup_py;          /* the project's, there or not */
    char *folder;            /* with the manifest; NULL: to be found */
    char *built;             /* the modules, for speech */
};

void kept_start_begin(struct kept_start *k, const struct config *c,
                      const struct toolchain *t, const struct python *p);
/* Fills `folder` and `built` when a record holds. */
bool kept_start_recall(struct kept_start *k);
/* After a start that went the whole way. */
void kept_start_write(const struct kept_start *k, const struct graph *g,
                      const struct build *builds, const char *folder);
void kept_start_dispose(struct kept_start *k);

#endif
