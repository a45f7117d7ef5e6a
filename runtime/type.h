/* type: the heap types and exceptions that native modules make, published
 * through stubs.
 *
 * A newer generation's init makes its types again; it is handed the ones that
 * are there, so that instances, subclasses and except clauses stay right.
 * What the new spec says differently is a struct type_change (typechange.h).
 * A record lives as long as the process. With the GIL.
 */
#ifndef COWBIRD_TYPE_H
#define COWBIRD_TYPE_H

#include "pyabi.h"

#include <pthread.h>

#include "wire/err.h"

struct image;
struct layout_pair;
struct native;
struct stub;
struct type_change;
struct type_written;

/* A getter and a setter under one name. */
struct getset {
    PyGetSetDef *def; /* CPython's, for ever: `own` or of the type's table */
    PyGetSetDef own;
    struct stub *get, *set; /* NULL while there has never been one */
    PyObject *object;       /* the descriptor; owned */
};

/* One of the type's other C functions. */
struct slot {
    int id;
    void *plain;       /* CPython's own function, or NULL … */
    struct stub *stub; /* … for one of the module's; NULL while there has
                          never been one */
    bool is_gone;      /* removed by a save */
    bool is_fresh;     /* its stub has not been live yet */
};

struct type {
    char *name;       /* as the spec has it: "hot.Point" */
    PyObject *object; /* owned */
    PyObject *bases;  /* as given: a type, a tuple or NULL; owned */
    bool is_exception;
    bool is_gone; /* the last init has not made it */
    int basicsize, itemsize;
    unsigned flags;
    PyMemberDef *members; /* copied table, or NULL */
    struct function **methods;
    size_t method_count;
    struct getset **getsets;
    size_t getset_count;
    struct slot *slots;
    size_t slot_count;
    struct type_written *written; /* by its init; typewritten.h */
    size_t written_count;
    unsigned tags;   /* see tags.h */
    const char *doc; /* for ever, or NULL */
    bool is_static;  /* it lies in an image's data (statictype.h) … */
    Py_ssize_t offsets[3]; /* … and this is where its objects have __dict__,
                              weak references and vectorcall; bytes */
    char **labels;   /* "Point.__len__" and the like, for ever */
    size_t label_count;
    PyMethodDef *method_table; /* CPython's, for ever, … */
    PyGetSetDef *getset_table;
    PyType_Spec *spec; /* … as what it made the type of; NULL: not so */
    PyObject *gone;    /* weak, to the type of an orphan (typeorphan.h) */
    struct type *next;
};

/* Whose init runs just now, and on which thread. */
struct type_loading {
    struct native *native;
    struct image *image;
    struct type_change **changes; /* NULL: a first load, nothing to plan */
    const char *saved;            /* when the source was, for messages */
    const struct layout_pair *layouts; /* of structs, or NULL */
    struct err refusal;           /* why a type can't be moved */
    /* Single-phase alone: publishes the functions of the module that the init
     * has just made; 0, or -1 with `e` filled. */
    int (*publish)(struct type_loading *l, PyObject *module, PyModuleDef *def,
                   struct err *e);
    void *owner;      /* publish's; borrowed */
    PyObject *module; /* what it was called for; borrowed, NULL before */
    pthread_t thread;
};

/* From now on the image's calls that make types come to us. */
int type_watch(struct image *image, struct err *e);
/* Returns the loading it interrupts, to be given back at the end. */
struct type_loading *type_loading_begin(struct type_loading *l);
void type_loading_end(struct type_loading *outer);
/* The one that calls us; NULL: what is made later or by another thread is
 * CPython's alone, as without us. */
struct type_loading *type_loading_here(void);
/* In the child of a fork: the thread that was loading is not here. */
void type_loading_abandon(void);

struct type *type_find(struct type *first, const char *name);
/* A record without an object yet; NULL with `e` filled. */
struct type *type_new(const char *name, PyObject *bases, struct err *e);
/* From now on the record is the load's: live at once on a first load, else
 * with the commit. -1 when out of memory. */
int type_keep(struct type_loading *l, struct type *t);
/* Whether the load has met a type of that name already. */
bool type_is_planned(const struct type_loading *l, const char *name);
/* The last part of the name, which is the type's own. */
const char *type_short_name(const struct type *t);
#endif
