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

#include "clex.h"

struct lexer {
    struct clex in;
    const char *copied;   /* up to here the text is in `out`, or skipped */
    struct buf *out;
    unsigned parens;
    unsigned braces;      /* that open no body */
    struct clex_word before[2]; /* the last two words at file level, newest
                                   first; what is no name has no length */
    struct clex_word head[2]; /* the same, ahead of its last '(' */
    bool is_group_over;   /* the last token at file level was its ')' */
    bool is_line_start;   /* nothing but blanks and comments on this line */
};

/* -- a body --------------------------------------------------------------- */

/* A word inside a body that means something behind it. */
static bool
reaches_out(const struct clex_word *w)
{
    static const char *const words[]
        = {"_Pragma", "__pragma", "__COUNTER__", NULL};
    return clex_is_any(w, words);
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
    while (l->in.at < l->in.end) {
        char c = *l->in.at;
        if (clex_skip_comment(&l->in, &is_whole)) {
            if (!is_whole) {
                return false;
            }
            continue;
        }
        if (c == '"' || c == '\'') {
            if (!clex_skip_literal(&l->in)) {
                return false;
            }
        }
        else if (clex_is_word_char(c)) {
            struct clex_word w = clex_take_word(&l->in);
            *stays |= reaches_out(&w);
        }
        else if (c == '\\' || (c == '#' && is_line_start)) {
            *stays = true;
            l->in.at++;
        }
        else {
            l->in.at++;
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
    static const char *const tagged[] = {"struct", "union", "enum", NULL};
    return l->is_group_over && l->parens == 0 && l->braces == 0
           && l->head[0].len > 0
           && !clex_is_any(&l->head[0], clex_not_functions)
           && !clex_is_any(&l->head[0], tagged)
           && !clex_is_any(&l->head[1], tagged);
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
    const char *begin = l->in.at;
    bool stays;
    if (!skip_body(l, &stays)) {
        return false;
    }
    if (!stays) {
        copy(l, begin);
        buf_add_str(l->out, "{}");
        l->copied = l->in.at;
    }
    l->is_group_over = false;
    l->before[0].len = l->before[1].len = 0;
    return true;
}

/* -- file level ----------------------------------------------------------- */

static void
note_word(struct lexer *l, struct clex_word w)
{
    l->before[1] = l->before[0];
    l->before[0] = w;
    l->is_group_over = false;
}

/* False when brackets do not add up. */
static bool
take_sign(struct lexer *l)
{
    char c = *l->in.at++;
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
    note_word(l, (struct clex_word){.at = l->in.at});
    l->is_group_over = c == ')' && l->parens == 0;
    return true;
}

static bool
take_token(struct lexer *l)
{
    char c = *l->in.at;
    bool is_whole = true;
    if (isspace((unsigned char)c)) {
        l->is_line_start |= c == '\n';
        l->in.at++;
        return true;
    }
    if (clex_skip_comment(&l->in, &is_whole)) {
        return is_whole;
    }
    if (c == '#' && l->is_line_start) {
        return clex_skip_directive(&l->in);
    }
    l->is_line_start = false;
    if (c == '"' || c == '\'') {
        note_word(l, (struct clex_word){.at = l->in.at});
        return clex_skip_literal(&l->in);
    }
    if (clex_is_word_char(c)) {
        note_word(l, clex_take_word(&l->in));
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
    struct lexer l = {.in = {text, text + len}, .copied = text, .out = out,
                      .is_line_start = true};
    bool is_good = !clex_is_odd(text, len);
    while (is_good && l.in.at < l.in.end) {
        is_good = take_token(&l);
    }
    copy(&l, l.in.end);
    return is_good && l.parens == 0 && l.braces == 0;
}
