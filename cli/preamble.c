/* preamble: see preamble.h.
 *
 * A lexer of logical lines: blanks and comments, then a directive or code.
 * The concerns, each a way in which a cut could go wrong:
 *   inside    a cut stands at the end of a line, outside comments, strings,
 *             spliced lines and conditionals
 *   before    what a source defines ahead of its includes belongs to them
 *   whose     words and includes whose meaning depends on the file that is
 *             being read keep the source whole
 */
#include "preamble.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"

#define WORD_MAX 32

struct lexer {
    struct preamble *p;
    const char *text;
    const char *at;
    const char *end;
    unsigned line;
    unsigned depth;        /* of conditionals */
    bool is_over;          /* code was met: the preamble has ended */
    bool has_inner;        /* an include inside the outermost conditional */
};

static void
refuse(struct lexer *l, const char *why)
{
    if (l->p->why == NULL) {
        l->p->why = why;
    }
}

/* -- characters ----------------------------------------------------------- */

static void
skip_splices(struct lexer *l)
{
    while (l->end - l->at >= 2 && l->at[0] == '\\') {
        size_t n = l->at[1] == '\n'                                      ? 2
                   : l->end - l->at >= 3 && memcmp(l->at + 1, "\r\n", 2) == 0
                       ? 3
                       : 0;
        if (n == 0) {
            return;
        }
        l->at += n;
        l->line++;
    }
}

/* '\0' at the end; a source that holds that byte is unfit. */
static char
peek(struct lexer *l)
{
    skip_splices(l);
    return l->at < l->end ? *l->at : '\0';
}

static char
next(struct lexer *l)
{
    char c = peek(l);
    if (l->at < l->end) {
        l->at++;
        l->line += c == '\n';
    }
    return c;
}

static bool
is_end(struct lexer *l)
{
    skip_splices(l);
    return l->at >= l->end;
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$'
           || (unsigned char)c >= 128;
}

/* What compilers read differently, wherever it stands. */
static void
refuse_oddities(struct lexer *l)
{
    const char *text = l->text;
    size_t len = (size_t)(l->end - text);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        refuse(l, "it begins with a byte order mark");
    }
    if (memchr(text, '\0', len) != NULL) {
        refuse(l, "it holds a NUL");
    }
    for (const char *at = text; (at = memchr(at, '\r', (size_t)(l->end - at)))
                                != NULL; at++)
    {
        if (at + 1 == l->end || at[1] != '\n') {
            refuse(l, "it holds a lone carriage return");
        }
    }
    for (const char *at = text; (at = memchr(at, '\\', (size_t)(l->end - at)))
                                != NULL; at++)
    {
        const char *to = at + 1;
        while (to < l->end && strchr(" \t\f\v", *to) != NULL) {
            to++;
        }
        if (to > at + 1 && (to == l->end || *to == '\n' || *to == '\r')) {
            refuse(l, "a blank follows a backslash at a line's end");
        }
    }
    if (memmem(text, len, "\?\?/", 3) != NULL
        || memmem(text, len, "\?\?=", 3) != NULL)
    {
        refuse(l, "it holds a trigraph");
    }
}

/* -- tokens --------------------------------------------------------------- */

/* True when a comment stood there. */
static bool
skip_comment(struct lexer *l)
{
    struct lexer before = *l;
    if (peek(l) != '/') {
        return false;
    }
    next(l);
    char second = peek(l);
    if (second == '/') {
        while (!is_end(l) && peek(l) != '\n') {
            next(l);
        }
        return true;
    }
    if (second == '*') {
        next(l);
        while (!is_end(l)) {
            if (next(l) == '*' && peek(l) == '/') {
                next(l);
                return true;
            }
        }
        refuse(l, "a comment is not closed");
        return true;
    }
    l->at = before.at;
    l->line = before.line;
    return false;
}

static void
skip_blanks(struct lexer *l)
{
    for (;;) {
        char c = peek(l);
        if (c != '\0' && strchr(" \t\f\v\r", c) != NULL) {
            next(l);
        }
        else if (!skip_comment(l)) {
            return;
        }
    }
}

static void
skip_literal(struct lexer *l)
{
    char quote = next(l);
    while (!is_end(l) && peek(l) != '\n') {
        char c = next(l);
        if (c == quote) {
            return;
        }
        if (c == '\\' && !is_end(l) && peek(l) != '\n') {
            next(l);
        }
    }
}

static void
take_word(struct lexer *l, char word[WORD_MAX])
{
    size_t len = 0;
    while (is_word(peek(l)) && !is_end(l)) {
        char c = next(l);
        if (len < WORD_MAX - 1) {
            word[len++] = c;
        }
    }
    word[len] = '\0';
}

/* 1'000'000 is one number. */
static void
skip_number(struct lexer *l)
{
    while (is_word(peek(l)) || peek(l) == '.' || peek(l) == '\'') {
        if (next(l) == '\'' && !is_word(peek(l))) {
            return;
        }
    }
}

/* Words whose value tells the file that is read, or when. */
static const char *const telling[]
    = {"__BASE_FILE__",  "__INCLUDE_LEVEL__", "__TIMESTAMP__",
       "__has_include",  "__has_include_next", "__has_embed",
       "__has_include__", "__has_include_next__", NULL};
/* In a preamble they would tell when it was read. */
static const char *const timely[] = {"__DATE__", "__TIME__", NULL};
static const char *const raw[] = {"R", "LR", "uR", "UR", "u8R", NULL};

static bool
is_one_of(const char *word, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(word, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
weigh_word(struct lexer *l, const char *word)
{
    if (word[0] == '_'
        && (is_one_of(word, telling)
            || (!l->is_over && is_one_of(word, timely))))
    {
        refuse(l, "it asks for its own name or time");
    }
    if (peek(l) == '"' && is_one_of(word, raw)) {
        refuse(l, "it holds a raw string");
    }
}

/* To the end of the logical line, which stays. */
static void
skip_line(struct lexer *l)
{
    char word[WORD_MAX];
    while (!is_end(l) && peek(l) != '\n') {
        char c = peek(l);
        if (c == '"' || c == '\'') {
            skip_literal(l);
        }
        else if (isdigit((unsigned char)c)) {
            skip_number(l);
        }
        else if (is_word(c)) {
            take_word(l, word);
            weigh_word(l, word);
        }
        else if (!skip_comment(l)) {
            next(l);
        }
    }
}

/* -- directives ----------------------------------------------------------- */

static void
take_include(struct lexer *l)
{
    skip_blanks(l);
    char open = peek(l);
    if (open != '"' && open != '<') {
        refuse(l, "an #include is computed");
        return;
    }
    next(l);
    const char *start = l->at;
    const char *stop = memchr(start, open == '<' ? '>' : '"',
                              (size_t)(l->end - start));
    const char *line_end = memchr(start, '\n', (size_t)(l->end - start));
    if (stop == NULL || (line_end != NULL && line_end < stop)) {
        refuse(l, "an #include is not closed");
        return;
    }
    l->at = stop + 1;
    if (open == '"') {
        struct preamble *p = l->p;
        p->quotes = mem_resize(p->quotes, p->quote_count + 1,
                               sizeof(*p->quotes));
        p->quotes[p->quote_count++] = (struct preamble_quote){
            (size_t)(start - l->text), (size_t)(stop - start)};
    }
}

static void
take_pragma(struct lexer *l)
{
    char word[WORD_MAX];
    while (!is_end(l) && peek(l) != '\n') {
        take_word(l, word);
        if (strcmp(word, "once") == 0 || strcmp(word, "system_header") == 0) {
            refuse(l, "a #pragma speaks of the file itself");
        }
        if (peek(l) == '"') {
            skip_literal(l);
        }
        else if (word[0] == '\0' && !skip_comment(l)) {
            next(l);
        }
    }
}

/* True when the preamble may end behind this line. */
static bool
take_directive(struct lexer *l)
{
    char word[WORD_MAX];
    skip_blanks(l);
    if (isdigit((unsigned char)peek(l))) {
        refuse(l, "it numbers its lines itself");
        return false;
    }
    take_word(l, word);
    if (strcmp(word, "include") == 0) {
        take_include(l);
        l->has_inner |= l->depth > 0;
        return l->depth == 0;
    }
    if (strcmp(word, "if") == 0 || strcmp(word, "ifdef") == 0
        || strcmp(word, "ifndef") == 0)
    {
        l->has_inner = l->depth == 0 ? false : l->has_inner;
        l->depth++;
    }
    else if (strcmp(word, "endif") == 0) {
        l->depth -= l->depth > 0;
        return l->depth == 0 && l->has_inner;
    }
    else if (strcmp(word, "pragma") == 0) {
        take_pragma(l);
    }
    else if (strcmp(word, "line") == 0) {
        refuse(l, "it numbers its lines itself");
    }
    else if (strcmp(word, "include_next") == 0 || strcmp(word, "import") == 0
             || strcmp(word, "embed") == 0)
    {
        refuse(l, "it reads a file in a way of its own");
    }
    return false;
}

void
preamble_read(struct preamble *p, const char *text, size_t len)
{
    *p = (struct preamble){.line = 1};
    struct lexer l = {.p = p, .text = text, .at = text, .end = text + len,
                      .line = 1};
    refuse_oddities(&l);
    while (!is_end(&l)) {
        bool may_end = false;
        skip_blanks(&l);
        if (peek(&l) == '#') {
            next(&l);
            may_end = take_directive(&l);
        }
        else if (peek(&l) == '%') {
            next(&l);
            l.is_over = true;
            if (peek(&l) == ':') {
                refuse(&l, "it holds a digraph");
            }
        }
        else if (!is_end(&l) && peek(&l) != '\n') {
            l.is_over = true;
        }
        skip_line(&l);
        if (next(&l) == '\n' && may_end && !l.is_over) {
            p->len = (size_t)(l.at - text);
            p->line = l.line;
        }
    }
    if (p->len == 0) {
        refuse(&l, "it begins with no #include");
    }
    p->len = p->why == NULL ? p->len : 0;
}

bool
preamble_is_told(const char *text, size_t len)
{
    for (size_t i = 0; telling[i] != NULL; i++) {
        /* __has_include in a header asks from that header, wherever what
         * includes it stands */
        if (strncmp(telling[i], "__has_", 6) != 0
            && memmem(text, len, telling[i], strlen(telling[i])) != NULL)
        {
            return true;
        }
    }
    return false;
}

void
preamble_copy(const struct preamble *p, const char *text, size_t from,
              size_t to, const char *dir, struct buf *out)
{
    for (size_t i = 0; i < p->quote_count; i++) {
        const struct preamble_quote *q = &p->quotes[i];
        if (q->at < from || q->at >= to || text[q->at] == '/') {
            continue;
        }
        char *name = mem_copy_range(text + q->at, q->len);
        char *path = mem_format("%s/%s", dir, name);
        if (path_is_file(path)) {
            buf_add(out, text + from, q->at - from);
            buf_add_str(out, path);
            from = q->at + q->len;
        }
        free(path);
        free(name);
    }
    buf_add(out, text + from, to - from);
}

void
preamble_dispose(struct preamble *p)
{
    free(p->quotes);
    *p = (struct preamble){.line = 1};
}
