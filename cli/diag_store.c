/* diag_store: diagnostics as text for the cache and for the pipe of a compile,
 * and back. Part of diag; never reads or writes a file.
 *
 * One line for each diagnostic, then one for each of its ranges and fix-its,
 * fields between tabs; bytes below 32, '%' and 127 are written %XX, and a
 * field that is absent is "-" alone (a text of one '-' is written %2D).
 */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

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

static void
store_span(struct buf *out, const char *kind, const struct diag_span *s)
{
    buf_add_fmt(out, "%s\t%u\t%u\t%u\t%u", kind, s->line, s->column,
                s->end_line, s->end_column);
}

static void
store_parts(const struct diag *d, struct buf *out)
{
    for (size_t i = 0; i < d->range_count; i++) {
        store_span(out, "range", &d->ranges[i]);
        buf_add(out, "\n", 1);
    }
    for (size_t i = 0; i < d->fixit_count; i++) {
        store_span(out, "fixit", &d->fixits[i].span);
        store_text(out, d->fixits[i].path);
        store_text(out, d->fixits[i].text);
        buf_add(out, "\n", 1);
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
        store_parts(d, out);
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

enum { MOST_FIELDS = 11 };

struct field {
    const char *text;
    size_t len;
};

/* Cuts a line at its tabs; the number of fields, 0 when there are too
 * many. */
static size_t
split(const char *line, size_t len, struct field fields[MOST_FIELDS])
{
    size_t count = 0;
    const char *end = line + len;
    for (;;) {
        const char *tab = memchr(line, '\t', (size_t)(end - line));
        const char *stop = tab == NULL ? end : tab;
        if (count == MOST_FIELDS) {
            return 0;
        }
        fields[count++] = (struct field){line, (size_t)(stop - line)};
        if (tab == NULL) {
            return count;
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

static struct diag_span
restore_span(const struct field *fields)
{
    return (struct diag_span){
        restore_number(fields[0]), restore_number(fields[1]),
        restore_number(fields[2]), restore_number(fields[3])};
}

static void
restore_diag(struct diag_list *l, const struct field *fields)
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

static void
restore_fixit(struct diag *d, const struct field *fields)
{
    char *path = restore_text(fields[5].text, fields[5].len);
    char *text = restore_text(fields[6].text, fields[6].len);
    diag_add_fixit(d, path, restore_span(fields + 1),
                   text == NULL ? "" : text);
    free(text);
    free(path);
}

static bool
is_kind(const struct field *f, const char *kind)
{
    return f->len == strlen(kind) && memcmp(f->text, kind, f->len) == 0;
}

static void
restore_line(struct diag_list *l, const struct field *fields, size_t count)
{
    struct diag *last = l->count == 0 ? NULL : &l->items[l->count - 1];
    if (count == 11 && is_kind(fields, "diag")) {
        restore_diag(l, fields);
    }
    else if (last != NULL && count == 5 && is_kind(fields, "range")) {
        diag_add_range(last, restore_span(fields + 1));
    }
    else if (last != NULL && count == 7 && is_kind(fields, "fixit")) {
        restore_fixit(last, fields);
    }
}

void
diag_restore(struct diag_list *l, const char *text)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        struct field fields[MOST_FIELDS];
        size_t count = split(text, len, fields);
        restore_line(l, fields, count);
        text += len;
        text += text[0] == '\n';
    }
}
