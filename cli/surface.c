/* surface: see surface.h.
 *
 * A lexer with two concerns:
 *   what a brace opens   a function's body follows the ')' of a declarator;
 *                        a struct, an initialiser, an enum do not
 *   what a body hides    everything but what acts on the text behind it
 */
#include "surface.h"

#include <ctype.h>
#include <string.h>

struct word {
    const char *at;
    size_t len;
};

struct lexer {
    const char *at, *end;
    const char *copied;   /* up to here the text is in `out`, or skipped */
    struct buf *out;
    unsigned parens;
    unsigned braces;      /* that open no body */
    struct word before[2]; /* the last two words at file level, newest first;
                              a word that is no name has no length */
    struct word head[2];  /* the same, ahead of the last '(' at file level */
    bool is_group_over;   /* the last token at file level was its ')' */
    bool is_line_start;   /* nothing but blanks and comments on this line */
};

static bool
is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}

static bool
is_word(const struct word *w, const char *text)
{
    return w->len == strlen(text) && memcmp(w->at, text, w->len) == 0;
}

static bool
is_any(const struct word *w, const char *const *texts)
{
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (is_word(w, texts[i])) {
            return true;
        }
    }
    return false;
}

/* -- tokens that are skipped whole ---------------------------------------- */

/* What would make characters mean something else than they show. */
static bool
is_odd(const char *text, size_t len)
{
    return memchr(text, '\0', len) != NULL
           || memmem(text, len, "\?\?", 2) != NULL
           || memmem(text, len, "<%", 2) != NULL
           || memmem(text, len, "%>", 2) != NULL
           || memmem(text, len, "%:", 2) != NULL;
}

/* Behind a comment that begins here; false when there is none, or no end. */
static bool
skip_comment(struct lexer *l, bool *is_whole)
{
    size_t left = (size_t)(l->end - l->at);
    *is_whole = true;
    if (left < 2 || l->at[0] != '/' || (l->at[1] != '/' && l->at[1] != '*')) {
        return false;
    }
    if (l->at[1] == '*') {
        const char *close = memmem(l->at + 2, left - 2, "*/", 2);
        *is_whole = close != NULL;
        l->at = close == NULL ? l->end : close + 2;
        return true;
    }
    const char *line = memchr(l->at, '\n', left);
    l->at = line == NULL ? l->end : line;
    *is_whole = l->at[-1] != '\\'; /* it would go on */
    return true;
}

/* Behind a string or a character that begins here. */
static bool
skip_literal(struct lexer *l)
{
    char quote = *l->at++;
    while (l->at < l->end && *l->at != quote && *l->at != '\n') {
        l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
    }
    if (l->at >= l->end || *l->at != quote) {
        return false;
    }
    l->at++;
    return true;
}

/* A directive with its continuation lines, up to the end of the last. A
 * comment that leaves it open is not for us. */
static bool
skip_directive(struct lexer *l)
{
    const char *begin = l->at;
    while (l->at < l->end && *l->at != '\n') {
        l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
    }
    const char *open = NULL;
    for (const char *at = begin; at + 1 < l->at; at++) {
        if (at[0] == '/' && at[1] == '*') {
            open = at;
        }
        else if (at[0] == '*' && at[1] == '/') {
            open = NULL;
        }
    }
    return open == NULL;
}

static struct word
take_word(struct lexer *l)
{
    struct word w = {.at = l->at};
    while (l->at < l->end && is_word_char(*l->at)) {
        l->at++;
    }
    w.len = (size_t)(l->at - w.at);
    return w;
}

/* -- a body --------------------------------------------------------------- */

/* A word inside a body that means something behind it. */
static bool
reaches_out(const struct word *w)
{
    static const char *const words[]
        = {"_Pragma", "__pragma", "__COUNTER__", NULL};
    return is_any(w, words);
}

/* From its '{' to behind its '}'. False when it does not end; `stays` when it
 * has to be part of the surface. */
static bool
skip_body(struct lexer *l, bool *stays)
{
    unsigned depth = 0;
    bool is_whole = true;
    bool is_line_start = false;
    *stays = false;
    while (l->at < l->end) {
        char c = *l->at;
        if (skip_comment(l, &is_whole)) {
            if (!is_whole) {
                return false;
            }
            continue;
        }
        if (c == '"' || c == '\'') {
            if (!skip_literal(l)) {
                return false;
            }
        }
        else if (is_word_char(c)) {
            struct word w = take_word(l);
            *stays |= reaches_out(&w);
        }
        else if (c == '\\' || (c == '#' && is_line_start)) {
            *stays = true;
            l->at++;
        }
        else {
            l->at++;
            depth += c == '{';
            if (c == '}' && --depth == 0) {
                return true;
            }
        }
        bool is_blank = isspace((unsigned char)c);
        is_line_start = c == '\n' || (is_line_start && is_blank);
    }
    return false;
}

/* Whether the '{' here opens a function's body. */
static bool
opens_body(const struct lexer *l)
{
    static const char *const no_names[]
        = {"__attribute__", "__attribute", "__declspec", "_Alignas",
           "alignas", "asm", "__asm__", "__asm", "_Static_assert",
           "typeof", "__typeof__", "_BitInt", "_Atomic", NULL};
    static const char *const tagged[] = {"struct", "union", "enum", NULL};
    return l->is_group_over && l->parens == 0 && l->braces == 0
           && l->head[0].len > 0 && !is_any(&l->head[0], no_names)
           && !is_any(&l->head[0], tagged) && !is_any(&l->head[1], tagged);
}

static void
copy(struct lexer *l, const char *to)
{
    buf_add(l->out, l->copied, (size_t)(to - l->copied));
    l->copied = to;
}

static bool
take_body(struct lexer *l)
{
    const char *begin = l->at;
    bool stays;
    if (!skip_body(l, &stays)) {
        return false;
    }
    if (!stays) {
        copy(l, begin);
        buf_add_str(l->out, "{}");
        l->copied = l->at;
    }
    l->is_group_over = false;
    l->before[0].len = l->before[1].len = 0;
    return true;
}

/* -- file level ----------------------------------------------------------- */

static void
note_word(struct lexer *l, struct word w)
{
    l->before[1] = l->before[0];
    l->before[0] = w;
    l->is_group_over = false;
}

/* False when brackets do not add up. */
static bool
take_sign(struct lexer *l)
{
    char c = *l->at++;
    switch (c) {
    case '(':
        if (l->parens++ == 0) {
            l->head[0] = l->before[0];
            l->head[1] = l->before[1];
        }
        break;
    case ')':
        if (l->parens-- == 0) {
            return false;
        }
        break;
    case '{':
        l->braces++;
        break;
    case '}':
        if (l->braces-- == 0) {
            return false;
        }
        break;
    default:
        break;
    }
    note_word(l, (struct word){.at = l->at});
    l->is_group_over = c == ')' && l->parens == 0;
    return true;
}

static bool
take_token(struct lexer *l)
{
    char c = *l->at;
    bool is_whole = true;
    if (isspace((unsigned char)c)) {
        l->is_line_start |= c == '\n';
        l->at++;
        return true;
    }
    if (skip_comment(l, &is_whole)) {
        return is_whole;
    }
    if (c == '#' && l->is_line_start) {
        return skip_directive(l);
    }
    l->is_line_start = false;
    if (c == '"' || c == '\'') {
        note_word(l, (struct word){.at = l->at});
        return skip_literal(l);
    }
    if (is_word_char(c)) {
        note_word(l, take_word(l));
        return true;
    }
    if (c == '{' && opens_body(l)) {
        return take_body(l);
    }
    return c != '\\' && take_sign(l);
}

bool
surface_read(const char *text, size_t len, struct buf *out)
{
    struct lexer l = {.at = text, .end = text + len, .copied = text,
                      .out = out, .is_line_start = true};
    bool is_good = !is_odd(text, len);
    while (is_good && l.at < l.end) {
        is_good = take_token(&l);
    }
    copy(&l, l.end);
    return is_good && l.parens == 0 && l.braces == 0;
}
