/* canary_child: a fork of the canary and the one try that it is for.
 *
 * It waits on its pipe for the try, loads the image, runs its init and writes
 * down how far it has come. What the init does to it, hurts nobody.
 */
#ifndef COWBIRD_CANARY_CHILD_H
#define COWBIRD_CANARY_CHILD_H

#include <stdint.h>

struct msg;

struct try {
    uint64_t id, deadline_ms;
    char *name, *stem, *artefact, *source;
};

/* How far the child has come; it writes them down its pipe, one byte each. */
enum mark {
    MARK_LOADING = 'l',
    MARK_INIT = 'i',
    MARK_EXEC = 'e',
    MARK_READY = 'r',
    MARK_FAILED = 'f' /* the rest is the reason */
};

/* From a MSG_TRY; -1 when it is none. The strings are `t`'s either way. */
int try_read(struct msg *m, struct try *t);
void try_dispose(struct try *t);
/* In the child, with the GIL, for the rest of its life. */
_Noreturn void canary_child_run(int pipe);

#endif
