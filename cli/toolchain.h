/* toolchain: the compilers of this machine, found once and asked once.
 *
 * Private to compile and its neighbours (compile_cc, compile_tcc,
 * compile_key, guest); others know it through compile.h. What compilers
 * answer is kept in the cache under their identity. Written by the bench's
 * main thread only, read by the children it forks.
 */
#ifndef COWBIRD_TOOLCHAIN_H
#define COWBIRD_TOOLCHAIN_H

#include <stdbool.h>

#include "digest.h"
#include "list.h"
#include "wire/err.h"

struct python;
struct tcc;

struct toolchain {
    bool allows_tcc; /* --cc auto or tcc */
    bool wants_tcc;  /* --cc tcc: in both tiers */
    int limit_ms;    /* for one compile; 0: the default */
    struct list optimise; /* what cc is told: "-O2" */
    struct list cc;  /* words, launcher first: "ccache", "gcc"; empty: none */
    struct list cxx; /* the same for C++; empty: none */
    struct list cppflags, cflags, cxxflags, ldflags; /* of the environment */
    struct list system_dirs; /* where cc finds <…> by itself */
    char *cc_label;          /* "gcc -O2 -g" */
    char *cc_version;        /* "gcc 12.2.0" */
    struct digest cc_identity; /* as it was at the start */
    char *cc_file, *cxx_file;  /* where they were found, links and all, or
                                  NULL; what is there may change meanwhile */
    bool is_cxx_clang; /* which flags it takes */
    bool is_direct;    /* cc is a compiler's own program: no launcher, no
                          script */
    struct tcc *tcc;   /* NULL until found */
    bool has_looked;   /* for tcc, without a Python's help */
};

/* libtcc, found and probed: beside the program's own package, in `p` (may be
 * NULL), in the system. NULL when there is none. Borrowed. */
const struct tcc *toolchain_tcc(const struct toolchain *t,
                                const struct python *p);
/* A word that stands for the state of a program's file. */
void toolchain_add_file(struct digest_state *s, const char *path);
/* What cc is, as it lies there now: it may be replaced during a session. */
void toolchain_add_cc(const struct toolchain *t, struct digest_state *s);
/* The cached answer of a compiler, or NULL, on the heap; and its place. */
char *toolchain_remember(const char *name, char **place);

#endif
