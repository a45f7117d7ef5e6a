/* span: named stretches of time and the process that spent them; what a trace
 * is made of.
 *
 * Times are clock_now_ns: CLOCK_MONOTONIC is one clock for every process of a
 * machine (clock_gettime(2)), so a child's spans stand beside its parent's.
 * One thread owns a list.
 */
#ifndef COWBIRD_SPAN_H
#define COWBIRD_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/buf.h"

/* What a compile spends its time on: name, key in --json's events. */
#define COMPILE_SPANS(X)                                                      \
    X(SPAN_ORDER, "order", "compile_order_ms")       /* key, warm compilers */\
    X(SPAN_BINDING, "binding", "compile_binding_ms") /* scan, generator */    \
    X(SPAN_TCC, "tcc", "compile_tcc_ms")                                      \
    X(SPAN_CC, "cc", "compile_cc_ms")                                         \
    X(SPAN_LINK, "link", "compile_link_ms")                                   \
    X(SPAN_SYMBOLS, "symbols", "compile_symbols_ms") /* of the artefact */

/* What a worker does. */
#define WORKER_SPANS(X)                                                       \
    X(SPAN_PREPARE, "prepare", "prepare_ms")                                  \
    X(SPAN_COMMIT, "commit", "commit_ms")

enum span_kind {
#define X(id, name, key) id,
    COMPILE_SPANS(X) WORKER_SPANS(X)
#undef X
    SPAN_KINDS
};

struct span {
    enum span_kind kind;
    long pid;
    int64_t from_ns, to_ns;
    int64_t held_ns; /* of it with a worker's GIL; 0 where there is none */
};

struct span_list {
    struct span *items;
    size_t count;
    size_t cap;
};

#define SPAN_LIST_INIT {NULL, 0, 0}

const char *span_name(enum span_kind kind);
const char *span_key(enum span_kind kind);
/* From then until now, in this process. */
void span_add(struct span_list *l, enum span_kind kind, int64_t from_ns);
void span_add_copy(struct span_list *l, const struct span *one);
void span_add_all(struct span_list *l, const struct span_list *other);
/* What all of one kind took together. */
int64_t span_total_ns(const struct span_list *l, enum span_kind kind);
/* A line without its end, for a pipe; and back: false when it is none. */
void span_write(const struct span *s, struct buf *b);
bool span_read(const char *line, struct span *s);
void span_list_dispose(struct span_list *l);

#endif
