/* items: what stands at file level in a C source: functions, variables,
 * declarations, types; and the tokens that each is made of.
 *
 * Sees text only, so it gives up rather than guesses: a source of which a
 * part is not certainly one of these has no items. No state; any thread.
 */
#ifndef COWBIRD_ITEMS_H
#define COWBIRD_ITEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "clex.h"
#include "list.h"

enum token_kind {
    TOKEN_NAME,      /* or a keyword */
    TOKEN_SIGN,      /* one character */
    TOKEN_OTHER,     /* a literal, a number */
    TOKEN_DIRECTIVE, /* whole, from its '#' */
};

struct token {
    struct clex_word text;
    enum token_kind kind;
};

enum item_kind {
    ITEM_OTHER,       /* types, `extern` declarations, assertions */
    ITEM_DECLARATION, /* of a function */
    ITEM_FUNCTION,    /* with its body */
    ITEM_VARIABLE,    /* one or more */
};

struct item {
    enum item_kind kind;
    size_t begin, end; /* of its tokens; directives may stand among them */
    size_t body;       /* of a function, its '{'; else `end` */
    struct list names; /* that it declares or defines, unless ITEM_OTHER */
    bool is_static;
};

struct items {
    struct token *tokens;
    size_t token_count;
    struct item *items; /* in their order; directives between them are in
                           none */
    size_t count;
};

/* NULL when all of `text` is read, else why it is not, for speech. `text`
 * must outlive the items. */
const char *items_read(struct items *s, const char *text, size_t len);
bool token_is(const struct token *t, const char *text);
void items_dispose(struct items *s);

#endif
