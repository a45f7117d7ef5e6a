/* tcc_state: libtcc at work on one job: set up, fed with sources, linked.
 *
 * In a process that may crash, hang or leak, never in the bench. What libtcc
 * says is gathered; what it reads it lists on stdout. Private to compile_tcc
 * and warm_tcc.
 */
#ifndef COWBIRD_TCC_STATE_H
#define COWBIRD_TCC_STATE_H

#include <stdbool.h>

#include "libtcc_api.h"
#include "list.h"
#include "wire/buf.h"

struct job;

struct tcc_state {
    struct tcc_api api;
    TCCState *s; /* ends with the process */
    struct buf words;
    const char *mark;         /* what libtcc says with this in it … */
    void (*hook)(void *data); /* … is the caller's turn, once; or NULL */
    void *data;
    bool is_object; /* wanted is an object, no shared library */
    bool is_silent; /* without debug information */
};

/* 3 is a shared library and 4 an object, or the other way round. */
#define TCC_TYPES 7
/* Files of this place are in memory and nobody's. */
#define TCC_STATE_OURS "/proc/self/fd/"

/* False: tcc is not for this job, and `words` say why. The caller has zeroed
 * `w` but for its hook. */
bool tcc_state_open(struct tcc_state *w, const struct job *j,
                    const struct tcc *t);
/* From now on, where libtcc lets us: the process ends soon, and to give up
 * all of Python.h in order takes longer than the rest of a save's compile. */
void tcc_state_free_nothing(const struct tcc_state *w);
bool tcc_state_add(const struct tcc_state *w, const char *path);
/* The same for C whatever the name's ending. */
bool tcc_state_add_c(const struct tcc_state *w, const char *path);
/* All that was added becomes the job's artefact. */
bool tcc_state_link(struct tcc_state *w, const struct job *j,
                    const struct tcc *t);
/* The folder with our own header for libtcc, made if need be, on the heap. */
char *tcc_state_shim(void);
/* Whether nobody asks for the debug information of a binding: of all else but
 * its structs, whose layouts a swap compares, nobody does, and that of
 * Python.h's types is more than all of a small module. */
bool tcc_state_may_be_silent(const char *binding);
/* An object of what was added. */
bool tcc_state_write(const struct tcc_state *w, const char *path);

#endif
