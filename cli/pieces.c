/* pieces: see pieces.h. */
#include "pieces.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "items.h"
#include "mem.h"
#include "mentions.h"

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
    const struct clex_word *first = &c->items.tokens[i->begin].text;
    const struct clex_word *last = &c->items.tokens[i->end - 1].text;
    size_t lines = 1;
    for (const char *at = first->at; at < last->at; at++) {
        lines += *at == '\n';
    }
    return lines;
}

/* -- what each piece gets ------------------------------------------------- */

/* Groups in their order, so that an edit moves the lines of those behind it
 * alone. */
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
        if (other->may_double || other->is_macro) {
            want(other);
        }
    }
}

static void
blank(struct buf *b, const struct cutting *c, const char *from,
      const char *to)
{
    for (size_t at = (size_t)(from - c->text); at < (size_t)(to - c->text);
         at++)
    {
        if (b->data[at] != '\n' && at >= c->fixed) {
            b->data[at] = ' ';
        }
    }
}

/* All but its directives. */
static void
blank_item(struct buf *b, const struct cutting *c, const struct item *i)
{
    for (size_t k = i->begin; k < i->end; k++) {
        const struct token *t = &c->items.tokens[k];
        const char *end = t->text.at + t->text.len;
        if (t->kind != TOKEN_DIRECTIVE) {
            blank(b, c, t->text.at, end);
        }
        if (k + 1 < i->end) {
            blank(b, c, end, c->items.tokens[k + 1].text.at);
        }
    }
}

/* Compilers have something to say of a comment in a comment. */
static bool
is_nested(const char *from, const char *to)
{
    size_t opened = 0;
    size_t closed = 0;
    for (; from + 1 < to; from++) {
        opened += from[0] == '/' && from[1] == '*';
        closed += from[0] == '*' && from[1] == '/';
    }
    return opened > closed;
}

/* Comments between items, too: who edits one changes no piece. */
static void
blank_between(struct buf *b, const struct cutting *c)
{
    const char *from = c->text;
    size_t at = 0;
    for (size_t i = 0; i < c->items.token_count; i++) {
        const struct token *t = &c->items.tokens[i];
        while (at < c->items.count && c->items.items[at].end <= i) {
            at++;
        }
        bool is_inside = at < c->items.count
                         && c->items.items[at].begin < i;
        if (!is_inside && !is_nested(from, t->text.at)) {
            blank(b, c, from, t->text.at);
        }
        from = t->text.at + t->text.len;
    }
    if (!is_nested(from, c->text + c->len)) {
        blank(b, c, from, c->text + c->len);
    }
}

/* Lines that are blank become empty: how long was what stood there is to
 * change no piece. */
static void
shorten(struct buf *b, size_t fixed)
{
    size_t to = fixed;
    for (size_t at = fixed; at < b->len;) {
        const char *line = b->data + at;
        const char *close = memchr(line, '\n', b->len - at);
        size_t len = close == NULL ? b->len - at : (size_t)(close - line) + 1;
        size_t blanks = strspn(line, " ");
        bool is_blank = close != NULL && blanks + 1 == len;
        memmove(b->data + to, line + (is_blank ? blanks : 0),
                is_blank ? 1 : len);
        to += is_blank ? 1 : len;
        at += len;
    }
    b->len = to;
    b->data[to] = '\0';
}

/* Marks what the piece is to have. */
static void
want_piece(struct cutting *c, size_t piece)
{
    for (size_t i = 0; i < c->m.count; i++) {
        c->m.things[i]->is_placed |= c->m.things[i]->is_wanted;
        c->m.things[i]->is_wanted = false;
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

static void
write_piece(struct cutting *c, size_t piece, struct buf *out)
{
    buf_add(out, c->text, c->len);
    blank_between(out, c);
    want_piece(c, piece);
    for (size_t i = 0; i < c->items.count; i++) {
        const struct thing *t = c->m.of_items[i];
        if (t != NULL && !t->is_wanted) {
            blank_item(out, c, &c->items.items[i]);
        }
    }
    shorten(out, c->fixed);
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

static const char *
cut(struct cutting *c, struct pieces *p)
{
    const char *why = items_read(&c->items, c->text, c->len);
    why = why != NULL ? why : mentions_read(&c->m, &c->items);
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
    p->texts = mem_new(c->count * sizeof(*p->texts));
    for (size_t i = 0; i < c->count; i++) {
        write_piece(c, i, &p->texts[i]);
    }
    if (!is_all_placed(c)) {
        return "a macro that nobody uses mentions a function";
    }
    for (size_t i = 0; i < c->m.count; i++) {
        if (!c->m.things[i]->is_macro) {
            list_add(&p->names, c->m.things[i]->name);
        }
    }
    return NULL;
}

void
pieces_cut(struct pieces *p, const char *text, size_t len, size_t fixed)
{
    struct cutting c = {.text = text, .len = len, .fixed = fixed};
    *p = (struct pieces){.texts = NULL};
    const char *why = cut(&c, p);
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
        buf_dispose(&p->texts[i]);
    }
    free(p->texts);
    list_dispose(&p->names);
    *p = (struct pieces){.texts = NULL};
}
