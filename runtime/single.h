/* single: single-phase init, where PyInit_<stem> makes the module itself.
 *
 * A first load goes through CPython's own loader, with its caches and its
 * package context; a swap runs the new init into a shadow. In both the
 * image's call of PyModule_Create comes to us, so that the functions are
 * published through stubs. The first image is never unloaded: CPython keeps
 * its definition. With the GIL.
 */
#ifndef COWBIRD_SINGLE_H
#define COWBIRD_SINGLE_H

#include "pyabi.h"

#include "wire/err.h"

struct image;
struct native;

/* From now on the image's PyModule_Create comes to us. */
int single_watch(struct image *image, struct err *e);
/* The first load: the module (owned), whose functions are published. One
 * that goes around us is CPython's alone: `n->fixed` says why. NULL with the
 * exception set, or `e` filled. */
PyObject *single_load(struct native *n, PyObject *spec, struct err *e);
/* Lets the new definition find the live module (PyState_FindModule). */
int single_share(struct native *n, PyModuleDef *def, struct err *e);

#endif
