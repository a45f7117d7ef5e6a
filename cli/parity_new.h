/* parity_new: `new --from app.py:function`: the two files that are written
 * for it.
 *
 * As scaffold: everything is looked at before anything is written. Never
 * speaks. Main thread only.
 */
#ifndef COWBIRD_PARITY_NEW_H
#define COWBIRD_PARITY_NEW_H

#include "parity.h"
#include "pyfunc.h"
#include "scaffold.h"

struct parity_new {
    struct pyfunc function;
    struct parity parity;
    char *test; /* absolute */
    struct buf source_text;
    struct buf test_text;
};

#define PARITY_NEW_INIT                                                       \
    {PYFUNC_INIT, PARITY_INIT, NULL, BUF_INIT, BUF_INIT}

/* Reads the function `what` ("app.py:mean"). */
int parity_new_read(struct parity_new *n, const char *what,
                    const struct python *p, struct buf *help, struct err *e);
/* Fills in both texts for the module of `s`; `templates` is the package's
 * folder. -1 also when the test is there and `is_forced` is false. */
int parity_new_plan(struct parity_new *n, const struct scaffold *s,
                    const char *templates, bool is_forced, struct buf *help,
                    struct err *e);
int parity_new_write(const struct parity_new *n, const struct scaffold *s,
                     bool is_forced, struct err *e);
void parity_new_dispose(struct parity_new *n);

#endif
