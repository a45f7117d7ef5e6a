/* type: heap types and exceptions that native modules make.
 *
 * A newer generation's init makes its types again; it is handed the ones that
 * are there, so that instances, subclasses and except clauses stay right.
 * What the new spec says differently is planned, then stored with the swap.
 * With the GIL.
 */
#ifndef COWBIRD_TYPE_H
#define COWBIRD_TYPE_H

#include "pyabi.h"

#include "wire/err.h"

struct image;
struct journal;
struct native;
struct type_change;

/* Whose init runs just now. */
struct type_loading {
    struct native *native;
    struct image *image;
    struct type_change **changes; /* NULL: a first load, nothing to plan */
    struct err refusal;           /* why a type can't be moved */
};

/* From now on the image's calls that make types come to us. */
int type_watch(struct image *image, struct err *e);
/* Returns the loading it interrupts, to be given back at the end. */
struct type_loading *type_loading_begin(struct type_loading *l);
void type_loading_end(struct type_loading *outer);
/* In the child of a fork: the thread that was loading is not here. */
void type_loading_abandon(void);

/* Names that the changes can put into a report. */
size_t type_changes_count(const struct type_change *c);
int type_changes_reserve(struct type_change *c, struct journal *j,
                         struct err *e);
/* What can fail: attributes that come and go. -1 with the exception set. */
int type_changes_move_names(struct type_change *c, struct journal *j);
/* What can't. */
void type_changes_store(const struct type_change *c, struct journal *j);
/* The records follow; what the changes made new is the native's. */
void type_changes_settle(struct type_change *c, struct native *n);
void type_changes_free(struct type_change *c);

#endif
