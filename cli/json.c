/* json: see json.h. Reading is a recursive descent over one span of bytes;
 * writing is in json_print.c. */
#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct reader {
    const char *text;
    size_t len;
    size_t at;
    struct err *e;
};

static int read_value(struct reader *r, struct json *j, unsigned depth);

static int
fail(const struct reader *r, const char *what)
{
    size_t line = 1;
    size_t line_start = 0;
    size_t at = r->at < r->len ? r->at : r->len;
    for (size_t i = 0; i < at; i++) {
        if (r->text[i] == '\n') {
            line++;
            line_start = i + 1;
        }
    }
    return err_set(r->e, ERR_USAGE, "line %zu, column %zu: %s", line,
                   at - line_start + 1, what);
}

static bool
is_next(const struct reader *r, char c)
{
    return r->at < r->len && r->text[r->at] == c;
}

static bool
is_digit_next(const struct reader *r)
{
    return r->at < r->len && r->text[r->at] >= '0' && r->text[r->at] <= '9';
}

static void
skip_blanks(struct reader *r)
{
    while (is_next(r, ' ') || is_next(r, '\n') || is_next(r, '\t')
           || is_next(r, '\r'))
    {
        r->at++;
    }
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four digits at `at`, or -1. */
static long
hex4(const struct reader *r, size_t at)
{
    if (r->len - at < 4) {
        return -1;
    }
    long value = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = hex_value(r->text[at + i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    return value;
}

static void
add_code_point(struct buf *out, unsigned long c)
{
    unsigned char bytes[4];
    size_t len = 0;
    if (c < 0x80) {
        bytes[len++] = (unsigned char)c;
    }
    else if (c < 0x800) {
        bytes[len++] = (unsigned char)(0xc0 | c >> 6);
        bytes[len++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    else if (c < 0x10000) {
        bytes[len++] = (unsigned char)(0xe0 | c >> 12);
        bytes[len++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    else {
        bytes[len++] = (unsigned char)(0xf0 | c >> 18);
        bytes[len++] = (unsigned char)(0x80 | (c >> 12 & 0x3f));
        bytes[len++] = (unsigned char)(0x80 | (c >> 6 & 0x3f));
        bytes[len++] = (unsigned char)(0x80 | (c & 0x3f));
    }
    buf_add(out, bytes, len);
}

/* After "\u". A high surrogate takes the low one that follows it. */
static int
read_unicode_escape(struct reader *r, struct buf *out)
{
    long first = hex4(r, r->at);
    if (first < 0) {
        return fail(r, "\\u needs four hexadecimal digits");
    }
    r->at += 4;
    if (first >= 0xdc80 && first <= 0xdcff) {
        char byte = (char)(unsigned char)(first & 0xff);
        buf_add(out, &byte, 1);
        return 0;
    }
    if (first >= 0xd800 && first <= 0xdbff && r->len - r->at >= 6
        && r->text[r->at] == '\\' && r->text[r->at + 1] == 'u')
    {
        long second = hex4(r, r->at + 2);
        if (second >= 0xdc00 && second <= 0xdfff) {
            r->at += 6;
            add_code_point(out, 0x10000ul + ((unsigned long)(first - 0xd800)
                                             << 10)
                                    + (unsigned long)(second - 0xdc00));
            return 0;
        }
    }
    add_code_point(out, (unsigned long)first);
    return 0;
}

/* At the byte after a backslash. */
static int
read_escape(struct reader *r, struct buf *out)
{
    static const char letters[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (r->at >= r->len) {
        return fail(r, "the document ends inside a string");
    }
    char c = r->text[r->at];
    if (c == 'u') {
        r->at++;
        return read_unicode_escape(r, out);
    }
    const char *found = c == '\0' ? NULL : strchr(letters, c);
    if (found == NULL) {
        return fail(r, "no such escape in a string");
    }
    buf_add(out, &meanings[found - letters], 1);
    r->at++;
    return 0;
}

/* A string's bytes on the heap; NULL and an error otherwise. */
static char *
read_string(struct reader *r, size_t *len)
{
    struct buf out = BUF_INIT;
    r->at++;
    for (;;) {
        size_t start = r->at;
        while (r->at < r->len && r->text[r->at] != '"'
               && r->text[r->at] != '\\'
               && (unsigned char)r->text[r->at] >= 0x20)
        {
            r->at++;
        }
        buf_add(&out, r->text + start, r->at - start);
        if (r->at >= r->len) {
            fail(r, "the document ends inside a string");
            break;
        }
        if (r->text[r->at] == '"') {
            r->at++;
            *len = out.len;
            char *text = mem_copy_range(buf_text(&out), out.len);
            buf_dispose(&out);
            return text;
        }
        if (r->text[r->at] != '\\') {
            fail(r, "a control character inside a string");
            break;
        }
        r->at++;
        if (read_escape(r, &out) < 0) {
            break;
        }
    }
    buf_dispose(&out);
    return NULL;
}

static int
skip_digits(struct reader *r)
{
    if (!is_digit_next(r)) {
        return fail(r, "a digit is missing here");
    }
    while (is_digit_next(r)) {
        r->at++;
    }
    return 0;
}

static int
read_number(struct reader *r, struct json *j)
{
    size_t start = r->at;
    if (is_next(r, '-')) {
        r->at++;
    }
    if (is_next(r, '0')) {
        r->at++;
    }
    else if (skip_digits(r) < 0) {
        return -1;
    }
    if (is_next(r, '.')) {
        r->at++;
        if (skip_digits(r) < 0) {
            return -1;
        }
    }
    if (is_next(r, 'e') || is_next(r, 'E')) {
        r->at++;
        if (is_next(r, '+') || is_next(r, '-')) {
            r->at++;
        }
        if (skip_digits(r) < 0) {
            return -1;
        }
    }
    j->type = JSON_NUMBER;
    j->len = r->at - start;
    j->text = mem_copy_range(r->text + start, j->len);
    return 0;
}

static int
read_word(struct reader *r, struct json *j)
{
    static const struct {
        const char *word;
        enum json_type type;
        bool is_true;
    } words[] = {
        {"null", JSON_NULL, false},
        {"true", JSON_BOOL, true},
        {"false", JSON_BOOL, false},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i].word);
        if (r->len - r->at >= len
            && memcmp(r->text + r->at, words[i].word, len) == 0)
        {
            r->at += len;
            j->type = words[i].type;
            j->is_true = words[i].is_true;
            return 0;
        }
    }
    return fail(r, r->at < r->len ? "a value is expected here"
                                  : "the document ends too early");
}

/* An empty value at the end of `j`. */
static struct json *
append(struct json *j)
{
    if (j->count == j->cap) {
        j->cap = j->cap == 0 ? 4 : j->cap * 2;
        j->items = mem_resize(j->items, j->cap, sizeof(*j->items));
    }
    struct json *item = &j->items[j->count++];
    *item = (struct json)JSON_INIT;
    return item;
}

static int
read_member_name(struct reader *r, struct json *item)
{
    if (!is_next(r, '"')) {
        return fail(r, "a name in quotes is expected here");
    }
    item->name = read_string(r, &item->name_len);
    if (item->name == NULL) {
        return -1;
    }
    skip_blanks(r);
    if (!is_next(r, ':')) {
        return fail(r, "':' is expected after a name");
    }
    r->at++;
    skip_blanks(r);
    return 0;
}

static int
read_items(struct reader *r, struct json *j, unsigned depth)
{
    bool is_object = r->text[r->at] == '{';
    char close = is_object ? '}' : ']';
    j->type = is_object ? JSON_OBJECT : JSON_ARRAY;
    if (depth >= JSON_MAX_DEPTH) {
        return fail(r, "nested too deeply");
    }
    r->at++;
    skip_blanks(r);
    if (is_next(r, close)) {
        r->at++;
        return 0;
    }
    for (;;) {
        struct json *item = append(j);
        if (is_object && read_member_name(r, item) < 0) {
            return -1;
        }
        if (read_value(r, item, depth + 1) < 0) {
            return -1;
        }
        skip_blanks(r);
        if (is_next(r, close)) {
            r->at++;
            return 0;
        }
        if (!is_next(r, ',')) {
            return fail(r, is_object ? "',' or '}' is expected here"
                                     : "',' or ']' is expected here");
        }
        r->at++;
        skip_blanks(r);
    }
}

static int
read_value(struct reader *r, struct json *j, unsigned depth)
{
    int status = 0;
    j->start = r->at;
    if (is_next(r, '{') || is_next(r, '[')) {
        status = read_items(r, j, depth);
    }
    else if (is_next(r, '"')) {
        j->type = JSON_STRING;
        j->text = read_string(r, &j->len);
        status = j->text == NULL ? -1 : 0;
    }
    else if (is_next(r, '-') || is_digit_next(r)) {
        status = read_number(r, j);
    }
    else {
        status = read_word(r, j);
    }
    j->end = r->at;
    return status;
}

int
json_read(struct json *j, const char *text, size_t len, struct err *e)
{
    struct reader r = {text, len, 0, e};
    *j = (struct json)JSON_INIT;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        r.at = 3;
    }
    skip_blanks(&r);
    int status = read_value(&r, j, 0);
    if (status == 0) {
        skip_blanks(&r);
        if (r.at < r.len) {
            status = fail(&r, "something follows the end of the document");
        }
    }
    if (status < 0) {
        json_dispose(j);
    }
    return status;
}

const struct json *
json_get(const struct json *j, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = j->type == JSON_OBJECT ? j->count : 0; i > 0; i--) {
        const struct json *item = &j->items[i - 1];
        if (item->name_len == len && memcmp(item->name, name, len) == 0) {
            return item;
        }
    }
    return NULL;
}

const char *
json_get_str(const struct json *j, const char *name)
{
    const struct json *item = json_get(j, name);
    if (item == NULL || item->type != JSON_STRING
        || strlen(item->text) != item->len)
    {
        return NULL;
    }
    return item->text;
}

struct json *
json_put(struct json *parent, const char *name, enum json_type type)
{
    struct json *item = append(parent);
    item->type = type;
    if (name != NULL) {
        item->name = mem_copy_str(name);
        item->name_len = strlen(name);
    }
    return item;
}

void
json_put_str(struct json *parent, const char *name, const char *text)
{
    struct json *item = json_put(parent, name, JSON_STRING);
    item->text = mem_copy_str(text);
    item->len = strlen(text);
}

void
json_dispose(struct json *j)
{
    for (size_t i = 0; i < j->count; i++) {
        json_dispose(&j->items[i]);
    }
    free(j->items);
    free(j->text);
    free(j->name);
    *j = (struct json)JSON_INIT;
}
