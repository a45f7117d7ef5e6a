/* native: a native module of this interpreter, and the list of them all.
 *
 * Owns what lives as long as the process: the module object that everybody
 * imported, its functions, and what the last generation's init left in its
 * namespace. Only the main interpreter has any. With the GIL.
 */
#ifndef COWBIRD_NATIVE_H
#define COWBIRD_NATIVE_H

#include "pyabi.h"

#include "wire/err.h"

struct function;
struct image;
struct twin;
struct type;

struct native {
    char *name;   /* "pkg.fast" */
    char *source; /* the file to name in messages */
    uint64_t generation;
    uint64_t shown; /* what module.__cowbird__ says of the first load … */
    char tier[16];  /* … and its tier */
    PyObject *module;    /* owned */
    PyModuleDef *def;    /* of the generation that serves, in `image` */
    struct image *image; /* borrowed: it stays while it serves;
                            NULL for a fixed one */
    struct function **functions; /* every one ever published */
    size_t function_count, function_room;
    struct capsule *capsules; /* tables that others may hold; capsule.h */
    struct type *types; /* its types and exceptions; see type.h */
    struct twin *twins; /* its other module objects; see twin.h */
    PyObject *made; /* dict: what the init of the generation that serves left
                       in the namespace; owned, NULL before that */
    PyObject *info; /* dict: module.__cowbird__; owned */
    size_t state_room; /* bytes of the module's state block; see state.h */
    bool counts_calls; /* its stubs do: it has variables to carry, or state */
    bool is_live;   /* its init has ended well: it can be swapped */
    const char *fixed; /* why no swap can move it, or NULL; for ever */
    struct native *next;
};

/* A new entry at the end of the list; NULL with `e` filled. */
struct native *native_add(const char *name, const char *source,
                          uint64_t generation, struct err *e);
struct native *native_find(const char *name);
struct native *native_of(PyObject *module);
/* The first of all; follow `next`. */
struct native *native_first(void);
/* Takes one out whose first init failed. */
void native_drop(struct native *n);

struct function *native_function(const struct native *n, const char *name);
/* Room for `more` functions, so that native_keep can't fail. */
int native_reserve(struct native *n, size_t more, struct err *e);
void native_keep(struct native *n, struct function *f);

/* From now on calls of all its functions, methods and slots are counted. */
void native_count_calls(struct native *n);
/* One of its functions that has a call in flight; NULL: none. With `label`
 * only that one is looked at. */
const char *native_call(const struct native *n, const char *label);
/* Holds up calls of its functions and methods that begin now, or lets them
 * go. */
void native_gate(const struct native *n, bool is_shut);

/* Whether a call of it has begun since the last native_watch, while its gates
 * were shut. */
void native_watch(const struct native *n);
bool native_was_called(const struct native *n);

/* Publishes the functions of `def` in the module through stubs. */
int native_publish(struct native *n, const PyMethodDef *methods,
                   struct err *e);
/* What an init has left in `namespace`: a new dict without the names that
 * importlib writes. NULL with the exception set. */
PyObject *native_snapshot(PyObject *module);
/* Makes or renews module.__cowbird__ after a first load. */
int native_describe(struct native *n);

#endif
