/* diag_json: diagnostics for programs, as one JSON array. Part of diag; never
 * writes to a stream.
 */
#include "diag.h"

#include "json_write.h"

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

static void
add_span(struct buf *out, const struct diag_span *s)
{
    buf_add_fmt(out,
                "\"line\":%u,\"column\":%u,\"end_line\":%u,"
                "\"end_column\":%u",
                s->line, s->column, s->end_line, s->end_column);
}

static void
add_ranges(struct buf *out, const struct diag *d)
{
    buf_add_str(out, ",\"ranges\":[");
    for (size_t i = 0; i < d->range_count; i++) {
        buf_add_str(out, i > 0 ? ",{" : "{");
        add_span(out, &d->ranges[i]);
        buf_add_str(out, "}");
    }
    buf_add_str(out, "]");
}

static void
add_fixits(struct buf *out, const struct diag *d)
{
    buf_add_str(out, ",\"fixits\":[");
    for (size_t i = 0; i < d->fixit_count; i++) {
        const struct diag_fixit *f = &d->fixits[i];
        buf_add_str(out, i > 0 ? ",{" : "{");
        add_span(out, &f->span);
        add_key_text(out, "path", f->path == NULL ? d->path : f->path);
        add_key_text(out, "text", f->text);
        buf_add_str(out, "}");
    }
    buf_add_str(out, "]");
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
        add_ranges(out, d);
        add_fixits(out, d);
        buf_add_fmt(out, ",\"is_child\":%s}",
                    d->is_child ? "true" : "false");
    }
    buf_add(out, "]", 1);
}
