/* crash: what a dying worker leaves for the bench: a file "crash.<pid>" in the
 * session's folder, written by a signal handler (runtime/crash.c) and read
 * when the process is gone (cli/crash.c). Both sides run on one machine: the
 * struct is the format.
 */
#ifndef COWBIRD_WIRE_CRASH_H
#define COWBIRD_WIRE_CRASH_H

#include <stdint.h>
#include <string.h>

#define CRASH_MAGIC UINT64_C(0x0001687361724243) /* with a version on top */

struct crash_record {
    uint64_t magic;
    uint64_t pid;
    uint64_t address;    /* that could not be used; 0 for an abort */
    uint64_t generation; /* of the image below; 0: no frame of ours */
    uint64_t offset;     /* of the innermost frame of ours, as the image's
                            file counts */
    uint32_t number; /* of the signal */
    uint32_t is_caller;  /* `offset` is where that frame would have gone on */
    uint32_t is_deep;    /* the stack was full */
    uint32_t unused;
    char soabi[64];
    char module[192];
    char image[512]; /* its path; empty when it is longer */
};

/* Into a field of `room` bytes, all or nothing: half a name is another
 * name. */
static inline void
crash_put_text(char *to, size_t room, const char *from)
{
    size_t len = strlen(from);
    to[0] = '\0';
    if (len < room) {
        memcpy(to, from, len + 1);
    }
}

#endif
