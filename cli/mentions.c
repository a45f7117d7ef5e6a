/* mentions: see mentions.h. */
#include "mentions.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "mention_words.h"

#define LONGEST_NAME 255

/* -- things --------------------------------------------------------------- */

static struct thing *
find(const struct mentions *m, const struct clex_word *w)
{
    char name[LONGEST_NAME + 1];
    if (w->len > LONGEST_NAME) {
        return NULL;
    }
    memcpy(name, w->at, w->len);
    name[w->len] = '\0';
    return table_get(&m->by_name, name);
}

static struct thing *
add(struct mentions *m, const char *name)
{
    struct thing *t = table_get(&m->by_name, name);
    if (t == NULL) {
        t = mem_new(sizeof(*t));
        t->name = mem_copy_str(name);
        t->index = t->parent = m->count;
        m->things = mem_resize(m->things, m->count + 1, sizeof(*m->things));
        m->things[m->count++] = t;
        table_set(&m->by_name, name, t);
    }
    return t;
}

size_t
mentions_root(const struct mentions *m, const struct thing *t)
{
    while (t->parent != t->index) {
        t = m->things[t->parent];
    }
    return t->index;
}

static void
unite(struct mentions *m, const struct thing *a, const struct thing *b)
{
    size_t one = mentions_root(m, a);
    size_t other = mentions_root(m, b);
    m->things[one > other ? one : other]->parent = one > other ? other : one;
}

/* -- who mentions whom ---------------------------------------------------- */

static void
add_mention(struct thing *from, struct thing *to, bool is_call)
{
    to->may_double &= is_call;
    to->may_part &= from->is_table;
    to->is_mentioned |= to != from;
    from->mentions = mem_resize(from->mentions, from->mention_count + 1,
                                sizeof(struct thing *));
    from->mentions[from->mention_count++] = to;
}

/* A macro's words. What is a call there may be none where it is used, so that
 * only what is followed by a '(' at once counts as one. */
static const char *
read_macro(const struct mentions *m, struct thing *t, struct clex l)
{
    bool is_whole = true;
    while (l.at < l.end) {
        if (clex_skip_comment(&l, &is_whole)) {
            continue;
        }
        const char *from = l.at;
        if (*from == '"' || *from == '\'') {
            if (!clex_skip_literal(&l)) {
                return "a macro's literal does not end";
            }
            const struct clex_word literal = {from, (size_t)(l.at - from)};
            t->keeps |= mention_is_apart(&literal);
        }
        else if (clex_is_word_char(*l.at)) {
            struct clex_word w = clex_take_word(&l);
            struct thing *other = find(m, &w);
            t->asks_line |= mention_asks_line(&w);
            t->keeps |= mention_keeps(&w);
            if (mention_reaches_out(&w) || clex_is_word(&w, "static")) {
                return "a macro reaches out of where it is used";
            }
            if (other != NULL && other != t) {
                add_mention(t, other, l.at < l.end && *l.at == '(');
            }
        }
        else if (l.at + 1 < l.end && l.at[0] == '#' && l.at[1] == '#') {
            return "a macro joins words";
        }
        else {
            l.at++;
        }
    }
    return NULL;
}

static struct clex
inside(const struct token *t)
{
    return (struct clex){t->text.at + 1, t->text.at + t->text.len};
}

/* After the definitions. */
static const char *
add_macros(struct mentions *m, const struct items *s)
{
    for (size_t i = 0; i < s->token_count; i++) {
        struct clex l = inside(&s->tokens[i]);
        if (s->tokens[i].kind != TOKEN_DIRECTIVE) {
            continue;
        }
        struct clex_word w = mention_next_word(&l);
        struct clex_word name = mention_next_word(&l);
        if (!clex_is_word(&w, "define")) {
            continue;
        }
        struct thing *known = find(m, &name);
        if (name.len > LONGEST_NAME || (known != NULL && !known->is_macro)) {
            return "a macro has the name of a function or a variable";
        }
        if (clex_is_word(&name, "PyDoc_STRVAR")) {
            return "it has a meaning of its own for PyDoc_STRVAR";
        }
        char *text = mem_copy_range(name.at, name.len);
        add(m, text)->is_macro = true;
        free(text);
    }
    return NULL;
}

static const char *
read_directive(struct mentions *m, const struct token *t)
{
    static const char *const common[]
        = {"undef", "if", "ifdef", "ifndef", "elif", "else", "endif",
           "error", "warning", NULL};
    struct clex l = inside(t);
    struct clex_word w = mention_next_word(&l);
    if (clex_is_word(&w, "pragma")) {
        return mention_is_harmless_pragma(l) ? NULL : "it has a #pragma";
    }
    if (clex_is_word(&w, "include")) {
        return mention_is_known_header(l) ? NULL : "it has headers of its own";
    }
    if (clex_is_word(&w, "define")) {
        struct clex_word name = mention_next_word(&l);
        return read_macro(m, find(m, &name), l);
    }
    bool is_common = w.len == 0 || clex_is_any(&w, common);
    bool is_condition = clex_is_word(&w, "if") || clex_is_word(&w, "elif");
    while (is_condition && l.at < l.end) {
        w = mention_next_word(&l);
        struct thing *other = find(m, &w);
        m->nobody.asks_line |= mention_asks_line(&w);
        if (other != NULL && other->is_macro) {
            add_mention(&m->nobody, other, true);
        }
    }
    return is_common ? NULL : "it has an uncommon directive";
}

/* One of those that Python takes functions from. */
static bool
is_table(const struct items *s, const struct item *one)
{
    for (size_t k = one->begin; one->kind == ITEM_VARIABLE && k < one->end
                                && !token_is(&s->tokens[k], "=");
         k++)
    {
        if (mention_is_table_type(&s->tokens[k].text)) {
            return true;
        }
    }
    return false;
}

/* Whether it says what it would say of a function that is not static, but for
 * one word. */
static bool
is_plain(const struct items *s, const struct item *one)
{
    static const char *const odd[]
        = {"inline", "__inline", "__inline__", "__attribute__",
           "__attribute", "_Noreturn", "noreturn", "extern", NULL};
    size_t statics = 0;
    for (size_t k = one->begin; k < one->body; k++) {
        const struct token *t = &s->tokens[k];
        statics += token_is(t, "static");
        if (t->kind == TOKEN_DIRECTIVE || clex_is_any(&t->text, odd)) {
            return false;
        }
    }
    return statics == 1;
}

static void
add_definitions(struct mentions *m, const struct items *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct item *one = &s->items[i];
        for (size_t k = 0; k < one->names.count
                           && (one->kind == ITEM_FUNCTION
                               || one->kind == ITEM_VARIABLE);
             k++)
        {
            struct thing *t = add(m, one->names.items[k]);
            t->items++;
            t->may_double = one->kind == ITEM_FUNCTION && one->is_static
                            && t->items == 1;
            /* the linker's own names begin so */
            t->may_part = t->may_double && is_plain(s, one)
                          && t->name[0] != '_';
            t->is_table = is_table(s, one)
                          && (t->items == 1 || t->is_table);
            m->of_items[i] = t;
            unite(m, t, table_get(&m->by_name, one->names.items[0]));
        }
    }
}

/* Behind a '.' or a "->", which "-->" is none of. */
static bool
is_member(const struct items *s, size_t at)
{
    if (at == 0 || token_is(&s->tokens[at - 1], ".")) {
        return at > 0;
    }
    const char *arrow = s->tokens[at - 1].text.at - 1;
    return at > 2 && token_is(&s->tokens[at - 1], ">")
           && s->tokens[at - 2].text.at == arrow && *arrow == '-'
           && arrow[-1] != '-';
}

/* "= (destructor)f", ", (destructor)f": the type of a slot of Python's. */
static bool
is_cast(const struct items *s, size_t at)
{
    return at > 1 && at + 1 < s->token_count
           && token_is(&s->tokens[at], "destructor")
           && token_is(&s->tokens[at - 1], "(")
           && token_is(&s->tokens[at + 1], ")")
           && (token_is(&s->tokens[at - 2], "=")
               || token_is(&s->tokens[at - 2], ","));
}

static const char *
read_item(struct mentions *m, const struct items *s, size_t index)
{
    const struct item *one = &s->items[index];
    struct thing *t = m->of_items[index];
    struct thing *from = t == NULL ? &m->nobody : t;
    for (size_t k = one->begin; k < one->end; k++) {
        const struct token *token = &s->tokens[k];
        bool is_call = k + 1 < s->token_count
                       && token_is(&s->tokens[k + 1], "(");
        if (token->kind != TOKEN_NAME) {
            continue;
        }
        if (mention_reaches_out(&token->text) && !is_cast(s, k)) {
            return "it has words that reach out of where they stand";
        }
        from->asks_line |= mention_asks_line(&token->text);
        struct thing *other = find(m, &token->text);
        bool is_own_name = other != NULL && other == t && k < one->body;
        if (is_own_name
            || (other != NULL && !other->is_macro && is_member(s, k)))
        {
            continue;
        }
        if (other != NULL) {
            add_mention(from, other, is_call);
        }
    }
    return NULL;
}

/* Behind the first brace. */
static bool
keeps_something(const struct items *s, const struct item *one)
{
    bool is_inside = false;
    for (size_t k = one->begin; k < one->end; k++) {
        const struct token *t = &s->tokens[k];
        is_inside |= token_is(t, "{");
        if (is_inside
            && (t->kind == TOKEN_OTHER ? mention_is_apart(&t->text)
                                       : mention_keeps(&t->text)))
        {
            return true;
        }
    }
    return false;
}

/* Declarations belong to what they declare. What is static and looks like one
 * of a function that the source does not define may be something else. */
static const char *
add_declarations(struct mentions *m, const struct items *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct item *one = &s->items[i];
        if (one->kind == ITEM_DECLARATION) {
            struct thing *t = table_get(&m->by_name, one->names.items[0]);
            bool is_known = t != NULL && !t->is_macro;
            if (!is_known && (t != NULL || one->is_static)) {
                return "it has a declaration of an uncommon form";
            }
            m->of_items[i] = t;
            if (t != NULL) {
                t->may_part &= is_plain(s, one);
            }
        }
        if (one->kind == ITEM_FUNCTION && keeps_something(s, one)) {
            m->of_items[i]->may_double = false;
        }
    }
    return NULL;
}

/* -- groups --------------------------------------------------------------- */

/* Whether a walk along macros has been here already. */
static bool
is_walked(const struct mentions *m, struct thing *t)
{
    bool is = t->walk == m->walks;
    t->walk = m->walks;
    return is;
}

/* Whether all that it mentions, itself or by macros, may be doubled. */
static bool
mentions_only_doubles(const struct mentions *m, struct thing *t)
{
    for (size_t i = 0; i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        bool is = !other->is_macro ? other->may_double
                  : other->keeps   ? false
                                   : is_walked(m, other)
                                         || mentions_only_doubles(m, other);
        if (!is) {
            return false;
        }
    }
    return true;
}

static void
settle_doubles(struct mentions *m)
{
    bool is_settled = false;
    while (!is_settled) {
        is_settled = true;
        for (size_t i = 0; i < m->count; i++) {
            struct thing *t = m->things[i];
            m->walks++;
            if (t->may_double
                && (!t->is_mentioned || !mentions_only_doubles(m, t)))
            {
                t->may_double = false;
                is_settled = false;
            }
        }
    }
}

static void
unite_all(struct mentions *m, const struct thing *whose, struct thing *t)
{
    for (size_t i = 0; i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        if (other->is_macro && !is_walked(m, other)) {
            unite_all(m, whose, other);
        }
        else if (!other->is_macro && !other->may_double && !other->may_part)
        {
            unite(m, whose, other);
        }
    }
}

static void
settle_parts(struct mentions *m, const struct mention_rules *rules)
{
    for (size_t i = 0; i < m->count; i++) {
        struct thing *t = m->things[i];
        t->may_part &= rules->may_part && t->is_mentioned && !t->may_double;
    }
}

/* Itself, or a macro that it mentions. */
static bool
knows_line(const struct mentions *m, struct thing *t)
{
    bool knows = t->asks_line;
    for (size_t i = 0; !knows && i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        knows = other->is_macro && !is_walked(m, other)
                && knows_line(m, other);
    }
    return knows;
}

const char *
mentions_read(struct mentions *m, const struct items *s,
              const struct mention_rules *rules)
{
    *m = (struct mentions){.by_name = TABLE_INIT};
    m->of_items = mem_new((s->count + 1) * sizeof(*m->of_items));
    add_definitions(m, s);
    const char *why = add_macros(m, s);
    why = why != NULL ? why : add_declarations(m, s);
    for (size_t i = 0; why == NULL && i < s->token_count; i++) {
        if (s->tokens[i].kind == TOKEN_DIRECTIVE) {
            why = read_directive(m, &s->tokens[i]);
        }
    }
    for (size_t i = 0; why == NULL && i < s->count; i++) {
        why = read_item(m, s, i);
    }
    for (size_t i = 0; !rules->may_double && i < m->count; i++) {
        m->things[i]->may_double = false;
    }
    settle_doubles(m);
    settle_parts(m, rules);
    m->walks++;
    if (why == NULL && knows_line(m, &m->nobody)) {
        why = "a type or a condition knows its line";
    }
    for (size_t i = 0; why == NULL && i < m->count; i++) {
        struct thing *t = m->things[i];
        m->walks++;
        if (!t->is_macro && !t->may_double) {
            unite_all(m, t, t);
        }
    }
    return why;
}

void
mentions_dispose(struct mentions *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->things[i]->mentions);
        free(m->things[i]->name);
        free(m->things[i]);
    }
    free(m->nobody.mentions);
    free(m->things);
    free(m->of_items);
    table_dispose(&m->by_name);
    *m = (struct mentions){.by_name = TABLE_INIT};
}
