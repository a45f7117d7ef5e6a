/* typespec: a type's spec, read and copied.
 *
 * The copy that CPython gets has stubs where the module's own functions
 * stood, in tables that live as long as the process. With the GIL.
 */
#ifndef COWBIRD_TYPESPEC_H
#define COWBIRD_TYPESPEC_H

#include "pyabi.h"

#include "type.h"

/* What a slot's word is. */
enum slot_kind {
    SLOT_FUNCTION,
    SLOT_METHODS,
    SLOT_GETSETS,
    SLOT_MEMBERS,
    SLOT_DOC,
    SLOT_TOKEN, /* the address by which the module's code knows the type */
    SLOT_BASE /* a base, bases or another fact that must stay as it is */
};

/* A static type's tp_vectorcall, for which CPython has no number. */
#define TYPESPEC_VECTORCALL 1000

enum slot_kind typespec_kind(int slot);
/* The word of the first slot `id`, or NULL. */
void *typespec_slot(const PyType_Spec *spec, int id);

/* The token that the spec asks for, which may be the spec itself
 * (Py_TP_USE_SPEC); NULL: none. */
void *typespec_token(const PyType_Spec *spec);

/* A copy of a table of members (or of none: an empty one) in `*to`. */
int typespec_copy_members(const PyMemberDef *user, PyMemberDef **to,
                          struct err *e);
/* Accepts NULL. */
void typespec_free_members(PyMemberDef *members);

/* Fills the record `t` from the spec and makes the copy; `image` tells the
 * module's functions from CPython's. On the heap, for as long as CPython may
 * look at it: from 3.14 on a type's life. NULL with `e` filled. */
PyType_Spec *typespec_copy(const PyType_Spec *spec, struct image *image,
                           struct type *t, struct err *e);
/* After CPython has made `t->object`: finds its descriptors. */
void typespec_bind(struct type *t);
/* A getset with stubs; `place` as in function_new. One that never was live is
 * dropped again, unless somebody has its descriptor; accepts NULL. */
struct getset *getset_new(const PyGetSetDef *user, PyGetSetDef *place,
                          struct err *e);
void getset_drop(struct getset *g);

#endif
