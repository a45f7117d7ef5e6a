/* diag_render: diagnostics as people read them: the GCC text form with source
 * line, caret and help. Part of diag; never writes to a stream.
 */
#include "diag.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "utf8.h"

const struct diag_style diag_plain = {{"", "", ""}, "", "", "", ""};

static const char *const severity_words[] = {"note", "warning", "error"};

/* What all parts of one rendering share. */
struct canvas {
    const char *root; /* NULL: paths as they are */
    const struct diag_style *style;
    struct buf *out;
};

/* `text` on one line or several; lines after the first begin with `indent`
 * spaces. */
static void
add_lines(struct buf *out, const char *text, size_t indent)
{
    for (;;) {
        size_t len = strcspn(text, "\n");
        utf8_add_clean(out, text, len);
        buf_add(out, "\n", 1);
        text += len;
        text += text[0] == '\n';
        if (text[0] == '\0') {
            return;
        }
        buf_add_fmt(out, "%*s", (int)indent, "");
    }
}

void
diag_add_label(struct buf *out, size_t indent, const char *label,
               const char *text, const struct diag_style *style)
{
    buf_add_fmt(out, "%*s%s= %s:%s ", (int)indent, "", style->label, label,
                style->end);
    add_lines(out, text, indent + strlen(label) + 4);
}

static void
add_place(const struct canvas *c, const struct diag *d)
{
    if (d->path == NULL) {
        return;
    }
    const char *path = c->root == NULL ? d->path
                                       : path_below(d->path, c->root);
    buf_add_str(c->out, c->style->place);
    utf8_add_clean(c->out, path, strlen(path));
    if (d->line > 0) {
        buf_add_fmt(c->out, ":%u", d->line);
    }
    if (d->line > 0 && d->column > 0) {
        buf_add_fmt(c->out, ":%u", d->column);
    }
    buf_add_fmt(c->out, ":%s ", c->style->end);
}

static void
add_headline(const struct canvas *c, const struct diag *d)
{
    add_place(c, d);
    buf_add_fmt(c->out, "%s%s:%s ", c->style->severity[d->severity],
                severity_words[d->severity], c->style->end);
    struct buf message = BUF_INIT;
    buf_add_str(&message, d->message == NULL ? "" : d->message);
    if (d->flag != NULL) {
        buf_add_fmt(&message, " [%s]", d->flag);
    }
    add_lines(c->out, buf_text(&message), 6);
    buf_dispose(&message);
}

/* The part of a source line that is shown: all of it, unless it is absurdly
 * long; then the bytes around the column. */
struct window {
    size_t start;
    size_t end;
};

static bool
is_continuation(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

static struct window
choose_window(const char *source, unsigned column)
{
    enum { MOST = 240, BEFORE = 80 };
    size_t len = strlen(source);
    struct window w = {0, len};
    if (len <= MOST) {
        return w;
    }
    size_t at = column > 0 && column <= len ? column - 1 : 0;
    w.start = at > BEFORE ? at - BEFORE : 0;
    w.end = w.start + MOST < len ? w.start + MOST : len;
    while (w.start > 0 && is_continuation(source[w.start])) {
        w.start--;
    }
    while (w.end < len && is_continuation(source[w.end])) {
        w.end++;
    }
    return w;
}

/* What is to be seen of a source line. */
struct strip {
    const struct diag *d;
    struct window w;
    int digits;
};

/* Columns of a terminal before the byte at `column`, which may lie outside of
 * what is seen. */
static size_t
screen_column(const struct strip *s, unsigned column)
{
    size_t at = column > 0 ? column - 1 : 0;
    at = at < s->w.start ? s->w.start : at > s->w.end ? s->w.end : at;
    return utf8_columns(s->d->source + s->w.start, at - s->w.start);
}

static bool
is_seen(const struct strip *s, unsigned column)
{
    return column > 0 && column - 1 >= s->w.start && column - 1 <= s->w.end;
}

/* `with` from one screen column up to another; what is between becomes
 * spaces. */
static void
mark(struct buf *line, size_t from, size_t until, char with)
{
    while (line->len < until) {
        buf_add(line, " ", 1);
    }
    for (size_t i = from; i < until; i++) {
        line->data[i] = with;
    }
}

static void
mark_ranges(const struct strip *s, struct buf *line)
{
    for (size_t i = 0; i < s->d->range_count; i++) {
        const struct diag_span *r = &s->d->ranges[i];
        if (r->line > s->d->line || r->end_line < s->d->line) {
            continue;
        }
        unsigned last = (unsigned)strlen(s->d->source) + 1;
        unsigned first = r->line == s->d->line ? r->column : 1;
        size_t from = screen_column(s, first);
        size_t until = screen_column(s, r->end_line == s->d->line
                                            ? r->end_column
                                            : last);
        if (until > from) {
            mark(line, from, until, '~');
        }
    }
}

static void
add_marks(const struct canvas *c, const struct strip *s,
          const struct buf *line, const char *color)
{
    const char *text = buf_text(line);
    size_t blank = strspn(text, " ");
    if (text[blank] != '\0') {
        buf_add_fmt(c->out, "%*s | %*s%s%s%s\n", s->digits, "", (int)blank,
                    "", color, text + blank, c->style->end);
    }
}

/* "      |     ~~^~~" below the part of the line that is seen. */
static void
add_carets(const struct canvas *c, const struct strip *s)
{
    const struct diag *d = s->d;
    if (d->column > strlen(d->source) + 1 || !is_seen(s, d->column)) {
        return;
    }
    struct buf line = BUF_INIT;
    mark_ranges(s, &line);
    size_t from = screen_column(s, d->column);
    size_t until = screen_column(s, d->column + d->width);
    mark(&line, from, until > from ? until : from + 1, '~');
    line.data[from] = '^';
    add_marks(c, s, &line, c->style->severity[d->severity]);
    buf_dispose(&line);
}

/* Where a fix-it is shown below the carets: on one line, in this file. */
static bool
is_shown_fixit(const struct strip *s, const struct diag_fixit *f)
{
    const struct diag *d = s->d;
    return f->span.line == d->line && f->span.end_line == d->line
           && strchr(f->text, '\n') == NULL && strlen(f->text) <= 60
           && f->span.column <= strlen(d->source) + 1
           && is_seen(s, f->span.column)
           && (f->path == NULL || d->path == NULL
               || strcmp(f->path, d->path) == 0);
}

/* "      |     sum": what to write instead, below what it replaces; hyphens
 * for what is to go. One that would stand on another opens a new line. */
static void
add_fixits(const struct canvas *c, const struct strip *s)
{
    struct buf line = BUF_INIT;
    for (size_t i = 0; i < s->d->fixit_count; i++) {
        const struct diag_fixit *f = &s->d->fixits[i];
        if (!is_shown_fixit(s, f)) {
            continue;
        }
        size_t from = screen_column(s, f->span.column);
        if (from < line.len) {
            add_marks(c, s, &line, c->style->fixit);
            buf_clear(&line);
        }
        size_t until = screen_column(s, f->span.end_column);
        if (f->text[0] == '\0' && until > from) {
            mark(&line, from, until, '-');
        }
        else if (f->text[0] != '\0') {
            mark(&line, from, from, ' ');
            utf8_add_clean(&line, f->text, strlen(f->text));
        }
    }
    add_marks(c, s, &line, c->style->fixit);
    buf_dispose(&line);
}

static void
add_source(const struct canvas *c, const struct diag *d, int digits)
{
    struct window w = choose_window(d->source, d->column);
    buf_add_fmt(c->out, "%*u | ", digits, d->line);
    utf8_add_clean(c->out, d->source + w.start, w.end - w.start);
    while (c->out->len > 0 && c->out->data[c->out->len - 1] == ' ') {
        c->out->data[--c->out->len] = '\0';
    }
    buf_add(c->out, "\n", 1);
    struct strip strip = {d, w, digits};
    add_carets(c, &strip);
    add_fixits(c, &strip);
}

static void
add_one(const struct canvas *c, const struct diag *d)
{
    int digits = snprintf(NULL, 0, "%u", d->line);
    digits = digits < 5 ? 5 : digits;
    add_headline(c, d);
    if (d->source != NULL && d->line > 0) {
        add_source(c, d, digits);
    }
    if (d->help != NULL) {
        diag_add_label(c->out, (size_t)digits + 1, "help", d->help,
                       c->style);
    }
}

static void
add_rest(struct buf *out, size_t errors, size_t warnings)
{
    if (errors == 0 && warnings == 0) {
        return;
    }
    buf_add_str(out, "and ");
    if (errors > 0) {
        buf_add_fmt(out, "%zu more error%s", errors, errors == 1 ? "" : "s");
    }
    if (warnings > 0) {
        buf_add_fmt(out, "%s%zu more warning%s", errors > 0 ? ", " : "",
                    warnings, warnings == 1 ? "" : "s");
    }
    buf_add(out, "\n", 1);
}

void
diag_render_styled(const struct diag_list *l, const char *root, size_t most,
                   const struct diag_style *style, struct buf *out)
{
    struct canvas c = {root, style, out};
    size_t shown[3] = {0, 0, 0};
    size_t held[3] = {0, 0, 0};
    bool is_shown = true; /* of the diagnostic that a child belongs to */
    for (size_t i = 0; i < l->count; i++) {
        const struct diag *d = &l->items[i];
        if (!d->is_child) {
            is_shown = most == 0 || d->severity == DIAG_NOTE
                       || shown[d->severity] < most;
            (is_shown ? shown : held)[d->severity]++;
        }
        if (is_shown) {
            add_one(&c, d);
        }
    }
    add_rest(out, held[DIAG_ERROR], held[DIAG_WARNING]);
}

void
diag_render(const struct diag_list *l, const char *root, size_t most,
            struct buf *out)
{
    diag_render_styled(l, root, most, &diag_plain, out);
}
