/* compile_entry: a module's job made from its settings, and the cache entry
 * that a good one becomes. Private to compile. */
#ifndef COWBIRD_COMPILE_ENTRY_H
#define COWBIRD_COMPILE_ENTRY_H

#include <stdbool.h>

#include "compile.h"

struct job;
struct record;

/* Copies what the module says, so that a later scan cannot change it under a
 * compile; asks pkg-config. */
int job_init(struct job *j, const struct toolchain *t,
             const struct python *p, const struct module *m,
             enum compile_tier tier, struct err *e);
/* `folder` moves. */
void job_set_folder(struct job *j, char *folder);
void job_dispose(struct job *j);

/* The artefact and its warnings from the cache by b->key; false when it is
 * not there. */
bool entry_read(struct build *b, const struct job *j);
/* Makes the job's folder the entry of b->key and takes it from the job.
 * `status`: of the child that filled it, as wait(2) has it. */
int entry_write(struct build *b, struct job *j, int status, struct err *e);

#endif
