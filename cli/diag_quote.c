/* diag_quote: see diag_quote.h. */
#include "diag_quote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "mem.h"
#include "path.h"
#include "utf8.h"

void
quote_start(struct quote *q)
{
    free(q->text);
    free(q->previous);
    q->text = NULL;
    q->previous = NULL;
    q->line = 0;
    q->has_caret = false;
}

void
quote_dispose(struct quote *q)
{
    quote_start(q);
    free(q->path);
    buf_dispose(&q->file);
    q->path = NULL;
}

/* Line `number` of the file at `path` as it is on disk, on the heap; NULL
 * when there is none. */
static char *
real_line(struct quote *q, const char *path, unsigned number)
{
    if (q->path == NULL || strcmp(q->path, path) != 0) {
        free(q->path);
        q->path = mem_copy_str(path);
        buf_clear(&q->file);
        (void)file_read(path, &q->file, NULL);
    }
    return diag_copy_line(&q->file, number);
}

/* As a compiler would print it: without tabs and what is at the end. */
static char *
as_printed(const char *line)
{
    struct buf clean = BUF_INIT;
    utf8_add_clean(&clean, line, strlen(line));
    size_t len = clean.len;
    while (len > 0 && clean.data[len - 1] == ' ') {
        len--;
    }
    char *text = mem_copy_range(buf_text(&clean), len);
    buf_dispose(&clean);
    return text;
}

static bool
is_same_line(const char *real, const char *printed)
{
    char *a = as_printed(real);
    char *b = as_printed(printed);
    bool is_same = strcmp(a, b) == 0;
    free(a);
    free(b);
    return is_same;
}

/* The byte of `line` that stands at `column` (from 0) of a terminal. */
static size_t
byte_at(const char *line, size_t column)
{
    size_t len = strlen(line);
    size_t at = 0;
    while (at < len && utf8_columns(line, at) < column) {
        uint32_t point;
        at += utf8_next(line + at, len - at, &point);
    }
    return at;
}

/* Gives `d` its source. */
static void
resolve(struct quote *q, struct diag *d)
{
    char *real = d->path == NULL ? NULL : real_line(q, d->path, d->line);
    if (real == NULL || !is_same_line(real, q->text)) {
        free(real);
        real = mem_copy_str(q->text);
    }
    free(d->source);
    d->source = real;
}

/* `text` consists of carets, tildes and spaces, with one caret at least. */
static bool
is_underline(const char *text)
{
    return strchr(text, '^') != NULL
           && text[strspn(text, " ~^")] == '\0';
}

static void
add_range(struct diag *d, size_t from, size_t until)
{
    diag_add_range(d, (struct diag_span){d->line, (unsigned)from + 1, d->line,
                                         (unsigned)until + 1});
}

/* "  ~~~ ~~^~~": the place and its width come from the run with the caret,
 * what stands before it and the other runs are ranges. */
static void
read_underline(const char *marks, struct diag *d)
{
    const char *caret = strchr(marks, '^');
    for (const char *at = marks + strspn(marks, " "); *at != '\0';) {
        size_t len = strspn(at, "~^");
        size_t from = byte_at(d->source, (size_t)(at - marks));
        size_t until = byte_at(d->source, (size_t)(at - marks) + len);
        if (caret >= at && caret < at + len) {
            size_t here = byte_at(d->source, (size_t)(caret - marks));
            d->column = (unsigned)here + 1;
            d->width = until > here + 1 ? (unsigned)(until - here) : 0;
            until = here;
        }
        if (until > from) {
            add_range(d, from, until);
        }
        at += len;
        at += strspn(at, " ");
    }
}

/* One letter of a C string literal, as gcc and clang write it. */
static char
read_escape(const char **at)
{
    char c = *(*at)++;
    if (c >= '0' && c <= '7') {
        int value = c - '0';
        for (int i = 0; i < 2 && **at >= '0' && **at <= '7'; i++) {
            value = value * 8 + *(*at)++ - '0';
        }
        return (char)value;
    }
    return c == 'n' ? '\n' : c == 't' ? '\t' : c;
}

/* The literal that begins at `*at`, on the heap; NULL when it is none. `*at`
 * is then behind it. */
static char *
read_literal(const char **at)
{
    struct buf text = BUF_INIT;
    if (**at != '"') {
        return NULL;
    }
    for ((*at)++; **at != '"';) {
        char c = *(*at)++;
        if (c == '\\' && **at != '\0') {
            c = read_escape(at);
        }
        if (c == '\0') {
            buf_dispose(&text);
            return NULL;
        }
        buf_add(&text, &c, 1);
    }
    (*at)++;
    return buf_take(&text);
}

bool
quote_read_fixit(const char *line, const char *dir, struct diag *d)
{
    static const char mark[] = "fix-it:";
    if (strncmp(line, mark, sizeof(mark) - 1) != 0) {
        return false;
    }
    const char *at = line + sizeof(mark) - 1;
    struct diag_span s;
    int len = 0;
    char *path = read_literal(&at);
    char *text = NULL;
    if (path != NULL
        && sscanf(at, ":{%9u:%9u-%9u:%9u}:%n", &s.line, &s.column,
                  &s.end_line, &s.end_column, &len) == 4
        && len > 0)
    {
        at += len;
        text = read_literal(&at);
    }
    if (text != NULL && d != NULL && d->fixit_count < 20) {
        char *joined = path_join(dir, path);
        char *real = path_real(joined);
        diag_add_fixit(d, real, s, text);
        free(real);
        free(joined);
    }
    free(text);
    free(path);
    return true;
}

/* "   11 | text" gives the number (0 for an empty gutter) and the text; NULL
 * when the line has no gutter. */
static const char *
after_gutter(const char *line, unsigned *number)
{
    size_t at = strspn(line, " ");
    size_t digits = strspn(line + at, "0123456789");
    /* gcc writes lines from 10000 on without a space before them. */
    if (digits > 9 || (at == 0 && digits < 5)) {
        return NULL;
    }
    *number = digits == 0 ? 0 : (unsigned)strtoul(line + at, NULL, 10);
    at += digits;
    if (strncmp(line, "  +++ |", 7) == 0) {
        return "";
    }
    size_t spaces = strspn(line + at, " ");
    if (line[at + spaces] != '|' || (digits > 0 && spaces != 1)) {
        return NULL;
    }
    at += spaces + 1;
    return line + at + (line[at] == ' ');
}

/* clang before 17: the source line bare, the caret line below it. */
static bool
read_bare(struct quote *q, const char *line, struct diag *d)
{
    if (d == NULL || q->has_caret || q->line != 0) {
        return false;
    }
    if (q->previous != NULL && is_underline(line)) {
        q->line = d->line;
        q->text = q->previous;
        q->previous = NULL;
        q->has_caret = true;
        resolve(q, d);
        read_underline(line, d);
        return true;
    }
    free(q->previous);
    q->previous = mem_copy_str(line);
    return false;
}

bool
quote_read(struct quote *q, const char *line, struct diag *d)
{
    unsigned number = 0;
    const char *text = after_gutter(line, &number);
    if (text == NULL) {
        return read_bare(q, line, d);
    }
    if (d == NULL || d->line == 0) {
        return true;
    }
    if (number != 0) {
        q->line = number;
        if (number == d->line && !q->has_caret) {
            free(q->text);
            q->text = mem_copy_str(text);
            resolve(q, d);
        }
    }
    else if (q->line == d->line && !q->has_caret && is_underline(text)
             && q->text != NULL)
    {
        q->has_caret = true;
        read_underline(text, d);
    }
    return true;
}
