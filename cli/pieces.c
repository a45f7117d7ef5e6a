/* pieces: see pieces.h. */
#include "pieces.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"
#include "mem.h"
#include "mentions.h"
#include "piece_text.h"

/* Shorter pieces cost more for what all have than they save. */
#define FEWEST_LINES 32
#define MOST_PIECES 16
#define NONE ((size_t)-1)

struct cutting {
    const char *text;
    size_t len, fixed;
    struct items items;
    struct mentions m;
    size_t *lines;  /* of a thing's group, at its root */
    size_t *places; /* the piece of a thing's group, at its root; NONE */
    size_t count;   /* pieces */
};

static size_t
lines_of(const struct cutting *c, const struct item *i)
{
    return 1
           + clex_lines(c->items.tokens[i->begin].text.at,
                        c->items.tokens[i->end - 1].text.at);
}

/* -- what each piece gets ------------------------------------------------- */

/* Groups in their order: neighbours, which are edited together, are compiled
 * together. */
static const char *
place_groups(struct cutting *c)
{
    size_t all = 0;
    size_t have = 0;
    size_t most = 0;
    for (size_t i = 0; i < c->items.count; i++) {
        const struct thing *t = c->m.of_items[i];
        size_t lines = t == NULL ? 0 : lines_of(c, &c->items.items[i]);
        all += lines;
        if (t != NULL && !t->may_double) {
            c->lines[mentions_root(&c->m, t)] += lines;
        }
    }
    size_t wanted = all / MOST_PIECES;
    wanted = wanted > FEWEST_LINES ? wanted : FEWEST_LINES;
    for (size_t i = 0; i < c->items.count; i++) {
        const struct thing *t = c->m.of_items[i];
        size_t root = t == NULL || t->may_double ? NONE
                                                 : mentions_root(&c->m, t);
        if (root == NONE || c->places[root] != NONE) {
            continue;
        }
        if (c->count == 0 || have >= wanted) {
            c->count++;
            have = 0;
        }
        c->places[root] = c->count - 1;
        have += c->lines[root];
        most = have > most ? have : most;
    }
    return c->count < 2          ? "it is short, or all of it hangs together"
           : most > all / 4 * 3 ? "most of it hangs together"
                                 : NULL;
}

static void
want(struct thing *t)
{
    if (t->is_wanted) {
        return;
    }
    t->is_wanted = true;
    for (size_t i = 0; i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        other->is_named = true;
        if (other->may_double || other->is_macro) {
            want(other);
        }
    }
}

/* Marks what the piece is to have. */
static void
want_piece(struct cutting *c, size_t piece)
{
    for (size_t i = 0; i < c->m.count; i++) {
        c->m.things[i]->is_placed |= c->m.things[i]->is_wanted;
        c->m.things[i]->is_wanted = c->m.things[i]->is_named = false;
    }
    for (size_t i = 0; i < c->m.count; i++) {
        struct thing *t = c->m.things[i];
        if (!t->is_macro && !t->may_double
            && c->places[mentions_root(&c->m, t)] == piece)
        {
            want(t);
        }
    }
}

static enum piece_role
role_of(const struct thing *t)
{
    return t == NULL || (t->is_wanted && !t->may_part) ? PIECE_HAS
           : t->is_wanted                               ? PIECE_GIVES
           : t->is_named && t->may_part                 ? PIECE_NAMES
                                                        : PIECE_NONE;
}

static bool
write_piece(struct cutting *c, size_t piece, struct piece *out)
{
    enum piece_role *roles = mem_resize(NULL, c->items.count + 1,
                                        sizeof(*roles));
    bool asks_line = false;
    want_piece(c, piece);
    for (size_t i = 0; i < c->m.count; i++) {
        const struct thing *t = c->m.things[i];
        asks_line |= t->is_wanted && t->asks_line;
    }
    for (size_t i = 0; i < c->items.count; i++) {
        roles[i] = role_of(c->m.of_items[i]);
    }
    bool is_written = piece_text_write(out, c->text, c->fixed, &c->items,
                                       roles, !asks_line);
    free(roles);
    return is_written && out->text.len <= c->len;
}

/* Whether each function is in some piece. */
static bool
is_all_placed(const struct cutting *c)
{
    for (size_t i = 0; i < c->m.count; i++) {
        const struct thing *t = c->m.things[i];
        if (!t->is_macro && !t->is_placed && !t->is_wanted) {
            return false;
        }
    }
    return true;
}

/* -- whether it can be cut ------------------------------------------------ */

/* What is compiled ahead of a save is in every piece. */
static const char *
check_fixed(const struct cutting *c)
{
    for (size_t i = 0; i < c->items.count; i++) {
        const struct item *one = &c->items.items[i];
        if (c->m.of_items[i] != NULL
            && c->items.tokens[one->begin].text.at < c->text + c->fixed)
        {
            return "code stands ahead of an include";
        }
    }
    return NULL;
}

static void
add_names(const struct cutting *c, struct pieces *p)
{
    for (size_t i = 0; i < c->m.count; i++) {
        const struct thing *t = c->m.things[i];
        if (!t->is_macro) {
            list_add(t->may_part ? &p->parted : &p->names, t->name);
        }
    }
}

static const char *
cut(struct cutting *c, struct pieces *p, const struct mention_rules *rules)
{
    const char *why = items_read(&c->items, c->text, c->len);
    why = why != NULL ? why : mentions_read(&c->m, &c->items, rules);
    why = why != NULL ? why : check_fixed(c);
    if (why != NULL) {
        return why;
    }
    c->lines = mem_resize(NULL, c->m.count + 1, sizeof(*c->lines));
    c->places = mem_resize(NULL, c->m.count + 1, sizeof(*c->places));
    for (size_t i = 0; i < c->m.count; i++) {
        c->lines[i] = 0;
        c->places[i] = NONE;
    }
    why = place_groups(c);
    if (why != NULL) {
        return why;
    }
    p->count = c->count;
    p->all = mem_new(c->count * sizeof(*p->all));
    for (size_t i = 0; i < c->count; i++) {
        if (!write_piece(c, i, &p->all[i])) {
            return "its pieces would be longer than it";
        }
    }
    if (!is_all_placed(c)) {
        return "a macro that nobody uses mentions a function";
    }
    add_names(c, p);
    return NULL;
}

void
pieces_cut(struct pieces *p, const char *text, size_t len, size_t fixed,
           const struct mention_rules *rules)
{
    struct cutting c = {.text = text, .len = len, .fixed = fixed};
    *p = (struct pieces){.all = NULL};
    const char *why = cut(&c, p, rules);
    if (why != NULL) {
        pieces_dispose(p);
    }
    p->why = why;
    free(c.lines);
    free(c.places);
    mentions_dispose(&c.m);
    items_dispose(&c.items);
}

void
pieces_dispose(struct pieces *p)
{
    for (size_t i = 0; i < p->count; i++) {
        buf_dispose(&p->all[i].text);
        line_map_dispose(&p->all[i].lines);
    }
    free(p->all);
    list_dispose(&p->names);
    list_dispose(&p->parted);
    *p = (struct pieces){.all = NULL};
}
