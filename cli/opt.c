/* opt: see opt.h. */
#include "opt.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "opt_hint.h"

/* Where the parser stands. */
struct parser {
    const struct opt *table;
    enum opt_style style;
    size_t count;
    char **argv;
    size_t at; /* the word being read */
    struct opt_rest *rest;
    struct buf *help; /* may be NULL */
    struct err *e;
};

static bool
takes_word(const struct opt *o)
{
    return o->type != OPT_FLAG && o->type != OPT_MAYBE;
}

static bool
is_named(const char *name, const char *text, size_t len)
{
    return name != NULL && strlen(name) == len
           && strncmp(name, text, len) == 0;
}

const struct opt *
opt_find(const struct opt *table, const char *word)
{
    if (word[0] != '-' || word[1] == '\0') {
        return NULL;
    }
    bool is_long = word[1] == '-';
    size_t len = is_long ? strcspn(word + 2, "=") : 0;
    for (const struct opt *o = table; o->name != NULL; o++) {
        if (is_long ? is_named(o->name, word + 2, len)
                          || is_named(o->alias, word + 2, len)
                    : o->letter != 0 && o->letter == word[1])
        {
            return o;
        }
    }
    return NULL;
}

bool
opt_takes_next(const struct opt *o, const char *word)
{
    if (!takes_word(o)) {
        return false;
    }
    return word[1] == '-' ? strchr(word, '=') == NULL : word[2] == '\0';
}

static int
set_number(const struct opt *o, const char *value, struct err *e)
{
    char *end = NULL;
    errno = 0;
    long number = strtol(value, &end, 10);
    if (value[0] < '0' || value[0] > '9' || *end != '\0' || errno != 0
        || number > INT_MAX)
    {
        return err_set(e, ERR_USAGE,
                       "option '--%s' needs a whole number, not '%s'",
                       o->name, value);
    }
    *(int *)o->target = (int)number;
    return 0;
}

static int
set_value(const struct opt *o, const char *value, struct err *e)
{
    switch (o->type) {
    case OPT_FLAG:
        *(bool *)o->target = true;
        return 0;
    case OPT_STRING:
    case OPT_MAYBE:
        *(const char **)o->target = value;
        return 0;
    case OPT_NUMBER:
        return set_number(o, value, e);
    case OPT_LIST:
        list_add(o->target, value);
        return 0;
    }
    return 0;
}

/* Sets `o` from what follows '=' or the letter (`value`, NULL for nothing) or
 * from the next word. */
static int
read_value(struct parser *p, const struct opt *o, const char *value)
{
    if (o->type == OPT_FLAG && value != NULL) {
        return err_set(p->e, ERR_USAGE, "option '--%s' takes no value",
                       o->name);
    }
    if (!takes_word(o)) {
        return set_value(o, value == NULL ? "" : value, p->e);
    }
    if (value == NULL && p->at + 1 < p->count
        && strcmp(p->argv[p->at + 1], "--") != 0)
    {
        value = p->argv[++p->at];
    }
    if (value == NULL || value[0] == '\0') {
        if (p->help != NULL) {
            buf_add_fmt(p->help, "--%s=%s", o->name, o->value);
        }
        return err_set(p->e, ERR_USAGE, "option '--%s' needs a value",
                       o->name);
    }
    return set_value(o, value, p->e);
}

static int
refuse_unknown(struct parser *p, const char *word)
{
    if (p->help != NULL) {
        opt_hint(p->table, p->style == OPT_AROUND_APP, p->count, p->argv,
                 p->at, p->help);
    }
    return err_set(p->e, ERR_USAGE, "unknown option '%.*s'",
                   (int)(word[1] == '-' ? strcspn(word, "=") : strlen(word)),
                   word);
}

static int
read_long(struct parser *p)
{
    const char *word = p->argv[p->at];
    const struct opt *o = opt_find(p->table, word);
    if (o == NULL) {
        return refuse_unknown(p, word);
    }
    const char *equals = strchr(word, '=');
    return read_value(p, o, equals == NULL ? NULL : equals + 1);
}

/* "-v", "-vq", "-j4", "-j 4". */
static int
read_letters(struct parser *p)
{
    const char *word = p->argv[p->at];
    for (const char *c = word + 1; *c != '\0'; c++) {
        char single[3] = {'-', *c, '\0'};
        const struct opt *o = opt_find(p->table, single);
        if (o == NULL) {
            return refuse_unknown(p, word);
        }
        if (takes_word(o)) {
            return read_value(p, o, c[1] == '\0' ? NULL : c + 1);
        }
        if (read_value(p, o, NULL) < 0) {
            return -1;
        }
    }
    return 0;
}

int
opt_parse(const struct opt *table, enum opt_style style, size_t count,
          char **argv, struct opt_rest *rest, struct buf *help,
          struct err *e)
{
    struct parser p = {table, style, count, argv, 0, rest, help, e};
    *rest = (struct opt_rest){LIST_INIT, LIST_INIT, false};
    for (; p.at < count; p.at++) {
        const char *word = argv[p.at];
        if (strcmp(word, "--") == 0) {
            rest->has_dashes = true;
            for (size_t i = p.at + 1; i < count; i++) {
                list_add(&rest->command, argv[i]);
            }
            return 0;
        }
        if (word[0] != '-' || word[1] == '\0') {
            list_add(&rest->words, word);
        }
        else if ((word[1] == '-' ? read_long(&p) : read_letters(&p)) < 0) {
            return -1;
        }
    }
    return 0;
}

void
opt_rest_dispose(struct opt_rest *rest)
{
    list_dispose(&rest->words);
    list_dispose(&rest->command);
    rest->has_dashes = false;
}

/* "  -j, --jobs=N". */
static void
describe_spelling(const struct opt *o, struct buf *out)
{
    if (o->letter != 0) {
        buf_add_fmt(out, "  -%c, --%s", o->letter, o->name);
    }
    else {
        buf_add_fmt(out, "      --%s", o->name);
    }
    if (o->value != NULL) {
        buf_add_fmt(out, o->type == OPT_MAYBE ? "[=%s]" : "=%s", o->value);
    }
}

void
opt_add_wrapped(struct buf *out, size_t indent, const char *text)
{
    size_t column = indent;
    for (const char *at = text; *at != '\0';) {
        size_t len = strcspn(at, " ");
        if (column > indent && column + 1 + len > 79) {
            buf_add_fmt(out, "\n%*s", (int)indent, "");
            column = indent;
        }
        else if (column > indent) {
            buf_add(out, " ", 1);
            column++;
        }
        buf_add(out, at, len);
        column += len;
        at += len;
        at += strspn(at, " ");
    }
    buf_add(out, "\n", 1);
}

void
opt_describe(const struct opt *table, struct buf *out)
{
    enum { HELP_COLUMN = 28 };
    buf_add_str(out, "Options:\n");
    for (const struct opt *o = table; o->name != NULL; o++) {
        if (o->help == NULL) {
            continue;
        }
        struct buf line = BUF_INIT;
        describe_spelling(o, &line);
        if (line.len + 2 > HELP_COLUMN) {
            buf_add_fmt(out, "%s\n%*s", line.data, HELP_COLUMN, "");
        }
        else {
            buf_add_fmt(out, "%-*s", HELP_COLUMN, line.data);
        }
        opt_add_wrapped(out, HELP_COLUMN, o->help);
        buf_dispose(&line);
    }
}
