/* toml: see toml.h. Here: keys, tables and arrays; toml_value reads what
 * stands in them.
 */
#include "toml.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "mem.h"
#include "toml_read.h"

enum { MOST_DEPTH = 100, MOST_PARTS = 100 };

/* How a table came to be, and so what may still be added to it. */
enum origin {
    BY_PATH,   /* the `a` of [a.b]: may get its own header once */
    BY_HEADER, /* [a] */
    BY_DOTS,   /* the `a` of a.b = 1: no header may name it */
    BY_VALUE,  /* {…}: closed */
    BY_ARRAY,  /* the array of [[a]] */
};

int
toml_fail(const struct toml_reader *r, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    err_set(r->e, ERR_USAGE, "%s:%u: %s", r->name, r->line,
            len < 0 ? format : text);
    free(len < 0 ? NULL : text);
    return -1;
}

char
toml_peek(const struct toml_reader *r)
{
    return r->at < r->end ? *r->at : '\0';
}

void
toml_skip_blanks(struct toml_reader *r)
{
    while (toml_peek(r) == ' ' || toml_peek(r) == '\t') {
        r->at++;
    }
}

int
toml_skip_comment(struct toml_reader *r)
{
    if (toml_peek(r) == '#') {
        while (r->at < r->end && *r->at != '\n') {
            unsigned char c = (unsigned char)*r->at++;
            if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7f) {
                return toml_fail(r, "a comment holds a control character");
            }
        }
    }
    return 0;
}

/* Blanks, comments and newlines. */
static int
skip_space(struct toml_reader *r)
{
    for (;;) {
        toml_skip_blanks(r);
        if (toml_skip_comment(r) < 0) {
            return -1;
        }
        if (toml_peek(r) == '\n') {
            r->line++;
        }
        else if (!(toml_peek(r) == '\r' && r->at + 1 < r->end
                   && r->at[1] == '\n'))
        {
            return 0;
        }
        r->at++;
    }
}

/* After a header or a value nothing but a comment may stand in the line. */
static int
end_line(struct toml_reader *r)
{
    toml_skip_blanks(r);
    if (toml_skip_comment(r) < 0) {
        return -1;
    }
    if (toml_peek(r) == '\r' && r->at + 1 < r->end) {
        r->at++;
    }
    if (r->at == r->end) {
        return 0;
    }
    if (*r->at != '\n') {
        return toml_fail(r, "only a comment may follow here");
    }
    r->at++;
    r->line++;
    return 0;
}

static struct toml *
new_node(struct toml_reader *r, enum toml_type type)
{
    struct toml *t = mem_new(sizeof(*t));
    t->type = type;
    t->line = r->line;
    return t;
}

static void
append(struct toml *to, struct toml *item)
{
    if (to->count == to->cap) {
        to->cap = to->cap == 0 ? 8 : to->cap * 2;
        to->items = mem_resize(to->items, to->cap, sizeof(*to->items));
    }
    to->items[to->count++] = item;
}

static struct toml *
child(const struct toml *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->items[i]->key, key) == 0) {
            return table->items[i];
        }
    }
    return NULL;
}

static struct toml *
add_table(struct toml_reader *r, struct toml *to, const char *key,
          enum origin origin)
{
    struct toml *t = new_node(r, TOML_TABLE);
    t->key = mem_copy_str(key);
    t->origin = origin;
    append(to, t);
    return t;
}

/* One part of a key. */
static int
read_part(struct toml_reader *r, struct list *parts)
{
    char c = toml_peek(r);
    if (c == '"' || c == '\'') {
        struct buf text = BUF_INIT;
        int status = toml_read_quoted(r, &text);
        list_add_taken(parts, buf_take(&text));
        return status;
    }
    const char *start = r->at;
    while (r->at < r->end
           && (isalnum((unsigned char)*r->at) || *r->at == '_'
               || *r->at == '-'))
    {
        r->at++;
    }
    if (r->at == start) {
        return toml_fail(r, "a key is missing");
    }
    list_add_taken(parts, mem_copy_range(start, (size_t)(r->at - start)));
    return 0;
}

/* a."b".c */
static int
read_key(struct toml_reader *r, struct list *parts)
{
    for (;;) {
        toml_skip_blanks(r);
        if (read_part(r, parts) < 0) {
            return -1;
        }
        toml_skip_blanks(r);
        if (toml_peek(r) != '.') {
            return 0;
        }
        if (parts->count == MOST_PARTS) {
            return toml_fail(r, "a key has too many parts");
        }
        r->at++;
    }
}

static int
refuse_twice(const struct toml_reader *r, const char *key,
             const struct toml *there)
{
    return toml_fail(r, "'%s' is already in line %u", key, there->line);
}

static int read_value(struct toml_reader *r, struct toml *value);

/* key = value, into `table` or by dots into tables below it. */
static int
read_pair(struct toml_reader *r, struct toml *table)
{
    struct list parts = LIST_INIT;
    int status = read_key(r, &parts);
    for (size_t i = 0; status == 0 && i + 1 < parts.count; i++) {
        const char *key = parts.items[i];
        struct toml *next = child(table, key);
        if (next == NULL) {
            next = add_table(r, table, key, BY_DOTS);
        }
        else if (next->type != TOML_TABLE
                 || (next->origin != BY_DOTS && next->origin != BY_PATH))
        {
            status = refuse_twice(r, key, next);
        }
        table = next;
    }
    if (status == 0 && toml_peek(r) != '=') {
        status = toml_fail(r, "'=' is missing after '%s'",
                           parts.items[parts.count - 1]);
    }
    if (status == 0) {
        const char *key = parts.items[parts.count - 1];
        const struct toml *there = child(table, key);
        struct toml *value = new_node(r, TOML_STRING);
        value->key = mem_copy_str(key);
        r->at++;
        toml_skip_blanks(r);
        status = there != NULL ? refuse_twice(r, key, there)
                               : read_value(r, value);
        append(table, value);
    }
    list_dispose(&parts);
    return status;
}

static int
read_array(struct toml_reader *r, struct toml *array)
{
    array->type = TOML_ARRAY;
    array->origin = BY_VALUE;
    r->at++;
    for (;;) {
        if (skip_space(r) < 0) {
            return -1;
        }
        if (toml_peek(r) == ']') {
            r->at++;
            return 0;
        }
        struct toml *item = new_node(r, TOML_STRING);
        append(array, item);
        if (read_value(r, item) < 0 || skip_space(r) < 0) {
            return -1;
        }
        if (toml_peek(r) == ',') {
            r->at++;
        }
        else if (toml_peek(r) != ']') {
            return toml_fail(r, "an array needs ',' or ']' here");
        }
    }
}

/* Inline tables are closed once read, and so is all that is in them. */
static void
close_table(struct toml *t)
{
    t->origin = BY_VALUE;
    for (size_t i = 0; i < t->count; i++) {
        if (t->items[i]->type == TOML_TABLE) {
            close_table(t->items[i]);
        }
    }
}

static int
read_inline_table(struct toml_reader *r, struct toml *table)
{
    table->type = TOML_TABLE;
    table->origin = BY_DOTS;
    r->at++;
    toml_skip_blanks(r);
    bool is_first = true;
    while (!(is_first && toml_peek(r) == '}')) {
        if (read_pair(r, table) < 0) {
            return -1;
        }
        is_first = false;
        toml_skip_blanks(r);
        if (toml_peek(r) == '}') {
            break;
        }
        if (toml_peek(r) != ',') {
            return toml_fail(r, "an inline table needs ',' or '}' here");
        }
        r->at++;
        toml_skip_blanks(r);
    }
    r->at++;
    close_table(table);
    return 0;
}

static int
read_value(struct toml_reader *r, struct toml *value)
{
    char c = toml_peek(r);
    if (c == '"' || c == '\'') {
        struct buf text = BUF_INIT;
        int status = toml_read_string(r, &text);
        value->text = buf_take(&text);
        return status;
    }
    if (c != '[' && c != '{') {
        return toml_read_scalar(r, value);
    }
    if (r->depth == MOST_DEPTH) {
        return toml_fail(r, "arrays and tables are nested too deeply");
    }
    r->depth++;
    int status = c == '[' ? read_array(r, value)
                          : read_inline_table(r, value);
    r->depth--;
    return status;
}

/* The table that the parts of a header but the last lead to. */
static struct toml *
walk(struct toml_reader *r, struct toml *table, const struct list *parts)
{
    for (size_t i = 0; i + 1 < parts->count; i++) {
        const char *key = parts->items[i];
        struct toml *next = child(table, key);
        if (next == NULL) {
            next = add_table(r, table, key, BY_PATH);
        }
        else if (next->type == TOML_ARRAY && next->origin == BY_ARRAY) {
            next = next->items[next->count - 1];
        }
        else if (next->type != TOML_TABLE || next->origin == BY_VALUE) {
            refuse_twice(r, key, next);
            return NULL;
        }
        table = next;
    }
    return table;
}

/* [a.b]: the table that the lines below it go into, NULL on failure. */
static struct toml *
open_table(struct toml_reader *r, struct toml *above, const char *key)
{
    struct toml *t = child(above, key);
    if (t == NULL) {
        return add_table(r, above, key, BY_HEADER);
    }
    if (t->type != TOML_TABLE || t->origin != BY_PATH) {
        refuse_twice(r, key, t);
        return NULL;
    }
    t->origin = BY_HEADER;
    t->line = r->line;
    return t;
}

/* [[a.b]]: a new table at the end of the array. */
static struct toml *
open_item(struct toml_reader *r, struct toml *above, const char *key)
{
    struct toml *array = child(above, key);
    if (array == NULL) {
        array = new_node(r, TOML_ARRAY);
        array->key = mem_copy_str(key);
        array->origin = BY_ARRAY;
        append(above, array);
    }
    else if (array->type != TOML_ARRAY || array->origin != BY_ARRAY) {
        refuse_twice(r, key, array);
        return NULL;
    }
    struct toml *t = new_node(r, TOML_TABLE);
    t->origin = BY_HEADER;
    append(array, t);
    return t;
}

static struct toml *
read_header(struct toml_reader *r, struct toml *root)
{
    bool is_item = r->at + 1 < r->end && r->at[1] == '[';
    const char *close = is_item ? "]]" : "]";
    size_t len = strlen(close);
    r->at += len;
    struct list parts = LIST_INIT;
    struct toml *table = NULL;
    if (read_key(r, &parts) < 0) {
        goto done;
    }
    if ((size_t)(r->end - r->at) < len || strncmp(r->at, close, len) != 0) {
        toml_fail(r, "'%s' is missing", close);
        goto done;
    }
    r->at += len;
    table = walk(r, root, &parts);
    if (table != NULL) {
        const char *key = parts.items[parts.count - 1];
        table = is_item ? open_item(r, table, key)
                        : open_table(r, table, key);
    }
done:
    list_dispose(&parts);
    return table;
}

static int
read_document(struct toml_reader *r, struct toml *root)
{
    struct toml *table = root;
    for (;;) {
        if (skip_space(r) < 0) {
            return -1;
        }
        if (r->at == r->end) {
            return 0;
        }
        if (*r->at == '[') {
            table = read_header(r, root);
            if (table == NULL) {
                return -1;
            }
        }
        else if (read_pair(r, table) < 0) {
            return -1;
        }
        if (end_line(r) < 0) {
            return -1;
        }
    }
}

struct toml *
toml_parse(const char *text, size_t len, const char *name, struct err *e)
{
    static const char mark[] = "\xef\xbb\xbf";
    bool is_marked = len >= 3 && memcmp(text, mark, 3) == 0;
    struct toml_reader r = {.at = text + (is_marked ? 3 : 0),
                            .end = text + len,
                            .name = name,
                            .line = 1,
                            .e = e};
    struct toml *root = new_node(&r, TOML_TABLE);
    root->origin = BY_HEADER;
    if (read_document(&r, root) < 0) {
        toml_free(root);
        return NULL;
    }
    return root;
}

const struct toml *
toml_get(const struct toml *table, const char *key)
{
    return table == NULL || table->type != TOML_TABLE ? NULL
                                                      : child(table, key);
}

const char *
toml_type_name(enum toml_type type)
{
    static const char *const names[] = {
        "a string", "an integer", "a float", "a boolean",
        "a date",   "an array",   "a table",
    };
    return names[type];
}

void
toml_free(struct toml *t)
{
    if (t == NULL) {
        return;
    }
    for (size_t i = 0; i < t->count; i++) {
        toml_free(t->items[i]);
    }
    free(t->items);
    free(t->key);
    free(t->text);
    free(t);
}
