/* compile_child: the child's side of a compile. Private to compile and to the
 * warm compilers, whose children end as any compile's do. */
#ifndef COWBIRD_COMPILE_CHILD_H
#define COWBIRD_COMPILE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/buf.h"

struct job;
struct record;

/* How this child goes about it. */
struct child_way {
    /* compile_tcc_run, or what stands in its place */
    bool (*by_tcc)(void *data, const struct job *j, struct record *r,
                   char **why);
    /* whether it has a plain module's binding, which then need not be a file;
     * or NULL */
    bool (*has_binding)(void *data, const struct job *j);
    /* what is left to do waits for the swap; only where nobody but the bench
     * has the other end of `fd` */
    bool lets_swap;
    void (*at_end)(void *data); /* when the record is written; or NULL */
    void *data;
    int fd; /* where the record goes */
};

/* Compiles `j`, writes the record to `fd`, ends. */
void compile_child(struct job *j, int fd, pid_t parent)
    __attribute__((noreturn));
/* All of it, signals or not; a reader that is gone is nobody's concern. */
void child_write(int fd, const char *bytes, size_t len);
/* The processor is the swap's for as long as one takes, or until something
 * happens to `fd`: one of `events`, or its other end is closed. */
void child_let_swap(int fd, short events);
/* Its two halves: a process of its own, then the work. */
void compile_child_begin(pid_t parent);
void compile_child_end(struct job *j, const struct child_way *way)
    __attribute__((noreturn));
/* Whether tier and policy give tcc the first try. */
bool compile_wants_tcc(const struct job *j);

void record_write(const struct record *r, struct buf *bytes);
/* All but the files; false when the bytes are not a whole record: the child
 * died. */
bool record_read(struct record *r, const struct buf *bytes);
/* The files, which are many, and which nobody asks for before a save is live.
 */
void record_read_files(struct record *r, const struct buf *bytes);

#endif
