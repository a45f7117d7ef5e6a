/* carry: what variables with static storage hold, taken along by a swap.
 *
 * One is carried when both artefacts have it, in the same function or in none,
 * with the same type and the same initialiser; a new initialiser stands
 * instead, and that is said. The source may ask for more or less (CB_CARRY). A
 * pointer into the old image that a carried one
 * holds leads to what bears the same name in the new image; where nothing
 * does, it stays as it is and keeps the old image (retire.h). With the GIL,
 * but for the plan.
 */
#ifndef COWBIRD_CARRY_H
#define COWBIRD_CARRY_H

#include "pyabi.h"

#include "wire/err.h"

struct facts;
struct image;

struct carry_item {
    char *from, *to; /* in the old and the new image */
    size_t size;     /* bytes */
};

/* A function or an object of the old image that is not carried itself, and
 * where pointers at it lead. */
struct carry_place {
    const char *from, *to; /* `to` is NULL where there is nothing alike */
    size_t size;
    bool is_code;
};

/* One that is not carried, in words for people. */
struct carry_note {
    char *name; /* "count", "count in tick()" */
    char *why;  /* "reset: its initialiser changed (3 to 5)", "added",
                   "gone" */
};

struct carry {
    struct carry_item *items;   /* by `from` */
    size_t count;
    struct carry_place *places; /* by `from` */
    size_t place_count;
    struct carry_note *notes;
    size_t note_count;
    const struct image *old, *new; /* borrowed */
    bool has_state; /* the new image has variables that a later swap would
                       carry */
    bool has_returned; /* places may lie in older images (dispatch.h) */
    size_t kept; /* pointers that the store has left as they are */
};

/* Of both the variables are read (facts.h). Touches neither image. Where
 * nothing was saved (another compiler's build of the same source) everything
 * is kept that can be. */
int carry_plan(struct carry *c, const struct facts *was,
               const struct facts *is, bool is_save, struct err *e);
/* Whether an image has any; read from its file. */
bool carry_has_state(const struct image *i);
/* Cannot fail; what it overwrites is the new image's alone. */
void carry_store(struct carry *c);
/* Whether there is anything to copy. */
bool carry_moves(const struct carry *c);
/* Takes the variable at `to` in the new image out of what is carried: where it
 * is in the old one, or NULL. */
const char *carry_drop(struct carry *c, const char *to);
/* Where a function or an object of the old image that is not carried is now,
 * or NULL. */
const char *carry_place(const struct carry *c, const char *from);
/* The same of a function, or 0. */
uintptr_t carry_function(const struct carry *c, uintptr_t at);
/* Leads what points into `size` bytes at `from`, in the old image or in one
 * before it, to `to`. -1 when out of memory. */
int carry_lead(struct carry *c, const char *from, const char *to, size_t size);
/* Takes another note; both words are then its own. -1 when out of memory,
 * also where one is NULL. */
int carry_tell(struct carry *c, char *name, char *why);
void carry_dispose(struct carry *c);

#endif
