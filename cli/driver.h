/* driver: what gcc or clang would run. They are drivers: for each command
 * they start the compiler proper, an assembler and a linker; a process that
 * knows those commands saves the driver, and can start them earlier.
 *
 * Asked once with -###, kept in the cache under the compiler's identity and
 * the command. Only for compilers that are their own program: a launcher or a
 * script decides anew each time. In processes of compiles; blocks.
 */
#ifndef COWBIRD_DRIVER_H
#define COWBIRD_DRIVER_H

#include <stdbool.h>

#include "list.h"

struct toolchain;

struct driver_steps {
    struct list compile;  /* cc1's words, or clang -cc1's; output to stdout */
    struct list assemble; /* reads stdin; empty: clang writes an object */
    size_t object;        /* of the assembler's words, where its output
                             stands */
};

#define DRIVER_STEPS_INIT {LIST_INIT, LIST_INIT, 0}

/* What a command of cc_words_compile runs; asks where it is not known yet.
 * False: it is not so simple, run the command itself. */
bool driver_compile(const struct toolchain *t, struct list *argv,
                    struct driver_steps *steps);
/* The same for a link in `folder`: the linker's words. Where it is not known
 * and `asks` is false, false too: asking takes as long as it saves. */
bool driver_link(const struct toolchain *t, struct list *argv,
                 const char *folder, bool asks, struct list *linker);
void driver_steps_dispose(struct driver_steps *steps);

#endif
