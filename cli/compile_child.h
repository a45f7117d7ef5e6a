/* compile_child: the child's side of a compile. Private to compile. */
#ifndef COWBIRD_COMPILE_CHILD_H
#define COWBIRD_COMPILE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/buf.h"

struct job;
struct record;

/* Compiles `j`, writes the record to `fd`, ends. */
void compile_child(struct job *j, int fd, pid_t parent)
    __attribute__((noreturn));
/* All of it, signals or not; a reader that is gone is nobody's concern. */
void child_write(int fd, const char *bytes, size_t len);
void record_write(const struct record *r, struct buf *bytes);
/* False when the bytes are not a whole record: the child died. */
bool record_read(struct record *r, const struct buf *bytes);

#endif
