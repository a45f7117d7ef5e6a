/* function: one published name of a native module or type.
 *
 * Owns the method definition that CPython points at for ever: its name and
 * text never move, its code is a stub. What a newer generation changes is
 * first written down (function_change) and later stored in one go. With the
 * GIL.
 */
#ifndef COWBIRD_FUNCTION_H
#define COWBIRD_FUNCTION_H

#include "pyabi.h"

#include "stub.h"
#include "wire/err.h"

struct journal;

struct function {
    PyMethodDef *def;  /* CPython's, for ever: `own`, or of a type's table */
    PyMethodDef own;
    const char *label; /* "name", or "Type.name" of a method; for ever */
    struct stub *stub;
    PyObject *object;  /* the one function object, or the descriptor; owned;
                          NULL until it is bound */
};

/* What a generation makes of one function. */
struct function_change {
    struct function *function;
    PyCFunction code;
    int flags;
    const char *doc;           /* lives for ever */
    vectorcallfunc vectorcall; /* how functions with these flags are called */
    vectorcallfunc method_vectorcall; /* … and method descriptors */
    bool is_added;             /* the function is new with this generation */
    PyObject *holders; /* list of every object that calls through `def`,
                          where the flags change; owned */
};

/* The most entries of a journal that storing one change takes, besides one
 * per holder. */
#define FUNCTION_WORDS 5

/* A copy of `user` whose code is a stub. `type` is the name of the type that
 * it is a method of, or NULL; `place` where CPython's definition goes, NULL:
 * into the function. */
struct function *function_new(const PyMethodDef *user, const char *type,
                              PyMethodDef *place, struct err *e);
/* Makes the function object of a module's function. */
int function_bind(struct function *f, PyObject *module, struct err *e);
/* Removed by a save; a later one may bring it back. */
bool function_is_gone(const struct function *f);
/* Only for one that nobody has seen: gives its stub back. Anything else is
 * let go of but kept. */
void function_drop(struct function *f);

/* Fills `c`; `f` is untouched. */
int function_plan(struct function *f, const PyMethodDef *user,
                  struct function_change *c, struct err *e);
/* Before the first store: finds whoever calls through it. */
int function_find_holders(struct function_change *c, struct err *e);
/* … whereupon this is whether its callers have to call it another way. */
bool function_moves_convention(const struct function_change *c);
void function_store(const struct function_change *c, struct journal *j);
/* From now on a call raises `farewell` (taken). */
void function_store_gone(struct function *f, char *farewell,
                         struct journal *j);
/* Past the point of return, with the GIL: of one that was gone, what its
 * calls raised goes. */
void function_settle(const struct function_change *c);
void function_change_dispose(struct function_change *c);

#endif
