/* clex: the tokens of C that mean nothing inside: comments, literals,
 * directives, words. For whoever reads C text without compiling it.
 *
 * Sees text only. What would make characters mean something else than they
 * show is odd; whoever reads on must not. No state but its place; any thread.
 */
#ifndef COWBIRD_CLEX_H
#define COWBIRD_CLEX_H

#include <stdbool.h>
#include <stddef.h>

struct clex {
    const char *at, *end; /* what is still to be read; borrowed */
};

struct clex_word {
    const char *at;
    size_t len;
};

/* Trigraphs, digraphs, NUL. */
bool clex_is_odd(const char *text, size_t len);
/* Behind a comment that begins here; false when there is none. `*is_whole`:
 * whether it ends as it seems to. */
bool clex_skip_comment(struct clex *l, bool *is_whole);
/* Behind a string or a character that begins here; false without an end. */
bool clex_skip_literal(struct clex *l);
/* A directive with its continuation lines, up to the end of the last. False
 * when a comment leaves it open. */
bool clex_skip_directive(struct clex *l);
/* Ends of lines between two places of a text. */
size_t clex_lines(const char *from, const char *to);
/* Of names, keywords and numbers. */
bool clex_is_word_char(char c);
struct clex_word clex_take_word(struct clex *l);
bool clex_is_word(const struct clex_word *w, const char *text);
/* `texts` ends with NULL. */
bool clex_is_any(const struct clex_word *w, const char *const *texts);

/* Words that a group in parentheses follows without being a function's:
 * __attribute__, typeof, _Alignas ... */
extern const char *const clex_not_functions[];

#endif
