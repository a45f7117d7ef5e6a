/* warm_object: the object of a plain module's last binding, made ahead by gcc
 * or clang, so that an edit which leaves the surface alone parses no Python.h.
 * Private to warm.
 */
#ifndef COWBIRD_WARM_OBJECT_H
#define COWBIRD_WARM_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct job;
struct list;
struct record;

/* In the forked process: compiles the binding `text` into `folder`, says so
 * over `fd` and ends. */
void warm_object_run(struct job *j, int fd, const char *text,
                     const char *folder, pid_t parent)
    __attribute__((noreturn));
/* The files that it has read. */
void warm_object_files(const char *folder, struct list *files);
/* In a compile's child: puts it in the place of the object of the job's
 * source `index`, if that is the binding it was made of. */
bool warm_object_take(const struct job *j, size_t index, struct record *r);

#endif
