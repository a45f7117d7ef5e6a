/* warm_tcc: libtcc that has read a source's preamble and waits for the rest.
 *
 * A process of its own, forked by the bench. For each order it forks once
 * more, so that what it has read serves every save; that child takes the rest
 * of the source and ends as any compile's child does. Private to warm.
 */
#ifndef COWBIRD_WARM_TCC_H
#define COWBIRD_WARM_TCC_H

#include <stddef.h>
#include <sys/types.h>

struct job;

/* An order is a folder's path, with the descriptor that the record goes to
 * and that of a scan's answer; the word back is the child's pid, 0 when the
 * source is not the one it began. */

/* A plain module's binding as it will most likely be: the last one's text,
 * and a private folder for its object. Both may be NULL. */
struct warm_binding {
    const char *text;
    const char *folder;
};

/* In the forked process: makes the binding's object, reads the preamble,
 * then obeys `fd`. `listing` is an empty file for the names of what it
 * reads. */
void warm_tcc_run(struct job *j, const struct warm_binding *binding, int fd,
                  int listing, pid_t parent) __attribute__((noreturn));

#endif
