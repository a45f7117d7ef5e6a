/* outcome_changes: see outcome_changes.h. */
#include "outcome_changes.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* The name is another object's now: a class whose base has changed, or what
 * was a function and is a class. */
static bool
is_replaced(const struct txn_step *s, const char *name)
{
    return list_has(&s->added, name) && list_has(&s->removed, name);
}

/* "total()", "total(), mean()", "7 functions"; "+new()" and "-old()". */
static void
add_functions(const struct txn_step *s, struct buf *b)
{
    if (s->swapped.count > 2) {
        buf_add_fmt(b, "%zu functions  ", s->swapped.count);
    }
    for (size_t i = 0; s->swapped.count <= 2 && i < s->swapped.count; i++) {
        buf_add_fmt(b, "%s%s()", i > 0 ? ", " : "", s->swapped.items[i]);
    }
    if (s->swapped.count > 0 && s->swapped.count <= 2) {
        buf_add_str(b, "  ");
    }
    for (size_t i = 0; i < s->added.count; i++) {
        buf_add_fmt(b, is_replaced(s, s->added.items[i]) ? "%s replaced  "
                                                         : "+%s()  ",
                    s->added.items[i]);
    }
    for (size_t i = 0; i < s->removed.count; i++) {
        if (!is_replaced(s, s->removed.items[i])) {
            buf_add_fmt(b, "-%s()  ", s->removed.items[i]);
        }
    }
}

/* How many variables the line names before it only counts them. */
#define STATE_NAMED 3

/* "count reset  +cache  -old  " of "count reset: its type …", "cache added",
 * "old gone". */
static void
add_state(const struct txn_step *s, struct buf *b)
{
    if (s->state.count > STATE_NAMED) {
        buf_add_fmt(b, "%zu variables not kept  ", s->state.count);
        return;
    }
    for (size_t i = 0; i < s->state.count; i++) {
        const char *text = s->state.items[i];
        const char *colon = strstr(text, ": ");
        const char *last = strrchr(text, ' ');
        if (colon != NULL) {
            buf_add_fmt(b, "%.*s  ", (int)(colon - text), text);
        }
        else if (last != NULL) {
            buf_add_fmt(b, "%c%.*s  ", strcmp(last, " added") == 0 ? '+' : '-',
                        (int)(last - text), text);
        }
    }
}

/* "8 objects of Point moved  ", "the module's state moved  ". */
static void
add_moved(const struct txn_step *s, struct buf *b)
{
    bool has_state = list_has(&s->moved_types, "");
    if (s->moved_types.count == 0) {
        return;
    }
    if (has_state && s->moved_types.count == 1) {
        buf_add_str(b, "the module's state moved  ");
        return;
    }
    buf_add_fmt(b, "%llu object%s of ", (unsigned long long)s->moved_objects,
                s->moved_objects == 1 ? "" : "s");
    const char *between = "";
    for (size_t i = 0; i < s->moved_types.count; i++) {
        const char *name = s->moved_types.items[i];
        if (name[0] != '\0') {
            buf_add_fmt(b, "%s%s", between, name);
            between = ", ";
        }
    }
    buf_add_fmt(b, "%s moved  ", has_state ? " and the module's state" : "");
}

/* An undo runs hooks that nobody has in front of them. */
static char *
moved_note(const struct txn *t, const struct txn_step *s)
{
    if (!t->is_undo || s->moved_types.count == 0) {
        return NULL;
    }
    return mem_format("moved by the migrate hook of gen %llu's source",
                      (unsigned long long)s->served->code_of);
}

char *
outcome_note(const struct txn *t, const struct txn_step *s)
{
    struct list lines = LIST_INIT;
    char *moved = moved_note(t, s);
    if (moved != NULL) {
        list_add(&lines, moved);
    }
    free(moved);
    if (s->build.fallback != NULL) {
        list_add_fmt(&lines, "%s; cc compiles it instead",
                     s->build.fallback);
    }
    for (size_t i = 0; i < s->added.count; i++) {
        const char *name = s->added.items[i];
        if (is_replaced(s, name)) {
            char *line = mem_format("%s is another object now: who holds or "
                                    "catches the old one keeps that",
                                    name);
            list_add(&lines, line);
            free(line);
        }
    }
    for (size_t i = 0; i < s->state.count; i++) {
        bool has_reason = strstr(s->state.items[i], ": ") != NULL;
        if (has_reason || s->state.count > STATE_NAMED) {
            list_add(&lines, s->state.items[i]);
        }
    }
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < lines.count; i++) {
        buf_add_fmt(&text, "%s%s", i > 0 ? "\n" : "", lines.items[i]);
    }
    char *note = lines.count == 0 ? NULL : buf_take(&text);
    buf_dispose(&text);
    list_dispose(&lines);
    return note;
}

void
outcome_add_changes(const struct txn_step *s, struct buf *b)
{
    add_functions(s, b);
    add_state(s, b);
    add_moved(s, b);
}
