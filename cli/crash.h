/* crash: what a dead worker has left (wire/crash.h), put into words: signal,
 * function, file and line.
 *
 * Runs addr2line on the image where that is installed, else reads the image's
 * symbols and lines. Decides nothing. The bench's main thread.
 */
#ifndef COWBIRD_CRASH_H
#define COWBIRD_CRASH_H

#include <stdbool.h>
#include <stdint.h>

struct crash {
    long pid;
    int number;          /* of the signal */
    char signal[16];     /* "SIGSEGV" */
    uint64_t address;    /* that could not be used, or 0 */
    uint64_t generation; /* 0: no code of the session's was running; then
                            what follows is NULL */
    char *module;
    char *soabi;
    char *function; /* "total", or NULL */
    char *file;     /* absolute, or NULL */
    int line;       /* 0: unknown */
    bool is_deep;   /* the stack was full */
};

/* False when the file holds no whole record. */
bool crash_read(struct crash *c, const char *path);
/* "SIGSEGV in total() at scoring.c:14"; paths as seen from `root`. */
char *crash_words(const struct crash *c, const char *root);
void crash_dispose(struct crash *c);

#endif
