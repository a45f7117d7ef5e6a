/* json_print: the writing half of json.h. What it writes is valid UTF-8
 * whatever the strings hold. */
#include "json.h"

#include <string.h>

/* Bytes of the UTF-8 sequence at `s`; 0 when it is none (overlong forms,
 * surrogates and what lies above U+10FFFF are none). */
static size_t
utf8_len(const unsigned char *s, size_t len)
{
    if (s[0] < 0x80) {
        return 1;
    }
    size_t want = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || len < want) {
        return 0;
    }
    for (size_t i = 1; i < want; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)
        || (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
    {
        return 0;
    }
    return want;
}

static void
write_special(unsigned char c, struct buf *out)
{
    static const char meanings[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *found = c == '\0' ? NULL : strchr(meanings, c);
    if (found != NULL) {
        buf_add_fmt(out, "\\%c", letters[found - meanings]);
    }
    else {
        buf_add_fmt(out, "\\u%04x", c < 0x80 ? c : 0xdc00u | c);
    }
}

void
json_print_str(const char *text, size_t len, struct buf *out)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t start = 0;
    size_t at = 0;
    buf_add(out, "\"", 1);
    while (at < len) {
        size_t step = utf8_len(s + at, len - at);
        if (step > 0 && s[at] >= 0x20 && s[at] != '"' && s[at] != '\\') {
            at += step;
            continue;
        }
        buf_add(out, text + start, at - start);
        write_special(s[at], out);
        start = ++at;
    }
    buf_add(out, text + start, len - start);
    buf_add(out, "\"", 1);
}

static void
new_line(const char *margin, unsigned depth, struct buf *out)
{
    if (margin == NULL) {
        return;
    }
    buf_add_fmt(out, "\n%s%*s", margin, (int)(depth * 2), "");
}

static void
write_value(const struct json *j, const char *margin, unsigned depth,
            struct buf *out)
{
    switch (j->type) {
    case JSON_NULL:
        buf_add_str(out, "null");
        return;
    case JSON_BOOL:
        buf_add_str(out, j->is_true ? "true" : "false");
        return;
    case JSON_NUMBER:
        buf_add(out, j->text, j->len);
        return;
    case JSON_STRING:
        json_print_str(j->text, j->len, out);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        break;
    }
    bool is_object = j->type == JSON_OBJECT;
    buf_add_str(out, is_object ? "{" : "[");
    for (size_t i = 0; i < j->count; i++) {
        if (i > 0) {
            buf_add_str(out, margin == NULL ? ", " : ",");
        }
        new_line(margin, depth + 1, out);
        if (is_object) {
            json_print_str(j->items[i].name, j->items[i].name_len, out);
            buf_add_str(out, ": ");
        }
        write_value(&j->items[i], margin, depth + 1, out);
    }
    if (j->count > 0) {
        new_line(margin, depth, out);
    }
    buf_add_str(out, is_object ? "}" : "]");
}

void
json_print(const struct json *j, const char *margin, struct buf *out)
{
    write_value(j, margin, 0, out);
}
