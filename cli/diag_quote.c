/* diag_quote: see diag_quote.h. */
#include "diag_quote.h"

#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "file.h"
#include "mem.h"
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
    q->takes_fixit = false;
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
    const char *at = buf_text(&q->file);
    const char *end = at + q->file.len;
    while (number > 1 && at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline == NULL ? end : newline + 1;
        number--;
    }
    if (at == end) {
        return NULL;
    }
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    size_t len = (size_t)((stop == NULL ? end : stop) - at);
    while (len > 0 && at[len - 1] == '\r') {
        len--;
    }
    return mem_copy_range(at, len);
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

/* Gives `d` its source, and the columns in bytes of it. */
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
    if (q->has_caret) {
        size_t from = byte_at(real, q->caret);
        size_t until = byte_at(real, q->last);
        d->column = (unsigned)from + 1;
        d->width = until > from + 1 ? (unsigned)(until - from) : 0;
    }
}

/* `text` consists of carets, tildes and spaces, with one caret at least. */
static bool
is_underline(const char *text)
{
    return strchr(text, '^') != NULL
           && text[strspn(text, " ~^")] == '\0';
}

static void
read_underline(struct quote *q, const char *text, struct diag *d)
{
    const char *caret = strchr(text, '^');
    const char *first = caret;
    while (first > text && first[-1] == '~') {
        first--;
    }
    q->caret = (size_t)(caret - text);
    q->first = (size_t)(first - text);
    q->last = q->caret + 1 + strspn(caret + 1, "~");
    q->has_caret = true;
    q->takes_fixit = true;
    resolve(q, d);
}

/* Below the carets: what the compiler would write instead. Labels ("int",
 * "char *") hang on bars and are none. */
static void
read_fixit(struct quote *q, const char *text, struct diag *d)
{
    q->takes_fixit = false;
    size_t column = strspn(text, " ");
    const char *fixit = text + column;
    size_t len = strlen(fixit);
    while (len > 0 && fixit[len - 1] == ' ') {
        len--;
    }
    bool is_below = column >= q->first && column < q->last;
    if (d->help != NULL || d->message == NULL || len == 0 || len > 60
        || !is_below || strspn(fixit, "-") >= len
        || memchr(fixit, '|', len) != NULL)
    {
        return;
    }
    bool is_missing = strncmp(d->message, "expected ", 9) == 0
                      && q->last - q->first == 1;
    d->help = mem_format(is_missing ? "insert '%.*s'"
                                    : "did you mean '%.*s'?",
                         (int)len, fixit);
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
        read_underline(q, line, d);
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
        q->takes_fixit = false;
        if (number == d->line && !q->has_caret) {
            free(q->text);
            q->text = mem_copy_str(text);
            resolve(q, d);
        }
    }
    else if (q->takes_fixit) {
        read_fixit(q, text, d);
    }
    else if (q->line == d->line && !q->has_caret && is_underline(text)
             && q->text != NULL)
    {
        read_underline(q, text, d);
    }
    return true;
}
