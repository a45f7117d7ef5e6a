/* compile_job: one compile as its child sees it, and what the child says.
 *
 * Private to compile, compile_cc and compile_tcc. Made by the parent before
 * the fork; the child reads it, runs compilers and fills a record.
 */
#ifndef COWBIRD_COMPILE_JOB_H
#define COWBIRD_COMPILE_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "compile.h"
#include "diag.h"
#include "list.h"
#include "span.h"
#include "wire/buf.h"
#include "wire/err.h"

struct toolchain;

struct cc_order;
struct piece_orders;
struct supplied;

/* What waits for a compile by cc, for its child to use; borrowed from the
 * pool as it was at the fork. */
struct cc_offer {
    int fd;               /* a gcc or clang takes orders here; -1: none */
    pid_t pid;
    const char *preamble; /* that it has read */
    const char *binding;  /* text of a binding whose object is in … */
    const char *folder;   /* … this folder; or NULL */
};

#define CC_OFFER_INIT {.fd = -1}

struct job {
    const struct toolchain *t;
    const struct python *p;
    struct list sources;  /* absolute */
    struct list includes; /* -I folders of the module */
    struct list flags;    /* the module's and pkg-config's, for the compiler */
    struct list link;     /* …, for the linker: -L, -l and others */
    char *stem;
    char *plain_name;     /* dotted, of a plain module; NULL: a raw one */
    char *plain_include;  /* folder of cowbird.h, searched by all; NULL:
                             not found */
    char *std;
    bool is_cxx;
    enum compile_tier tier;
    char *folder;   /* private, for everything that is written */
    char *artefact; /* where the result is to be: folder/stem.suffix */
    struct buf binding; /* of a plain module, once it is bound */
    struct buf stub;
    char *binding_path; /* its file, last of `sources`; NULL: none yet */
    int scan_fd;    /* a warm scan answers here; -1: there is none */
    struct cc_offer cc;
    struct supplied *supplied; /* borrowed; NULL: nothing is known */
    bool is_idle; /* others go first */
    bool is_ahead; /* its pieces are all that is wanted */
    struct cc_order *ahead; /* the first source in a warm cc's hands; or NULL
                             */
    struct piece_orders *pieces; /* the same, in pieces */
};

/* What the child hands to the parent. */
struct record {
    bool is_good;
    bool is_warm;      /* by a cc that had read the preamble */
    unsigned pieces;   /* that its first source was cut into; 0: it was not */
    unsigned compiled; /* of these, now */
    char *compiler;    /* what served */
    char *fallback;    /* why tcc did not */
    struct list files; /* every file that was read, as the compiler names
                          it */
    struct diag_list diags;
    struct span_list spans;
};

#define RECORD_INIT {.files = LIST_INIT}
void record_dispose(struct record *r);

struct plain_options;
/* What libclang has to know of the module; borrows from the job and from
 * `flags`, which is filled. */
struct plain_options job_plain_options(const struct job *j,
                                       struct list *flags);
/* Binds a plain module; what cannot be bound is an error in `diags`. False
 * when there is no binding at all. For the child: loads libclang. */
bool compile_bind(struct job *j, struct diag_list *diags);
/* Makes the binding a file, if it is none yet, and that a source; false with
 * an error in `diags`. */
bool compile_place_binding(struct job *j, struct diag_list *diags);
/* Writes binding and stub into the job's folder, for later builds and for
 * people; -1. */
int compile_keep_binding(const struct job *j, struct err *e);
/* A scan's answer: what it found, on its way through a pipe. */
void scan_answer_write(int fd, int status, const struct buf *text,
                       const struct buf *stub, const struct diag_list *diags);
/* With cc: compile each source, link. Fills `r` in any case. */
void compile_cc_run(const struct job *j, struct record *r);
/* With libtcc, in a process of its own. False: tcc cannot do it, and `*why`
 * (on the heap) says the first thing it stumbled over; `r` then holds only
 * tcc's own diagnostics. */
bool compile_tcc_run(const struct job *j, struct record *r, char **why);
/* Joins what libclang says to a failed compile's diagnostics, and what header
 * was meant. libclang runs in a process of its own. `stops_early`: the
 * compiler was tcc. */
void compile_lend(const struct job *j, struct record *r, bool stops_early);
/* What libtcc said and made becomes the record; `reason` is why it made
 * nothing, NULL when it did. Else as compile_tcc_run. */
bool compile_tcc_take(const struct job *j, struct record *r,
                      const char *words, const char *reason, char **why);
/* Whether the artefact makes types ready that lie in its own data: a swap has
 * to know every place where its code uses one. */
bool compile_has_static_types(const struct job *j);
/* Adds an error for each symbol that the artefact asks for and nobody can
 * give; the number of them. */
size_t compile_check_symbols(const struct job *j, struct diag_list *diags);

#endif
