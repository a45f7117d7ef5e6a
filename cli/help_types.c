/* help_types: see help_types.h. */
#include "help_types.h"

#include <string.h>

#include "opt.h"
#include "types.h"
#include "way.h"

/* The number of the note that says what a type refuses, from 1: equal texts
 * share one. */
static int
note_of(const struct type *t)
{
    int number = 0;
    for (const struct type *u = types; u->c != NULL; u++) {
        bool is_first = type_is_number(u);
        for (const struct type *v = types; is_first && v != u; v++) {
            is_first = strcmp(v->refused, u->refused) != 0;
        }
        number += is_first;
        if (strcmp(u->refused, t->refused) == 0) {
            return number;
        }
    }
    return number;
}

/* Whether the table tells of it: char has a row for each signedness. */
static bool
is_told(const struct type *t)
{
    for (const struct type *u = types; u != t; u++) {
        if (strcmp(u->c, t->c) == 0) {
            return false;
        }
    }
    return type_is_number(t);
}

static void
add_numbers(struct buf *out)
{
    int last = 0;
    buf_add_str(out, "| C                    | Python  | items | refused |\n"
                     "| -------------------- | ------- | ----- | ------- |\n");
    for (const struct type *t = types; t->c != NULL; t++) {
        if (is_told(t)) {
            buf_add_fmt(out, "| %-20s | %-7s | %-5s | %-7d |\n", t->c,
                        t->python, t->item == NULL ? "" : t->item,
                        note_of(t));
        }
    }
    buf_add_str(out, "\n");
    for (const struct type *t = types; t->c != NULL; t++) {
        if (is_told(t) && note_of(t) > last) {
            last = note_of(t);
            buf_add_fmt(out, "%d. ", last);
            opt_add_wrapped(out, 3, t->refused);
        }
    }
}

static void
add_words(struct buf *out, const struct way_words *w)
{
    if (w->form != NULL) {
        buf_add_fmt(out, "\n- `%s` is `%s`:\n  ", w->form, w->python);
        opt_add_wrapped(out, 2, w->text);
    }
}

void
help_types_write(struct buf *out)
{
    buf_add_str(out,
                "# What C types are in Python\n\n"
                "What 'cowbird help types' prints, from the tables by which "
                "plain functions\nare bound. The manual is the first comment "
                "of cowbird.h.\n\n"
                "## Numbers\n\n"
                "A typedef (int64_t, size_t) is what it stands for. Items "
                "are the format of a\nbuffer, as Python's struct module "
                "writes it.\n\n");
    add_numbers(out);
    buf_add_str(out, "\n## Parameters\n\nT is a number.\n");
    for (size_t i = 0; ways[i] != NULL; i++) {
        add_words(out, &ways[i]->words);
    }
    buf_add_str(out, "\n## Results\n");
    for (size_t i = 0; givings[i] != NULL; i++) {
        add_words(out, &givings[i]->words);
    }
}
