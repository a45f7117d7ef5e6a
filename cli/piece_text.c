/* piece_text: see piece_text.h. */
#include "piece_text.h"

#include "items.h"
#include "pieces.h"

struct writing {
    struct piece *p;
    const struct items *s;
    const char *text;
    size_t fixed;
    const char *at; /* in `text`, in … */
    size_t line;    /* … this line */
    bool is_numbered;
};

static const char *
end_of(const struct token *t)
{
    return t->text.at + t->text.len;
}

static void
write_directives(struct writing *w, size_t begin, size_t end)
{
    for (size_t k = begin; k < end; k++) {
        const struct token *t = &w->s->tokens[k];
        if (t->kind == TOKEN_DIRECTIVE && t->text.at >= w->text + w->fixed) {
            buf_add(&w->p->text, t->text.at, t->text.len);
            buf_add_str(&w->p->text, "\n");
        }
    }
}

/* What stands there is in its line and its column. */
static bool
write_line(struct writing *w, const struct item *i)
{
    const struct token *tokens = w->s->tokens;
    const char *first = tokens[i->begin].text.at;
    const char *last = end_of(&tokens[i->end - 1]);
    w->line += clex_lines(w->at, first);
    w->at = first;
    size_t line = w->line;
    if (w->is_numbered) {
        line = line_map_add(&w->p->lines, w->line,
                            1 + clex_lines(first, last));
    }
    buf_add_fmt(&w->p->text, "#line %zu\n", line);
    const char *begin = first;
    while (begin > w->text && begin[-1] != '\n') {
        begin--;
    }
    for (; begin < first; begin++) {
        buf_add_str(&w->p->text, *begin == '\t' ? "\t" : " ");
    }
    return line > 0;
}

/* Up to its token `end`. */
static void
write_extern(struct writing *w, const struct item *i, size_t end)
{
    const struct token *tokens = w->s->tokens;
    const char *from = tokens[i->begin].text.at;
    for (size_t k = i->begin; k < i->body; k++) {
        if (token_is(&tokens[k], "static")) {
            buf_add(&w->p->text, from, (size_t)(tokens[k].text.at - from));
            buf_add_str(&w->p->text, "extern"); /* as long */
            from = end_of(&tokens[k]);
        }
    }
    const char *to = end_of(&tokens[end - 1]);
    buf_add(&w->p->text, from, (size_t)(to - from));
}

static bool
write_item(struct writing *w, const struct item *i, enum piece_role role)
{
    const struct token *tokens = w->s->tokens;
    const char *from = tokens[i->begin].text.at;
    bool is_named = role == PIECE_NAMES && i->body < i->end;
    if (from < w->text + w->fixed) {
        return true;
    }
    if (role == PIECE_NONE) {
        write_directives(w, i->begin, i->end);
        return true;
    }
    bool has_line = write_line(w, i);
    if (role == PIECE_HAS) {
        buf_add(&w->p->text, from,
                (size_t)(end_of(&tokens[i->end - 1]) - from));
    }
    else {
        write_extern(w, i, is_named ? i->body : i->end);
    }
    buf_add_str(&w->p->text, is_named ? ";\n" : "\n");
    if (is_named) {
        write_directives(w, i->body, i->end);
    }
    return has_line;
}

bool
piece_text_write(struct piece *p, const char *text, size_t fixed,
                 const struct items *s, const enum piece_role *roles,
                 bool is_numbered)
{
    struct writing w = {p, s, text, fixed, text, 1, is_numbered};
    bool is_good = true;
    buf_add(&p->text, text, fixed);
    if (fixed > 0 && text[fixed - 1] != '\n') {
        buf_add_str(&p->text, "\n");
    }
    size_t done = 0; /* tokens */
    for (size_t i = 0; is_good && i < s->count; i++) {
        const struct item *one = &s->items[i];
        write_directives(&w, done, one->begin);
        is_good = write_item(&w, one, roles[i]);
        done = one->end;
    }
    write_directives(&w, done, s->token_count);
    return is_good;
}
