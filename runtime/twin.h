/* twin: another module object of a native module, as an import gives it after
 * somebody has taken the first one out of sys.modules.
 *
 * Its functions go through the stubs of the first one's, so a save reaches
 * both; its namespace and its state are its own. Only for modules without
 * types: a type is one object, whoever asks for it. With the GIL.
 */
#ifndef COWBIRD_TWIN_H
#define COWBIRD_TWIN_H

#include "pyabi.h"

#include "wire/err.h"

struct image;
struct journal;
struct native;
struct twin;
struct twin_change;

/* Whether there is one. */
bool twin_lives(struct native *n);
/* Whether an import is to make one: the module can be made again, and is not
 * in sys.modules. */
bool twin_is_due(const struct native *n);
/* A new reference; NULL with `e` filled. */
PyObject *twin_create(struct native *n, PyObject *spec, struct err *e);
/* Runs the init on a twin: 1; 0 when `module` is none; -1 with the exception
 * set. */
int twin_exec(PyObject *module);

/* Inside a commit, in this order: what each living twin becomes, given what
 * the new init has made … */
int twins_plan(struct native *n, PyObject *made, struct twin_change **changes,
               size_t *entries, struct err *e);
/* … into the journal, which has room for `entries` more … */
int twins_move(struct twin_change *changes, struct journal *j);
void twins_store(struct twin_change *changes, const struct image *i,
                 struct journal *j);
/* … past the point of return: what is new to the garbage collector takes the
 * place of what was, so that it never sees more objects than before … */
void twins_settle(struct twin_change *changes);
/* … and when it is over. */
void twins_forget(struct twin_change *changes);

#endif
