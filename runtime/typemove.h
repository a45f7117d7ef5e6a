/* typemove: a type whose objects' memory is laid out anew.
 *
 * Without live objects the type object and all below it are rewritten in
 * place. Live ones are moved by the source's own hook (cowbird.h, MIGRATING)
 * within the memory that they have: copies are made first, and only when the
 * hook has succeeded for each of them does anything change. Everything else
 * is refused, naming the field and how many are alive. With the GIL.
 */
#ifndef COWBIRD_TYPEMOVE_H
#define COWBIRD_TYPEMOVE_H

#include "pyabi.h"

#include "migration.h"
#include "typelayout.h"
#include "typelive.h"
#include "wire/err.h"

struct journal;
struct type;
struct type_change;
struct type_loading;

/* What CPython makes of a spec's sizes. */
struct type_shape {
    Py_ssize_t basicsize, itemsize, dictoffset, weaklistoffset;
    Py_ssize_t vectorcall_offset;
};

struct moved_object {
    PyObject *object; /* borrowed */
    char *was, *is;   /* its bytes before and after; owned */
    size_t was_size, is_size;
    void *behind; /* as pyabi_behind_place says */
};

struct type_move {
    struct type_shape was, is;
    int basicsize, itemsize; /* as the new spec has them */
    char reason[512];        /* what is said where it can't be done */
    struct migration how;    /* its hook is NULL where there is none */
    bool takes_hook;         /* one in the source would be found */
    /* only for a commit: */
    PyObject *family; /* list; owned */
    struct moved_object *objects;
    size_t object_count;
    size_t moved_count; /* … of which so many have gone live */
};

/* Finds out whether the layout differs and what can be done: `c->move` is set
 * where it must be done. ERR_REFUSED when it can't. */
int typemove_plan(struct type_change *c, const PyType_Spec *spec,
                  const struct type_loading *l, struct err *e);
/* The init that asked for it has ended. */
void typemove_unguard(struct type_change *c);
/* Before the vote, and right before a commit again, when nothing is reserved
 * for it yet: runs the hook, on copies. Python may have changed any object in
 * between, so nothing of the first time is used. */
int typemove_ready(struct type_change *c, struct err *e);
/* Words that the store will take. */
int typemove_reserve(struct type_change *c, size_t *words, struct err *e);
/* Can't fail. */
void typemove_store(const struct type_change *c, struct journal *j);
/* After the commit: lets go of what the old layout alone held. */
void typemove_settle(struct type_change *c);
void typemove_dispose(struct type_change *c);

/* Of typemigrate. */
int migrate_plan(struct type_move *m, const struct type_loading *l,
                 const struct typelayout *found, const char *short_name,
                 struct err *e);
/* Whether each of the objects has room for what it becomes. */
int migrate_fits(const struct type_move *m, const struct live_objects *live,
                 const struct type *t, struct err *e);
int migrate_copy(struct type_move *m, const struct live_objects *live,
                 const struct type *t, struct err *e);
void migrate_store(const struct type_move *m, struct journal *j);
/* After the store; or instead of it. */
void migrate_settle(struct type_move *m);
void migrate_drop(struct type_move *m);

#endif
