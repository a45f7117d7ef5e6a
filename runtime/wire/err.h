/* err: one failure, as a value that is passed up to whoever can act on it.
 *
 * Owns nothing on the heap: it lives on the caller's stack. Filled where the
 * failure is understood; on the way up nobody rewrites the sentence. Any
 * thread; each err belongs to one.
 */
#ifndef COWBIRD_WIRE_ERR_H
#define COWBIRD_WIRE_ERR_H

#include <stdbool.h>

enum err_code {
    ERR_NONE = 0,
    ERR_BUILD,   /* the user's code did not build, or a check failed */
    ERR_USAGE,   /* wrong usage or configuration */
    ERR_SYSTEM,  /* the machine said no: a file, a process, a limit */
    ERR_REFUSED, /* the change was understood and must not go live */
    ERR_CLOSED,  /* the other side of a connection went away */
    ERR_BUG      /* ours */
};

struct err {
    enum err_code code;
    char text[1024]; /* one lower-case sentence, no full stop, always
                        terminated; cut at a UTF-8 boundary when too long */
};

#define ERR_INIT {ERR_NONE, ""}

/* Fills `e` (NULL is allowed: the caller does not care) and returns -1, so
 * that `return err_set(e, …)` reads as one thought. A format that ends in a
 * colon gets the text of errno appended. */
int err_set(struct err *e, enum err_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Forgets what `e` says. */
void err_clear(struct err *e);

bool err_is_set(const struct err *e);

#endif
