/* waiting: what waits for one module's next save: a compiler that has read its
 * preamble, a libclang that has read its surface, the object of its last
 * binding, and what they know.
 *
 * Owns the processes and ends them. The pool above decides which modules have
 * one. Private to warm; the bench's main thread.
 */
#ifndef COWBIRD_WAITING_H
#define COWBIRD_WAITING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "compile_job.h"
#include "compile_key.h"
#include "loop.h"
#include "warm.h"

struct warm_process {
    struct waiting *of; /* borrowed */
    pid_t pid;          /* 0: it has ended */
    int fd;
    bool is_ready;
};

/* What waits for one module. */
struct waiting {
    struct loop *loop; /* borrowed */
    struct job job;
    struct key key;    /* when it began */
    char *preamble;    /* the source's, as it began; NULL: it has none */
    char *binding;     /* of a plain module's last build, as C; or NULL */
    bool scans;
    bool has_tcc;      /* the compiler is libtcc, else gcc or clang */
    struct warm_process compiler;
    struct warm_process scan;
    struct warm_process object; /* makes it for gcc or clang, then ends */
    bool has_object;
    char *folder;      /* private: what is precompiled, the binding's object;
                          NULL: nothing is */
    int listing;       /* of the files that the compiler reads */
    struct list project; /* headers that it has read */
    struct digest *digests;
    struct list system;
    struct digest facts; /* of `system` */
    struct list object_files; /* what the object was made of */
    struct digest object_facts;
    int64_t used_ns;
};

/* For the next build of that, nothing started yet. NULL: nothing could wait
 * for such a module. */
struct waiting *waiting_new(struct loop *loop, const struct toolchain *t,
                            const struct python *p,
                            const struct warm_wish *wish);
void waiting_start(struct waiting *x);
/* Whether what waits began as `now` would. One that ended by itself would do
 * so again. */
bool waiting_is_current(const struct waiting *x, const struct waiting *now);
/* Whether flags, compilers and the headers that the source's text tells of
 * are still the same. */
bool waiting_has_same_headers(const struct waiting *x,
                              const struct key *now);
/* Whether all that it knows without the source is still so. */
bool waiting_holds(const struct waiting *x, const struct key *now);
/* What of it a compile by gcc or clang can use now. */
void waiting_offer(const struct waiting *x, const struct key *now,
                   struct cc_offer *offer);
/* Whether all that is to wait does. */
bool waiting_is_ready(const struct waiting *x);
/* Ends a process that the bench has to wait for. */
void waiting_put_out(pid_t pid);
/* Ends it; it is not current any more. */
void waiting_forget(struct waiting *x);
/* What its processes keep in memory. */
uint64_t waiting_resident_kb(const struct waiting *x);
void waiting_free(struct waiting *x);

#endif
