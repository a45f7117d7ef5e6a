/* items: see items.h. */
#include "items.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define NONE ((size_t)-1)

/* An item as far as it is read. */
struct reading {
    const struct items *s;
    size_t at;
    size_t words;      /* names at its level, ahead of its first '(' or '=' */
    size_t first;      /* the first of them */
    size_t last;       /* the last since the last comma; NONE: there is none */
    size_t groups;     /* in parentheses, ahead of any '=' */
    size_t commas;
    size_t head;       /* the word ahead of the first */
    bool is_pointer;   /* and that group begins with '*' */
    bool is_after;     /* a word follows a group, or a type's braces */
    bool has_type;     /* braces of a struct, a union, an enum */
    bool is_assigned;
    bool is_named;     /* this declarator's name is taken */
    bool is_extern, is_inline, is_typedef;
    struct item item;
};

bool
token_is(const struct token *t, const char *text)
{
    return clex_is_word(&t->text, text);
}

/* -- tokens --------------------------------------------------------------- */

static void
add_token(struct items *s, const char *from, const char *to,
          enum token_kind kind)
{
    if ((s->token_count & (s->token_count - 1)) == 0) {
        size_t cap = s->token_count == 0 ? 1 : 2 * s->token_count;
        s->tokens = mem_resize(s->tokens, cap, sizeof(*s->tokens));
    }
    s->tokens[s->token_count++]
        = (struct token){{from, (size_t)(to - from)}, kind};
}

/* One token, or what stands between two. NULL, or why it cannot be told. */
static const char *
read_token(struct items *s, struct clex *l, bool *is_line_start)
{
    const char *from = l->at;
    bool is_whole = true;
    if (isspace((unsigned char)*from)) {
        *is_line_start |= *from == '\n';
        l->at++;
        return NULL;
    }
    if (clex_skip_comment(l, &is_whole)) {
        return is_whole ? NULL : "a comment does not end";
    }
    if (*from == '#' && *is_line_start) {
        bool is_closed = clex_skip_directive(l);
        add_token(s, from, l->at, TOKEN_DIRECTIVE);
        return is_closed ? NULL : "a comment goes on behind a directive";
    }
    *is_line_start = false;
    if (*from == '"' || *from == '\'') {
        bool is_closed = clex_skip_literal(l);
        add_token(s, from, l->at, TOKEN_OTHER);
        return is_closed ? NULL : "a literal does not end";
    }
    if (clex_is_word_char(*from)) {
        clex_take_word(l);
        add_token(s, from, l->at,
                  isdigit((unsigned char)*from) ? TOKEN_OTHER : TOKEN_NAME);
        return NULL;
    }
    l->at++;
    add_token(s, from, l->at, TOKEN_SIGN);
    return *from == '\\' ? "a line goes on behind a backslash" : NULL;
}

static const char *
read_tokens(struct items *s, const char *text, size_t len)
{
    struct clex l = {text, text + len};
    bool is_line_start = true;
    const char *why = clex_is_odd(text, len) ? "it has digraphs or trigraphs"
                      : memchr(text, '\r', len) != NULL
                          ? "its lines end with a carriage return"
                          : NULL;
    while (why == NULL && l.at < l.end) {
        why = read_token(s, &l, &is_line_start);
    }
    return why;
}

/* -- an item -------------------------------------------------------------- */

static bool
is_sign(const struct items *s, size_t at, char sign)
{
    return at < s->token_count && s->tokens[at].kind == TOKEN_SIGN
           && s->tokens[at].text.at[0] == sign;
}

/* Behind the bracket that closes the one at `at`; NONE. */
static size_t
behind(const struct items *s, size_t at)
{
    size_t depth = 0;
    for (; at < s->token_count; at++) {
        const struct token *t = &s->tokens[at];
        if (t->kind != TOKEN_SIGN) {
            continue;
        }
        depth += strchr("([{", t->text.at[0]) != NULL;
        if (strchr(")]}", t->text.at[0]) != NULL && --depth == 0) {
            return at + 1;
        }
    }
    return NONE;
}

static void
take_name(struct reading *r)
{
    if (!r->is_named && r->last != NONE && !r->is_typedef) {
        const struct clex_word *w = &r->s->tokens[r->last].text;
        list_add_taken(&r->item.names, mem_copy_range(w->at, w->len));
    }
    r->is_named = true;
}

static void
read_word(struct reading *r)
{
    const struct token *t = &r->s->tokens[r->at];
    r->is_extern |= token_is(t, "extern");
    r->is_inline |= token_is(t, "inline") || token_is(t, "__inline")
                    || token_is(t, "__inline__");
    r->is_typedef |= token_is(t, "typedef");
    r->item.is_static |= token_is(t, "static");
    bool is_none = clex_is_any(&t->text, clex_not_functions)
                   || token_is(t, "static_assert");
    if (is_none && is_sign(r->s, r->at + 1, '(')) {
        r->at = behind(r->s, r->at + 1);
        return;
    }
    if (!r->is_assigned) {
        r->is_after |= r->groups > 0 || r->has_type;
        r->first = r->words++ == 0 ? r->at : r->first;
        r->last = r->at;
    }
    r->at++;
}

static void
read_group(struct reading *r)
{
    if (!r->is_assigned) {
        r->head = r->groups++ == 0 ? r->last : r->head;
        r->is_pointer |= is_sign(r->s, r->at + 1, '*');
    }
    r->at = behind(r->s, r->at);
}

/* Whether the '{' here begins the body of a function. */
static bool
is_body(const struct reading *r)
{
    return !r->is_assigned && r->groups > 0;
}

/* True at the item's end. */
static bool
read_sign(struct reading *r)
{
    switch (r->s->tokens[r->at].text.at[0]) {
    case '(':
        read_group(r);
        return false;
    case '[':
        take_name(r);
        r->at = behind(r->s, r->at);
        return false;
    case '{':
        if (is_body(r)) {
            r->item.kind = ITEM_FUNCTION;
            r->item.body = r->at;
            r->at = behind(r->s, r->at);
            return true;
        }
        r->has_type |= !r->is_assigned;
        r->at = behind(r->s, r->at);
        return false;
    case '=':
        take_name(r);
        r->is_assigned = true;
        break;
    case ',':
        r->commas++;
        take_name(r);
        r->is_named = r->is_assigned = false;
        r->last = NONE;
        break;
    case ';':
        take_name(r);
        r->at++;
        return true;
    default:
        break;
    }
    r->at++;
    return false;
}

static bool
is_tag(const struct token *t)
{
    return token_is(t, "struct") || token_is(t, "union")
           || token_is(t, "enum");
}

/* A function's name is the word ahead of its one group. */
static const char *
name_function(struct reading *r)
{
    if (r->groups != 1 || r->head == NONE || r->words < 2 || r->is_pointer
        || r->is_after || r->has_type || r->commas > 0 || r->is_assigned)
    {
        return "it has a declaration of an uncommon form";
    }
    if (r->is_inline && !r->item.is_static) {
        return "it has an inline function that is not static";
    }
    const struct clex_word *w = &r->s->tokens[r->head].text;
    list_clear(&r->item.names);
    list_add_taken(&r->item.names, mem_copy_range(w->at, w->len));
    return NULL;
}

/* What an item is that ends with a semicolon. */
static const char *
judge(struct reading *r)
{
    const struct token *tokens = r->s->tokens;
    bool is_forward = r->words == 2 && is_tag(&tokens[r->first])
                      && r->groups == 0 && !r->has_type;
    if (r->is_extern && (r->item.is_static || r->has_type)) {
        return "it has a declaration of an uncommon form";
    }
    if (r->words == 0 || r->is_typedef || is_forward
        || (r->is_extern && !r->is_assigned))
    {
        r->item.kind = ITEM_OTHER;
        return NULL;
    }
    if (r->has_type) {
        bool is_alone = is_tag(&tokens[r->first]) && r->groups == 0
                        && r->words <= 2 && !r->is_after;
        r->item.kind = ITEM_OTHER;
        return is_alone ? NULL : "it has a type and a variable in one";
    }
    if (r->groups > 0) {
        r->item.kind = ITEM_DECLARATION;
        return name_function(r);
    }
    r->item.kind = ITEM_VARIABLE;
    return r->words < 2 || r->item.names.count == 0
               ? "it has a declaration of an uncommon form"
               : NULL;
}

static void
add_item(struct items *s, const struct item *one)
{
    s->items = mem_resize(s->items, s->count + 1, sizeof(*s->items));
    s->items[s->count++] = *one;
}

/* PyDoc_STRVAR(name, text): a variable, as Python's header writes it. */
static bool
read_doc(struct items *s, size_t *begin)
{
    size_t at = *begin;
    if (!token_is(&s->tokens[at], "PyDoc_STRVAR") || !is_sign(s, at + 1, '(')
        || !is_sign(s, at + 3, ',') || s->tokens[at + 2].kind != TOKEN_NAME)
    {
        return false;
    }
    size_t end = behind(s, at + 1);
    if (end == NONE || !is_sign(s, end, ';')) {
        return false;
    }
    struct item one = {.kind = ITEM_VARIABLE, .begin = at, .end = end + 1,
                       .body = end + 1, .is_static = true};
    const struct clex_word *w = &s->tokens[at + 2].text;
    list_add_taken(&one.names, mem_copy_range(w->at, w->len));
    add_item(s, &one);
    *begin = end + 1;
    return true;
}

/* From `begin` on; behind it then. */
static const char *
read_item(struct items *s, size_t *begin)
{
    if (read_doc(s, begin)) {
        return NULL;
    }
    struct reading r = {.s = s, .at = *begin, .head = NONE, .last = NONE,
                        .item = {.begin = *begin}};
    bool is_over = false;
    while (!is_over && r.at < s->token_count) {
        switch (s->tokens[r.at].kind) {
        case TOKEN_NAME:
            read_word(&r);
            break;
        case TOKEN_SIGN:
            is_over = read_sign(&r);
            break;
        default:
            r.at++;
            break;
        }
    }
    const struct token *first = &s->tokens[*begin];
    bool is_odd = first->kind != TOKEN_NAME && !token_is(first, ";");
    const char *why = !is_over || r.at == NONE ? "its brackets do not add up"
                      : is_odd ? "it has a declaration of an uncommon form"
                      : r.item.kind == ITEM_FUNCTION ? name_function(&r)
                                                     : judge(&r);
    r.item.end = *begin = r.at;
    r.item.body = r.item.kind == ITEM_FUNCTION ? r.item.body : r.at;
    add_item(s, &r.item);
    return why;
}

const char *
items_read(struct items *s, const char *text, size_t len)
{
    *s = (struct items){.tokens = NULL};
    const char *why = read_tokens(s, text, len);
    for (size_t at = 0; why == NULL && at < s->token_count;) {
        if (s->tokens[at].kind == TOKEN_DIRECTIVE) {
            at++;
        }
        else {
            why = read_item(s, &at);
        }
    }
    return why;
}

void
items_dispose(struct items *s)
{
    for (size_t i = 0; i < s->count; i++) {
        list_dispose(&s->items[i].names);
    }
    free(s->items);
    free(s->tokens);
    *s = (struct items){.tokens = NULL};
}
