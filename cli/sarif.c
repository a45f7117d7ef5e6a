/* sarif: see sarif.h. */
#include "sarif.h"

#include <stdlib.h>
#include <string.h>

#include "json_write.h"
#include "list.h"
#include "mem.h"
#include "path.h"
#include "utf8.h"

static const char head[]
    = "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/"
      "os/schemas/sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{"
      "\"tool\":{\"driver\":{\"name\":\"cowbird\",\"version\":\""
      COWBIRD_VERSION "\",\"rules\":[";

static const char *const levels[] = {"note", "warning", "error"};

struct log {
    const char *root;
    struct list rules; /* ids */
    struct buf *out;
};

/* The warning's flag; the compilers' errors have no name. */
static const char *
rule_of(const struct diag *d)
{
    return d->flag != NULL ? d->flag : levels[d->severity];
}

static void
add_key(struct buf *out, const char *key, const char *text)
{
    buf_add_fmt(out, "\"%s\":", key);
    json_add_str(out, text);
}

static void
add_rules(struct log *g, const struct diag_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (!l->items[i].is_child) {
            list_add_new(&g->rules, rule_of(&l->items[i]));
        }
    }
    for (size_t i = 0; i < g->rules.count; i++) {
        const char *id = g->rules.items[i];
        char *text = id[0] == '-'
                         ? mem_format("What the compiler warns of with %s",
                                      id)
                         : mem_format("A compiler's %s without a flag", id);
        buf_add_str(g->out, i > 0 ? ",{" : "{");
        add_key(g->out, "id", id);
        buf_add_str(g->out, ",\"shortDescription\":{");
        add_key(g->out, "text", text);
        buf_add_str(g->out, "}}");
        free(text);
    }
}

/* Everything but what a path may hold in a URI is written %XX. */
static void
add_uri(struct buf *out, const char *path)
{
    static const char plain[]
        = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
          "-._~/";
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL) {
            buf_add(out, path, 1);
        }
        else {
            buf_add_fmt(out, "%%%02X", (unsigned)(unsigned char)*path);
        }
    }
}

static void
add_artifact(const struct log *g, const char *path)
{
    const char *below = path_below(path, g->root);
    buf_add_str(g->out, "\"artifactLocation\":{\"uri\":\"");
    if (below == path && path[0] == '/') {
        buf_add_str(g->out, "file://");
    }
    add_uri(g->out, below);
    buf_add_str(g->out, below == path ? "\"}"
                                      : "\",\"uriBaseId\":\"ROOT\"}");
}

/* Bytes to code points, as far as the line is known. */
static unsigned
column_of(const char *source, unsigned column)
{
    size_t len = source == NULL ? 0 : strlen(source);
    unsigned points = 1;
    size_t at = 0;
    while (at < len && at + 1 < column) {
        uint32_t point;
        at += utf8_next(source + at, len - at, &point);
        points++;
    }
    return points + (at + 1 < column ? column - (unsigned)at - 1 : 0);
}

static void
add_span(struct buf *out, const struct diag_span *s, const char *source)
{
    buf_add_fmt(out, "{\"startLine\":%u,\"startColumn\":%u,", s->line,
                column_of(source, s->column));
    buf_add_fmt(out, "\"endLine\":%u,\"endColumn\":%u", s->end_line,
                s->line == s->end_line ? column_of(source, s->end_column)
                                       : s->end_column);
}

static void
add_region(struct buf *out, const struct diag *d)
{
    unsigned width = d->width > 0 ? d->width : 1;
    struct diag_span s = {d->line, d->column, d->line, d->column + width};
    buf_add_str(out, ",\"region\":");
    if (d->column > 0) {
        add_span(out, &s, d->source);
    }
    else {
        buf_add_fmt(out, "{\"startLine\":%u", d->line);
    }
    if (d->source != NULL) {
        buf_add_str(out, ",\"snippet\":{");
        add_key(out, "text", d->source);
        buf_add_str(out, "}");
    }
    buf_add_str(out, "}");
}

/* Without its closing brace. */
static void
add_location(const struct log *g, const struct diag *d)
{
    buf_add_str(g->out, "{\"physicalLocation\":{");
    add_artifact(g, d->path);
    if (d->line > 0) {
        add_region(g->out, d);
    }
    buf_add_str(g->out, "}");
}

static void
add_related(const struct log *g, const struct diag_list *l, size_t first,
            size_t end)
{
    unsigned count = 0;
    for (size_t i = first; i < end; i++) {
        const struct diag *d = &l->items[i];
        if (d->path == NULL) {
            continue;
        }
        buf_add_str(g->out, count > 0 ? "," : ",\"relatedLocations\":[");
        add_location(g, d);
        buf_add_str(g->out, ",\"message\":{");
        add_key(g->out, "text", d->message);
        buf_add_fmt(g->out, "},\"id\":%u}", ++count);
    }
    if (count > 0) {
        buf_add_str(g->out, "]");
    }
}

static const char *
path_of(const struct diag *d, const struct diag_fixit *f)
{
    return f->path == NULL ? d->path : f->path;
}

/* The replacements in one file; a fix of several files has a change each. */
static void
add_change(const struct log *g, const struct diag *d, size_t first)
{
    const char *path = path_of(d, &d->fixits[first]);
    bool is_first = true;
    buf_add_str(g->out, "{");
    add_artifact(g, path);
    buf_add_str(g->out, ",\"replacements\":[");
    for (size_t i = first; i < d->fixit_count; i++) {
        const struct diag_fixit *f = &d->fixits[i];
        bool is_here = f->span.line == d->line
                       && strcmp(path, d->path) == 0;
        if (strcmp(path_of(d, f), path) != 0) {
            continue;
        }
        buf_add_str(g->out, is_first ? "{\"deletedRegion\":"
                                     : ",{\"deletedRegion\":");
        add_span(g->out, &f->span, is_here ? d->source : NULL);
        buf_add_str(g->out, "},\"insertedContent\":{");
        add_key(g->out, "text", f->text);
        buf_add_str(g->out, "}}");
        is_first = false;
    }
    buf_add_str(g->out, "]}");
}

static bool
is_changed_before(const struct diag *d, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (strcmp(path_of(d, &d->fixits[i]), path_of(d, &d->fixits[index]))
            == 0)
        {
            return true;
        }
    }
    return false;
}

static void
add_fix(const struct log *g, const struct diag *d)
{
    if (d->fixit_count == 0 || d->path == NULL) {
        return;
    }
    buf_add_str(g->out, ",\"fixes\":[{\"description\":{");
    add_key(g->out, "text", d->help != NULL ? d->help : d->message);
    buf_add_str(g->out, "},\"artifactChanges\":[");
    for (size_t i = 0; i < d->fixit_count; i++) {
        if (!is_changed_before(d, i)) {
            buf_add_str(g->out, i > 0 ? "," : "");
            add_change(g, d, i);
        }
    }
    buf_add_str(g->out, "]}]");
}

static size_t
index_of(const struct list *rules, const char *id)
{
    size_t i = 0;
    while (strcmp(rules->items[i], id) != 0) {
        i++;
    }
    return i;
}

static void
add_result(const struct log *g, const struct diag_list *l, size_t index)
{
    const struct diag *d = &l->items[index];
    char *text = d->help == NULL ? mem_copy_str(d->message)
                                 : mem_format("%s (%s)", d->message, d->help);
    buf_add_str(g->out, "{");
    add_key(g->out, "ruleId", rule_of(d));
    buf_add_fmt(g->out, ",\"ruleIndex\":%zu,\"level\":\"%s\",\"message\":{",
                index_of(&g->rules, rule_of(d)), levels[d->severity]);
    add_key(g->out, "text", text);
    buf_add_str(g->out, "},\"locations\":[");
    if (d->path != NULL) {
        add_location(g, d);
        buf_add_str(g->out, "}");
    }
    buf_add_str(g->out, "]");
    add_related(g, l, index + 1, diag_family_end(l, index));
    add_fix(g, d);
    buf_add_str(g->out, "}");
    free(text);
}

void
sarif_write(const struct diag_list *l, const char *root, struct buf *out)
{
    struct log g = {root, LIST_INIT, out};
    buf_add_str(out, head);
    add_rules(&g, l);
    buf_add_str(out, "]}},\"columnKind\":\"unicodeCodePoints\","
                     "\"originalUriBaseIds\":{\"ROOT\":{\"uri\":\"file://");
    add_uri(out, root);
    buf_add_str(out, "/\"}},\"invocations\":[{\"executionSuccessful\":true}],"
                     "\"results\":[");
    for (size_t i = 0; i < l->count;) {
        buf_add_str(out, i > 0 ? "," : "");
        add_result(&g, l, i);
        i = diag_family_end(l, i);
    }
    buf_add_str(out, "]}]}");
    list_dispose(&g.rules);
}
