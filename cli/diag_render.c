/* diag_render: diagnostics as people read them: the GCC text form with source
 * line, caret and help. Part of diag; never writes to a stream.
 */
#include "diag.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "utf8.h"

const struct diag_style diag_plain = {{"", "", ""}, "", "", ""};

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

/* "      |     ^~~~" below the part of the line that `w` shows. */
static void
add_caret(const struct canvas *c, const struct diag *d, struct window w,
          int digits)
{
    size_t len = strlen(d->source);
    size_t at = d->column - 1;
    if (d->column == 0 || at > len || at < w.start || at > w.end) {
        return;
    }
    size_t width = d->width < w.end - at ? d->width : w.end - at;
    size_t before = utf8_columns(d->source + w.start, at - w.start);
    size_t until = utf8_columns(d->source + w.start, at + width - w.start);
    buf_add_fmt(c->out, "%*s | %*s%s^", digits, "", (int)before, "",
                c->style->severity[d->severity]);
    for (size_t i = before + 1; i < until; i++) {
        buf_add(c->out, "~", 1);
    }
    buf_add_fmt(c->out, "%s\n", c->style->end);
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
    add_caret(c, d, w, digits);
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
