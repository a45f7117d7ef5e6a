/* csource: see csource.h. Three steps over the text: comments and spliced
 * lines go (plain_text), directives are read and dead lines dropped
 * (take_line), and the tokens left are searched for the init function. */
#include "csource.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "wire/buf.h"

struct reader {
    const char *at;
    const char *end;
    unsigned owed; /* newlines that comments and splices have swallowed */
    struct buf out;
};

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}

/* A backslash and a newline are nothing, wherever they stand. */
static void
skip_splices(struct reader *r)
{
    while (r->end - r->at >= 2 && r->at[0] == '\\') {
        size_t n = r->at[1] == '\n'                                      ? 2
                   : r->end - r->at >= 3 && memcmp(r->at + 1, "\r\n", 2) == 0
                       ? 3
                       : 0;
        if (n == 0) {
            return;
        }
        r->at += n;
        r->owed++;
    }
}

/* The next character, spliced lines joined; '\0' at the end. */
static char
next(struct reader *r)
{
    skip_splices(r);
    return r->at < r->end ? *r->at++ : '\0';
}

static char
peek(struct reader *r)
{
    skip_splices(r);
    return r->at < r->end ? *r->at : '\0';
}

static void
skip_block_comment(struct reader *r)
{
    buf_add(&r->out, " ", 1);
    for (char c = next(r); c != '\0' || r->at < r->end; c = next(r)) {
        if (c == '\n') {
            r->owed++;
        }
        if (c == '*' && peek(r) == '/') {
            next(r);
            return;
        }
    }
}

/* The literal as it stands, up to its end or the line's. */
static void
copy_literal(struct reader *r, char quote)
{
    buf_add(&r->out, &quote, 1);
    while (r->at < r->end && peek(r) != '\n') {
        char c = next(r);
        buf_add(&r->out, &c, 1);
        if (c == quote) {
            return;
        }
        if (c == '\\' && r->at < r->end && peek(r) != '\n') {
            char escaped = next(r);
            buf_add(&r->out, &escaped, 1);
        }
    }
}

/* R"x(...)x": its content may be anything, so nothing of it is kept. */
static void
skip_raw_literal(struct reader *r)
{
    const char *open = memchr(r->at, '(', (size_t)(r->end - r->at));
    if (open == NULL || open - r->at > 16) {
        copy_literal(r, '"');
        return;
    }
    char *close = mem_format(")%.*s\"", (int)(open - r->at), r->at);
    const char *end = memmem(open, (size_t)(r->end - open), close,
                             strlen(close));
    end = end == NULL ? r->end : end + strlen(close);
    for (; r->at < end; r->at++) {
        r->owed += *r->at == '\n';
    }
    free(close);
    buf_add(&r->out, "\"\"", 2);
}

static void
copy_plain(struct reader *r, char c)
{
    if (c == '\n') {
        for (; r->owed > 0; r->owed--) {
            buf_add(&r->out, "\n", 1);
        }
    }
    buf_add(&r->out, &c, 1);
}

/* Whether the quote that comes next opens a raw literal. */
static bool
is_after_raw_prefix(const struct buf *out)
{
    return out->len > 0 && out->data[out->len - 1] == 'R'
           && (out->len == 1 || !is_word(out->data[out->len - 2])
               || strchr("uUL8", out->data[out->len - 2]) != NULL);
}

/* The text without comments and with spliced lines joined. Lines that went
 * come back as empty ones, so that counting them still gives the number in
 * the file, at worst within one statement too late. */
static void
plain_text(struct reader *r)
{
    while (r->at < r->end) {
        char c = next(r);
        if (c == '/' && peek(r) == '*') {
            next(r);
            skip_block_comment(r);
        }
        else if (c == '/' && peek(r) == '/') {
            while (r->at < r->end && peek(r) != '\n') {
                next(r);
            }
        }
        else if (c == '"' && is_after_raw_prefix(&r->out)) {
            skip_raw_literal(r);
        }
        else if (c == '"'
                 || (c == '\''
                     && (r->out.len == 0
                         || !is_word(r->out.data[r->out.len - 1]))))
        {
            /* 1'000 is a number in C++ and C23. */
            copy_literal(r, c);
        }
        else if (c != '\0') {
            copy_plain(r, c);
        }
    }
}

/* Conditions: how deep we are, and where dead text began. */
struct conditions {
    unsigned depth;
    unsigned dead_at; /* depth of the condition that is dead now; 0: none */
};

static const char *
skip_blank(const char *at)
{
    return at + strspn(at, " \t\r\f\v");
}

static bool
takes_word(const char **at, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*at, word, len) != 0 || is_word((*at)[len])) {
        return false;
    }
    *at = skip_blank(*at + len);
    return true;
}

static bool
is_number(const char *at, char digit)
{
    return at[0] == digit && skip_blank(at + 1)[0] == '\0';
}

/* True when the line was one of #if … #endif. */
static bool
take_condition(struct conditions *c, const char *at)
{
    if (takes_word(&at, "if")) {
        c->depth++;
        if (c->dead_at == 0 && is_number(at, '0')) {
            c->dead_at = c->depth;
        }
    }
    else if (takes_word(&at, "ifdef") || takes_word(&at, "ifndef")) {
        c->depth++;
    }
    else if (takes_word(&at, "else") || takes_word(&at, "elif")
             || takes_word(&at, "elifdef") || takes_word(&at, "elifndef"))
    {
        if (c->dead_at == c->depth) {
            c->dead_at = 0;
        }
    }
    else if (takes_word(&at, "endif")) {
        if (c->dead_at == c->depth) {
            c->dead_at = 0;
        }
        c->depth -= c->depth > 0;
    }
    else {
        return false;
    }
    return true;
}

/* "name" or <name> at `at`; false when it is something else. */
static bool
add_include(struct csource *s, const char *at, unsigned line)
{
    char close = at[0] == '<' ? '>' : '"';
    const char *end = at[0] == '<' || at[0] == '"' ? strchr(at + 1, close)
                                                   : NULL;
    if (end == NULL) {
        return false;
    }
    char *marked = mem_copy_range(at, (size_t)(end - at));
    size_t len = strlen(marked);
    static const char name[] = "cowbird.h";
    size_t want = sizeof(name) - 1;
    if (line > 0 && s->cowbird_line == 0 && len > want
        && strcmp(marked + len - want, name) == 0
        && strchr("\"</", marked[len - want - 1]) != NULL)
    {
        s->cowbird_line = line;
    }
    list_add_new(&s->includes, marked);
    free(marked);
    return true;
}

static void
take_directive(struct csource *s, struct conditions *c, const char *at,
               unsigned line)
{
    for (const char *has = at; (has = strstr(has, "__has_include")) != NULL;)
    {
        has += strcspn(has, "(\n");
        if (has[0] == '(') {
            add_include(s, skip_blank(has + 1), 0);
        }
    }
    if (take_condition(c, at) || c->dead_at != 0) {
        return;
    }
    if (takes_word(&at, "include") || takes_word(&at, "include_next")
        || takes_word(&at, "import"))
    {
        s->has_computed |= !add_include(s, at, line);
    }
    else if (takes_word(&at, "embed")) {
        s->has_computed |= !add_include(s, at, 0);
    }
}

/* Reads the directives of `text` and leaves in `code` the lines that live. */
static void
take_lines(struct csource *s, const char *text, struct buf *code)
{
    struct conditions c = {0, 0};
    unsigned line = 1;
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        char *copy = mem_copy_range(text, len);
        const char *at = skip_blank(copy);
        if (at[0] == '#') {
            take_directive(s, &c, skip_blank(at + 1), line);
        }
        else if (c.dead_at == 0) {
            buf_add(code, copy, strlen(copy));
        }
        buf_add(code, "\n", 1);
        free(copy);
        text += len + (text[len] == '\n');
        line++;
    }
}

static const char *
skip_space(const char *at)
{
    return at + strspn(at, " \t\r\n\f\v");
}

/* Behind a literal that starts at `at`. */
static const char *
skip_literal(const char *at)
{
    char quote = *at++;
    for (; *at != '\0' && *at != quote && *at != '\n'; at++) {
        if (*at == '\\' && at[1] != '\0') {
            at++;
        }
    }
    return *at == '\0' ? at : at + 1;
}

/* Behind the parenthesis that closes the one at `at`. */
static const char *
skip_parens(const char *at)
{
    unsigned depth = 0;
    while (*at != '\0') {
        if (*at == '"' || *at == '\'') {
            at = skip_literal(at);
            continue;
        }
        depth += *at == '(';
        if (*at == ')' && --depth == 0) {
            return at + 1;
        }
        at++;
    }
    return at;
}

/* Whether what follows a name is parameters, then a body: between them only
 * words and their arguments (attributes, noexcept). */
static bool
is_definition(const char *at)
{
    at = skip_space(at);
    if (*at != '(') {
        return false;
    }
    at = skip_space(skip_parens(at));
    while (is_word(*at) || *at == '(') {
        at = *at == '(' ? skip_parens(at) : at + 1;
        at = skip_space(at);
    }
    return *at == '{';
}

/* NAME(stem, …): the module macros of pybind11, nanobind and Boost. */
static bool
is_module_macro(const char *word, size_t len, const char *stem)
{
    static const char *const macros[]
        = {"PYBIND11_MODULE", "NB_MODULE", "BOOST_PYTHON_MODULE", NULL};
    for (size_t i = 0; macros[i] != NULL; i++) {
        if (strlen(macros[i]) == len && strncmp(word, macros[i], len) == 0) {
            const char *at = skip_space(word + len);
            if (*at != '(') {
                return false;
            }
            at = skip_space(at + 1);
            return strncmp(at, stem, strlen(stem)) == 0
                   && !is_word(at[strlen(stem)]);
        }
    }
    return false;
}

/* The stem in PyInit_<stem>, or in PyModExport_<stem>, which 3.15 calls in its
 * place; 0 bytes: the word is neither. */
static size_t
init_stem(const char *word, size_t len)
{
    static const char *const hooks[] = {"PyInit_", "PyModExport_"};
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        size_t own = strlen(hooks[i]);
        if (len > own && memcmp(word, hooks[i], own) == 0) {
            return len - own;
        }
    }
    return 0;
}

/* Whether the word is an init function's definition for that stem; the first
 * for another is kept in `other`. */
static bool
is_init(const char *word, size_t len, const char *stem, char **other)
{
    size_t size = init_stem(word, len);
    if (size == 0 || !is_definition(word + len)) {
        return false;
    }
    const char *own = word + len - size;
    bool is = size == strlen(stem) && memcmp(own, stem, size) == 0;
    if (!is && *other == NULL) {
        *other = mem_copy_range(word, len);
    }
    return is;
}

static bool
finds_init(const char *code, const char *stem, char **other)
{
    bool is_found = false;
    while (*code != '\0' && !is_found) {
        if (*code == '"' || *code == '\'') {
            code = skip_literal(code);
            continue;
        }
        if (!is_word(*code)) {
            code++;
            continue;
        }
        size_t len = 0;
        while (is_word(code[len])
               || (code[len] == '\'' && code[0] <= '9'
                   && is_word(code[len + 1])))
        {
            len++; /* 1'000 is one number */
        }
        is_found = is_init(code, len, stem, other)
                   || is_module_macro(code, len, stem);
        code += len;
    }
    return is_found;
}

void
csource_read(struct csource *s, const char *text, size_t len,
             const char *stem)
{
    *s = (struct csource){.includes = LIST_INIT};
    size_t bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    struct reader r = {text + bom, text + len, 0, BUF_INIT};
    plain_text(&r);
    struct buf code = BUF_INIT;
    take_lines(s, buf_text(&r.out), &code);
    if (stem != NULL) {
        s->defines_init = finds_init(buf_text(&code), stem, &s->other_init);
    }
    if (s->defines_init) {
        free(s->other_init);
        s->other_init = NULL;
    }
    buf_dispose(&r.out);
    buf_dispose(&code);
}

void
csource_dispose(struct csource *s)
{
    list_dispose(&s->includes);
    free(s->other_init);
}
