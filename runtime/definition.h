/* definition: what an image says that its module is, and modules made of it.
 *
 * An init returns a PyModuleDef. From 3.15 on an image may have a hook in its
 * place that returns slots (PyModExport_<stem>, PEP 793); they are put into
 * the form of a PyModuleDef, so that all the rest knows one kind. With the
 * GIL, but for definition_hook.
 */
#ifndef COWBIRD_DEFINITION_H
#define COWBIRD_DEFINITION_H

#include "pyabi.h"

#include "wire/err.h"

struct image;

/* The hook, or NULL; it comes before PyInit_<stem> (Python/importdl.c). */
void *definition_hook(void *handle, const char *stem);
/* Calls the hook of an image that has one: `def` and `token` are set, or -1
 * and, when it raised, the exception is set. */
int definition_read(struct image *i, struct err *e);

/* A module of the image's definition without its functions, which would be
 * published with addresses that a later swap can't move. NULL with the
 * exception set. */
PyObject *definition_make(const struct image *i, PyObject *spec);
/* From now on code of the image that does not serve, be it that its calls
 * outlive a swap, finds its module by its own definition too
 * (PyType_GetModuleByDef, 3.11 and later). */
int definition_watch(const struct image *i, struct err *e);
/* Whether `o` is a module that its definition made. */
bool definition_has_made(const struct image *i, PyObject *o);

#endif
