/* mentions: see mentions.h. */
#include "mentions.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

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

/* -- what the text does not show ------------------------------------------ */

/* Words that reach out of what they stand in. */
static bool
reaches_out(const struct clex_word *w)
{
    static const char *const words[]
        = {"asm", "__asm", "__asm__", "__COUNTER__", "_Pragma", "__pragma",
           "constructor", "__constructor__", "destructor", "__destructor__",
           "alias", "__alias__", "weak", "__weak__", "weakref",
           "__weakref__", "ifunc", "__ifunc__", "section", "__section__",
           "symver", "__symver__", "cleanup", "__cleanup__", "__auto_type",
           "no_reorder", "__no_reorder__", "gnu_inline", "__gnu_inline__",
           NULL};
    return clex_is_any(w, words);
}

static bool
is_harmless_pragma(struct clex l)
{
    static const char *const harmless[] = {"once", "STDC", "GCC", "omp",
                                           "clang", NULL};
    static const char *const harmful[]
        = {"visibility", "push_options", "pop_options", "optimize", "target",
           "reset_options", "poison", "redefine_extname", "weak", NULL};
    bool is = false;
    for (size_t words = 0; l.at < l.end;) {
        if (!clex_is_word_char(*l.at)) {
            l.at++;
            continue;
        }
        struct clex_word w = clex_take_word(&l);
        is = words++ == 0 ? clex_is_any(&w, harmless)
                          : is && !clex_is_any(&w, harmful);
    }
    return is;
}

static struct clex_word
next_word(struct clex *l)
{
    while (l->at < l->end && !clex_is_word_char(*l->at)) {
        l->at++;
    }
    return clex_take_word(l);
}

/* -- who mentions whom ---------------------------------------------------- */

static void
add_mention(struct thing *from, struct thing *to, bool is_call)
{
    to->may_double &= is_call || to == from;
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
        if (*l.at == '"' || *l.at == '\'') {
            if (!clex_skip_literal(&l)) {
                return "a macro's literal does not end";
            }
        }
        else if (clex_is_word_char(*l.at)) {
            struct clex_word w = clex_take_word(&l);
            struct thing *other = find(m, &w);
            if (reaches_out(&w)) {
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
        struct clex_word w = next_word(&l);
        struct clex_word name = next_word(&l);
        if (!clex_is_word(&w, "define")) {
            continue;
        }
        struct thing *known = find(m, &name);
        if (name.len > LONGEST_NAME || (known != NULL && !known->is_macro)) {
            return "a macro has the name of a function or a variable";
        }
        char *text = mem_copy_range(name.at, name.len);
        add(m, text)->is_macro = true;
        free(text);
    }
    return NULL;
}

static const char *
read_directive(const struct mentions *m, const struct token *t)
{
    struct clex l = inside(t);
    struct clex_word w = next_word(&l);
    if (clex_is_word(&w, "pragma")) {
        return is_harmless_pragma(l) ? NULL : "it has a #pragma";
    }
    if (!clex_is_word(&w, "define")) {
        return NULL;
    }
    struct clex_word name = next_word(&l);
    return read_macro(m, find(m, &name), l);
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
            t->may_double = one->kind == ITEM_FUNCTION && one->is_static
                            && t->items++ == 0;
            m->of_items[i] = t;
            unite(m, t, table_get(&m->by_name, one->names.items[0]));
        }
    }
}

/* Behind a '.' or a "->". */
static bool
is_member(const struct items *s, size_t at)
{
    return at > 0
           && (token_is(&s->tokens[at - 1], ".")
               || (at > 1 && token_is(&s->tokens[at - 1], ">")
                   && token_is(&s->tokens[at - 2], "-")));
}

static const char *
read_item(struct mentions *m, const struct items *s, size_t index)
{
    const struct item *one = &s->items[index];
    struct thing *t = m->of_items[index];
    for (size_t k = one->begin; k < one->end; k++) {
        const struct token *token = &s->tokens[k];
        bool is_call = k + 1 < s->token_count
                       && token_is(&s->tokens[k + 1], "(");
        if (token->kind != TOKEN_NAME) {
            continue;
        }
        if (reaches_out(&token->text)) {
            return "it has words that reach out of where they stand";
        }
        struct thing *other = find(m, &token->text);
        if (other != NULL && !other->is_macro && is_member(s, k)) {
            continue;
        }
        if (other != NULL && t != NULL) {
            add_mention(t, other, is_call);
        }
        else if (other != NULL) {
            other->may_double &= is_call;
        }
    }
    return NULL;
}

/* A `static` behind the first brace. */
static bool
keeps_something(const struct items *s, const struct item *one)
{
    bool is_inside = false;
    for (size_t k = one->begin; k < one->end; k++) {
        is_inside |= token_is(&s->tokens[k], "{");
        if (is_inside && token_is(&s->tokens[k], "static")) {
            return true;
        }
    }
    return false;
}

/* Declarations belong to what they declare. */
static void
add_declarations(struct mentions *m, const struct items *s)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct item *one = &s->items[i];
        if (one->kind == ITEM_DECLARATION) {
            struct thing *t = table_get(&m->by_name, one->names.items[0]);
            m->of_items[i] = t == NULL || t->is_macro ? NULL : t;
        }
        if (one->kind == ITEM_FUNCTION && keeps_something(s, one)) {
            m->of_items[i]->may_double = false;
        }
    }
}

/* -- groups --------------------------------------------------------------- */

/* Whether all that it mentions, itself or by macros, may be doubled. */
static bool
mentions_only_doubles(struct thing *t, unsigned depth)
{
    for (size_t i = 0; i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        bool is = other->is_macro ? depth > 0
                                        && mentions_only_doubles(other,
                                                                 depth - 1)
                                  : other->may_double;
        if (!is) {
            return false;
        }
    }
    return true;
}

#define DEEPEST 16 /* macros in macros */

static void
settle_doubles(struct mentions *m)
{
    bool is_settled = false;
    while (!is_settled) {
        is_settled = true;
        for (size_t i = 0; i < m->count; i++) {
            struct thing *t = m->things[i];
            if (t->may_double
                && (!t->is_mentioned || !mentions_only_doubles(t, DEEPEST)))
            {
                t->may_double = false;
                is_settled = false;
            }
        }
    }
}

/* False when macros go too deep to be followed. */
static bool
unite_all(struct mentions *m, const struct thing *whose, struct thing *t,
          unsigned depth)
{
    bool is_good = true;
    for (size_t i = 0; is_good && i < t->mention_count; i++) {
        struct thing *other = t->mentions[i];
        if (other->is_macro) {
            is_good = depth > 0 && unite_all(m, whose, other, depth - 1);
        }
        else if (!other->may_double) {
            unite(m, whose, other);
        }
    }
    return is_good;
}

const char *
mentions_read(struct mentions *m, const struct items *s)
{
    *m = (struct mentions){.by_name = TABLE_INIT};
    m->of_items = mem_new((s->count + 1) * sizeof(*m->of_items));
    add_definitions(m, s);
    const char *why = add_macros(m, s);
    add_declarations(m, s);
    for (size_t i = 0; why == NULL && i < s->token_count; i++) {
        if (s->tokens[i].kind == TOKEN_DIRECTIVE) {
            why = read_directive(m, &s->tokens[i]);
        }
    }
    for (size_t i = 0; why == NULL && i < s->count; i++) {
        why = read_item(m, s, i);
    }
    settle_doubles(m);
    for (size_t i = 0; why == NULL && i < m->count; i++) {
        struct thing *t = m->things[i];
        if (!t->is_macro && !t->may_double && !unite_all(m, t, t, DEEPEST)) {
            why = "its macros go too deep";
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
    free(m->things);
    free(m->of_items);
    table_dispose(&m->by_name);
    *m = (struct mentions){.by_name = TABLE_INIT};
}
