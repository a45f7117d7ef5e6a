/* diag_store: diagnostics as text for the cache and as JSON for programs. Part
 * of diag; never reads or writes a file.
 *
 * The cache's form is one line for each diagnostic, fields between tabs;
 * bytes below 32, '%' and 127 are written %XX, and a field that is absent is
 * "-" alone (a text of one '-' is written %2D).
 */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "json_write.h"
#include "mem.h"

static void
store_text(struct buf *out, const char *text)
{
    buf_add(out, "\t", 1);
    if (text == NULL) {
        buf_add(out, "-", 1);
        return;
    }
    if (strcmp(text, "-") == 0) {
        buf_add_str(out, "%2D");
        return;
    }
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 32 || c == '%' || c == 127) {
            buf_add_fmt(out, "%%%02X", c);
        }
        else {
            buf_add(out, text, 1);
        }
    }
}

void
diag_store(const struct diag_list *l, struct buf *out)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct diag *d = &l->items[i];
        buf_add_fmt(out, "diag\t%d\t%d\t%u\t%u\t%u", (int)d->severity,
                    d->is_child, d->line, d->column, d->width);
        store_text(out, d->path);
        store_text(out, d->message);
        store_text(out, d->flag);
        store_text(out, d->help);
        store_text(out, d->source);
        buf_add(out, "\n", 1);
    }
}

static int
hex_digit(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

static char *
restore_text(const char *field, size_t len)
{
    if (len == 1 && field[0] == '-') {
        return NULL;
    }
    struct buf text = BUF_INIT;
    for (size_t i = 0; i < len; i++) {
        char byte = field[i];
        if (byte == '%' && i + 2 < len && hex_digit(field[i + 1]) >= 0
            && hex_digit(field[i + 2]) >= 0)
        {
            byte = (char)(hex_digit(field[i + 1]) * 16
                          + hex_digit(field[i + 2]));
            i += 2;
        }
        if (byte != '\0') {
            buf_add(&text, &byte, 1);
        }
    }
    return buf_take(&text);
}

enum { FIELDS = 11 };

struct field {
    const char *text;
    size_t len;
};

/* Cuts a line at its tabs; false when it has not exactly our fields. */
static bool
split(const char *line, size_t len, struct field fields[FIELDS])
{
    size_t count = 0;
    const char *end = line + len;
    for (;;) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        const char *stop = tab == NULL ? end : tab;
        if (count == FIELDS) {
            return false;
        }
        fields[count++] = (struct field){line, (size_t)(stop - line)};
        if (tab == NULL) {
            return count == FIELDS && fields[0].len == 4
                   && memcmp(fields[0].text, "diag", 4) == 0;
        }
        line = tab + 1;
    }
}

static unsigned
restore_number(struct field f)
{
    unsigned number = 0;
    for (size_t i = 0; i < f.len && i < 9; i++) {
        if (f.text[i] >= '0' && f.text[i] <= '9') {
            number = number * 10 + (unsigned)(f.text[i] - '0');
        }
    }
    return number;
}

static void
restore_line(struct diag_list *l, const struct field fields[FIELDS])
{
    unsigned severity = restore_number(fields[1]);
    if (severity > DIAG_ERROR) {
        return;
    }
    struct diag *d = diag_add(l);
    d->severity = (enum diag_severity)severity;
    d->is_child = restore_number(fields[2]) != 0;
    d->line = restore_number(fields[3]);
    d->column = restore_number(fields[4]);
    d->width = restore_number(fields[5]);
    char **texts[] = {&d->path, &d->message, &d->flag, &d->help, &d->source};
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        *texts[i] = restore_text(fields[6 + i].text, fields[6 + i].len);
    }
}

void
diag_restore(struct diag_list *l, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        struct field fields[FIELDS];
        if (split(text, len, fields)) {
            restore_line(l, fields);
        }
        text += len;
        text += text[0] == '\n';
    }
}

static void
add_key_number(struct buf *out, const char *key, unsigned number)
{
    if (number == 0) {
        buf_add_fmt(out, ",\"%s\":null", key);
    }
    else {
        buf_add_fmt(out, ",\"%s\":%u", key, number);
    }
}

static void
add_key_text(struct buf *out, const char *key, const char *text)
{
    buf_add_fmt(out, ",\"%s\":", key);
    json_add_str(out, text);
}

void
diag_to_json(const struct diag_list *l, struct buf *out)
{
    static const char *const severities[] = {"note", "warning", "error"};
    buf_add(out, "[", 1);
    for (size_t i = 0; i < l->count; i++) {
        const struct diag *d = &l->items[i];
        buf_add_fmt(out, "%s{\"severity\":\"%s\"", i > 0 ? "," : "",
                    severities[d->severity]);
        add_key_text(out, "path", d->path);
        add_key_number(out, "line", d->line);
        add_key_number(out, "column", d->column);
        add_key_number(out, "width", d->width);
        add_key_text(out, "message", d->message);
        add_key_text(out, "flag", d->flag);
        add_key_text(out, "help", d->help);
        add_key_text(out, "source", d->source);
        buf_add_fmt(out, ",\"is_child\":%s}",
                    d->is_child ? "true" : "false");
    }
    buf_add(out, "]", 1);
}
