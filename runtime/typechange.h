/* typechange: what a newer generation says about one type, checked and
 * written down, then stored with the swap.
 *
 * A body edit is a store into a slot. Methods, getters and slots that come
 * and go are attributes of the type, set through its own setattr. Whatever
 * would move the fields of a live object is refused. With the GIL.
 */
#ifndef COWBIRD_TYPECHANGE_H
#define COWBIRD_TYPECHANGE_H

#include "pyabi.h"

#include "function.h"
#include "type.h"
#include "wire/err.h"

struct image;
struct journal;
struct native;
struct slot_place;
struct swap_names;
struct type_move;
struct typewritten;

struct type_word {
    void *at;
    void *value;
};

struct type_attr {
    PyObject *name;     /* owned */
    PyObject *value;    /* owned; NULL: goes */
    PyObject *expected; /* what must be there for it to go; borrowed */
    bool yields;        /* … or to be replaced */
};

/* A word of the type object itself that its subclasses may have copied. */
struct type_field {
    const struct slot_place *place;
    void *was, *is;
};

/* A stub whose slot the type no longer has. */
struct lost_slot {
    struct stub *stub;
    void *to;       /* where calls go that still come */
    char *farewell; /* what they raise; owned until settled, NULL: nothing */
    void *failure;  /* and give */
    char *stale;    /* the farewell before that; owned once settled */
};

struct told_slot {
    const char *label; /* for ever */
    bool is_gained;
};

struct type_change {
    struct type *type;
    const struct native *native; /* whose type it is; borrowed */
    bool is_added; /* the type is new with this generation */
    PyTypeObject *shadow; /* of a static one: what the new init made ready;
                             borrowed, NULL for others */
    bool is_gone;  /* … or no longer made by it: it stays as it was */
    struct function_change *methods;
    size_t method_count;
    struct function **gone;
    char **farewells; /* one per gone; owned until stored */
    size_t gone_count;
    struct getset **getsets; /* new ones; owned until settled */
    size_t getset_count;
    struct type_word *words;
    size_t word_count;
    struct type_attr *attrs;
    size_t attr_count;
    struct slot *slots; /* the type's next ones; NULL: as they are */
    size_t slot_count;
    struct type_field *fields;
    size_t field_count;
    struct lost_slot *lost;
    size_t lost_count;
    struct told_slot *told_slots; /* for the report */
    size_t told_count;
    void *told;       /* the last one's function */
    struct typewritten *written; /* what the init writes into the type … */
    struct type_word *written_words; /* … and what is stored; owned */
    size_t written_word_count;
    PyObject *family; /* list: the type and all below it; owned */
    PyMemberDef *members; /* the type's next ones; owned until settled */
    struct type_move *move; /* NULL: the layout stays */
    const char *doc; /* for ever */
    struct type_change *next;
};

/* The change that brings `t` to `spec`, or NULL with `e` filled: ERR_REFUSED
 * when it can't be brought there. */
struct type_change *type_plan(struct type *t, const PyType_Spec *spec,
                              PyObject *bases,
                              const struct type_loading *loading,
                              struct err *e);
/* A change that brings in a type which is not there yet (taken). */
struct type_change *type_change_add(struct type *t, struct err *e);
/* Adds a change for each type of the native that none is about. */
int type_changes_miss(struct type_change **changes, struct native *n,
                      struct err *e);
/* An attribute that comes (`value` is borrowed) or goes (NULL). */
int type_change_attr(struct type_change *c, const char *name, PyObject *value,
                     PyObject *expected, struct err *e);
/* Sets the type's docstring, where it differs. */
int type_change_doc(struct type_change *c, const char *doc, struct err *e);

/* The init, of `image`, has ended, well or not. */
void type_changes_loaded(struct type_change *c, const struct image *image);
/* Whether there are live objects to move, perhaps. */
bool type_changes_move_objects(const struct type_change *c);
/* Before anything is reserved, as often as is asked for: user code that moves
 * live objects may run. */
int type_changes_ready(struct type_change *c, struct err *e);
/* Names that the changes can put into a report. */
size_t type_changes_count(const struct type_change *c);
int type_changes_reserve(struct type_change *c, struct journal *j,
                         struct err *e);
/* After that: whether a method has to be called another way. */
bool type_changes_move_conventions(const struct type_change *c);
/* What can fail: attributes that come and go. -1 with the exception set. */
int type_changes_move_names(const struct type_change *c, struct journal *j);
/* What can't. */
void type_changes_store(const struct type_change *c, struct journal *j);
/* Before the store: which methods it is about. */
void type_changes_name(const struct type_change *c, struct swap_names *swapped,
                       struct swap_names *added, struct swap_names *dropped);
/* The records follow; what the changes made new is the native's. */
void type_changes_settle(struct type_change *c, struct native *n);
void type_changes_free(struct type_change *c);

#endif
