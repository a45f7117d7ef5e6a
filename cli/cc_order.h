/* cc_order: a source's rest in the hands of a gcc or clang that has read its
 * preamble.
 *
 * In a compile's child, which ends as a group with whatever it started. What
 * the waiting compiler can't do or says strangely is done again by a cold one.
 */
#ifndef COWBIRD_CC_ORDER_H
#define COWBIRD_CC_ORDER_H

#include <stdbool.h>

struct buf;
struct cc_order;
struct job;
struct list;
struct record;

/* Gives the job's first source to what j->cc names; NULL: nothing fits. */
struct cc_order *cc_order_start(const struct job *j);
/* Whether the source, whose text this is, is one that what waits can end; a
 * compiler does wait. */
bool cc_order_fits(const struct job *j, const struct buf *text);
/* The same as cc_order_start for a source that fits, with `text` in the place
 * of the source's, which begins as that does and is as long, and with an
 * object of its own. */
struct cc_order *cc_order_start_text(const struct job *j,
                                     const struct buf *text,
                                     const char *object);
/* Waits for its end, once. True: `*is_good` says whether the object is there,
 * and `r` has what was said and read. False: to be compiled cold. */
bool cc_order_finish(struct cc_order *o, const struct job *j,
                     struct record *r, bool *is_good);

#endif
