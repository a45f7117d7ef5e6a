/* mentions: which functions and variables of a C source refer to which, by
 * the words in their text and in the macros that they use.
 */
#ifndef COWBIRD_MENTIONS_H
#define COWBIRD_MENTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "items.h"
#include "table.h"

/* What a source defines under a name; a macro as well. */
struct thing {
    char *name;
    size_t index;
    size_t parent;          /* towards the root of its group */
    struct thing **mentions; /* may have one several times */
    size_t mention_count;
    size_t items;           /* that define it */
    size_t walk;            /* the last that came by */
    bool is_macro;
    bool may_double; /* a static function that is only called, keeps nothing
                        and calls only such: several copies are as good as
                        one */
    bool may_part; /* a static function that nobody but Python's tables
                      mention: what it is called suffices for them */
    bool is_table; /* such a table */
    bool asks_line; /* where it stands is a part of it */
    bool keeps;     /* a macro: a function that uses it may not be doubled */
    bool is_mentioned; /* by another */
    bool is_wanted, is_named, is_placed; /* pieces.c's */
};

struct mentions {
    struct thing **things;
    size_t count;
    struct thing **of_items; /* an item's; NULL: it is none's */
    struct table by_name;
    size_t walks; /* so far */
    struct thing nobody; /* what is none's mentions others, too */
};

struct mention_rules {
    bool may_part;   /* nobody whom the linker joins to the source may mean
                        something else by one of its names */
    bool may_double; /* who inlines a function changes nothing that it
                        computes */
};

/* NULL, or why the text does not show all that refers to something, for
 * speech. */
const char *mentions_read(struct mentions *m, const struct items *s,
                          const struct mention_rules *rules);
/* The index of the thing that stands for all that `t` hangs together with. */
size_t mentions_root(const struct mentions *m, const struct thing *t);
void mentions_dispose(struct mentions *m);

#endif
