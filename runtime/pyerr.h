/* pyerr: Python's exception and our err, turned into each other.
 *
 * The only place that sets an exception from an err. With the GIL.
 */
#ifndef COWBIRD_PYERR_H
#define COWBIRD_PYERR_H

#include "pyabi.h"

#include "wire/buf.h"
#include "wire/err.h"

/* Takes the exception that is set and writes "init of `source` raised
 * ValueError: words", then its traceback in the lines that follow. Nothing is
 * set afterwards. */
void pyerr_tell(const char *source, struct buf *text);
/* Sets ImportError with the sentence of `e`, unless an exception is set
 * already. Returns NULL, so that `return pyerr_import(…)` reads well. `path`
 * may be NULL. */
PyObject *pyerr_import(const struct err *e, const char *name,
                       const char *path);

#endif
