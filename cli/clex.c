/* clex: see clex.h. */
#include "clex.h"

#include <ctype.h>
#include <string.h>

const char *const clex_not_functions[]
    = {"__attribute__", "__attribute", "__declspec", "_Alignas",
       "alignas", "asm", "__asm__", "__asm", "_Static_assert",
       "typeof", "__typeof__", "_BitInt", "_Atomic", NULL};

bool
clex_is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 128;
}

bool
clex_is_word(const struct clex_word *w, const char *text)
{
    return w->len == strlen(text) && memcmp(w->at, text, w->len) == 0;
}

bool
clex_is_any(const struct clex_word *w, const char *const *texts)
{
    for (size_t i = 0; texts[i] != NULL; i++) {
        if (clex_is_word(w, texts[i])) {
            return true;
        }
    }
    return false;
}

bool
clex_is_odd(const char *text, size_t len)
{
    return memchr(text, '\0', len) != NULL
           || memmem(text, len, "\?\?", 2) != NULL
           || memmem(text, len, "<%", 2) != NULL
           || memmem(text, len, "%>", 2) != NULL
           || memmem(text, len, "%:", 2) != NULL;
}

bool
clex_skip_comment(struct clex *l, bool *is_whole)
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

bool
clex_skip_literal(struct clex *l)
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

bool
clex_skip_directive(struct clex *l)
{
    const char *begin = l->at;
    while (l->at < l->end && *l->at != '\n') {
        l->at += *l->at == '\\' && l->at + 1 < l->end ? 2 : 1;
    }
    const char *open = NULL;
    for (const char *at = begin; at + 1 < l->at; at++) {
        if (open == NULL && at[0] == '/' && at[1] == '*') {
            open = at++;
        }
        else if (open != NULL && at[0] == '*' && at[1] == '/') {
            open = NULL;
            at++;
        }
    }
    return open == NULL;
}

size_t
clex_lines(const char *from, const char *to)
{
    size_t lines = 0;
    for (; from < to; from++) {
        lines += *from == '\n';
    }
    return lines;
}

struct clex_word
clex_take_word(struct clex *l)
{
    struct clex_word w = {.at = l->at};
    while (l->at < l->end && clex_is_word_char(*l->at)) {
        l->at++;
    }
    w.len = (size_t)(l->at - w.at);
    return w;
}
