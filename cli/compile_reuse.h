/* compile_reuse: the binding of the build before, where the sources' surfaces
 * and all that decides how they read are as they were: the edit was inside a
 * body, and nobody has to read the source a second time.
 *
 * Private to compile. The bench's main thread.
 */
#ifndef COWBIRD_COMPILE_REUSE_H
#define COWBIRD_COMPILE_REUSE_H

#include <stdbool.h>

#include "digest.h"

struct job;
struct key;

/* What the binding of a plain module is made of. False: a raw module, or a
 * source without a surface. */
bool reuse_name(const struct job *j, const struct key *k,
                struct digest *name);
/* A scan's answer, to be read at once and closed by the caller: what the
 * build of `artefact` (may be NULL) was bound with. -1: it had another name,
 * or has gone. */
int reuse_answer(const struct job *j, const struct digest *name,
                 const char *artefact);
/* Leaves the name with the build in the job's folder. */
void reuse_note(const struct job *j, const struct digest *name);

#endif
