/* diag: see diag.h. Here: the list itself. */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

struct diag *
diag_add(struct diag_list *l)
{
    if (l->count == l->cap) {
        l->cap = l->cap == 0 ? 8 : l->cap * 2;
        l->items = mem_resize(l->items, l->cap, sizeof(*l->items));
    }
    struct diag *d = &l->items[l->count++];
    *d = (struct diag){.severity = DIAG_ERROR};
    return d;
}

void
diag_clear_parts(struct diag *d)
{
    for (size_t i = 0; i < d->fixit_count; i++) {
        free(d->fixits[i].path);
        free(d->fixits[i].text);
    }
    free(d->fixits);
    free(d->ranges);
    d->fixits = NULL;
    d->fixit_count = 0;
    d->ranges = NULL;
    d->range_count = 0;
}

static void
dispose(struct diag *d)
{
    free(d->path);
    free(d->message);
    free(d->flag);
    free(d->help);
    free(d->source);
    diag_clear_parts(d);
}

void
diag_list_dispose(struct diag_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        dispose(&l->items[i]);
    }
    free(l->items);
    *l = (struct diag_list)DIAG_LIST_INIT;
}

void
diag_add_range(struct diag *d, struct diag_span span)
{
    d->ranges = mem_resize(d->ranges, d->range_count + 1,
                           sizeof(*d->ranges));
    d->ranges[d->range_count++] = span;
}

void
diag_add_fixit(struct diag *d, const char *path, struct diag_span span,
               const char *text)
{
    d->fixits = mem_resize(d->fixits, d->fixit_count + 1,
                           sizeof(*d->fixits));
    d->fixits[d->fixit_count++] = (struct diag_fixit){
        mem_copy_str(path), span, mem_copy_str(text)};
}

static void
copy_one(struct diag_list *to, const struct diag *from)
{
    struct diag *copy = diag_add(to);
    *copy = *from;
    copy->path = mem_copy_str(copy->path);
    copy->message = mem_copy_str(copy->message);
    copy->flag = mem_copy_str(copy->flag);
    copy->help = mem_copy_str(copy->help);
    copy->source = mem_copy_str(copy->source);
    copy->ranges = NULL;
    copy->range_count = 0;
    copy->fixits = NULL;
    copy->fixit_count = 0;
    for (size_t i = 0; i < from->range_count; i++) {
        diag_add_range(copy, from->ranges[i]);
    }
    for (size_t i = 0; i < from->fixit_count; i++) {
        const struct diag_fixit *f = &from->fixits[i];
        diag_add_fixit(copy, f->path, f->span, f->text);
    }
}

void
diag_split_help(struct diag *d)
{
    size_t len = strlen(d->message);
    char *hint = strstr(d->message, "; did you mean ");
    if (hint != NULL && hint > d->message && d->message[len - 1] == '?') {
        free(d->help);
        d->help = mem_copy_str(hint + 2);
        *hint = '\0';
    }
}

bool
diag_fold_note(struct diag *parent, const char *message)
{
    static const char once[] = "each undeclared identifier is reported only "
                               "once";
    if (strncmp(message, once, sizeof(once) - 1) == 0) {
        return true;
    }
    bool names_header = strncmp(message, "include ", 8) == 0
                        || strstr(message, "#include <") != NULL;
    const char *open = strchr(message, '<');
    const char *close = open == NULL ? NULL : strchr(open, '>');
    if (!names_header || close == NULL || parent == NULL) {
        return false;
    }
    if (parent->help == NULL) {
        parent->help = mem_format("add '#include %.*s'",
                                  (int)(close - open) + 1, open);
    }
    return true;
}

void
diag_copy(struct diag_list *to, const struct diag_list *from, size_t first,
          size_t end)
{
    for (size_t i = first; i < end; i++) {
        struct diag one = from->items[i]; /* `to` may be `from` */
        copy_one(to, &one);
    }
}

void
diag_copy_all(struct diag_list *to, const struct diag_list *from)
{
    diag_copy(to, from, 0, from->count);
}

size_t
diag_count(const struct diag_list *l, enum diag_severity severity)
{
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        count += l->items[i].severity == severity;
    }
    return count;
}

const struct diag *
diag_first_error(const struct diag_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].severity == DIAG_ERROR) {
            return &l->items[i];
        }
    }
    return NULL;
}

char *
diag_copy_line(const struct buf *text, unsigned wanted)
{
    const char *at = buf_text(text);
    const char *end = at + text->len;
    at += strncmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    for (unsigned line = 1; at < end; line++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop == NULL ? end : stop;
        if (line == wanted) {
            size_t len = (size_t)(stop - at);
            while (len > 0 && at[len - 1] == '\r') {
                len--;
            }
            return mem_copy_range(at, len);
        }
        at = stop + 1;
    }
    return NULL;
}

void
diag_fill_sources(struct diag_list *l)
{
    struct buf text = BUF_INIT;
    const char *read_path = NULL; /* whose text it is */
    for (size_t i = 0; i < l->count; i++) {
        struct diag *d = &l->items[i];
        if (d->source != NULL || d->path == NULL || d->line == 0) {
            continue;
        }
        if (read_path == NULL || strcmp(read_path, d->path) != 0) {
            buf_clear(&text);
            /* A file that is gone by now has no line to show. */
            (void)file_read(d->path, &text, NULL);
            read_path = d->path;
        }
        d->source = diag_copy_line(&text, d->line);
    }
    buf_dispose(&text);
}

static bool
same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
is_same(const struct diag *a, const struct diag *b)
{
    return a->severity == b->severity && a->line == b->line
           && a->column == b->column && same_text(a->path, b->path)
           && same_text(a->message, b->message);
}

size_t
diag_family_end(const struct diag_list *l, size_t index)
{
    size_t end = index + 1;
    while (end < l->count && l->items[end].is_child) {
        end++;
    }
    return end;
}

static bool
is_repeated(const struct diag_list *l, size_t kept, const struct diag *d)
{
    for (size_t i = 0; i < kept; i++) {
        if (!l->items[i].is_child && is_same(&l->items[i], d)) {
            return true;
        }
    }
    return false;
}

bool
diag_has(const struct diag_list *l, const struct diag *d)
{
    return is_repeated(l, l->count, d);
}

void
diag_merge(struct diag_list *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->count;) {
        size_t end = diag_family_end(l, i);
        bool is_dropped = is_repeated(l, kept, &l->items[i]);
        for (; i < end; i++) {
            if (is_dropped) {
                dispose(&l->items[i]);
            }
            else {
                l->items[kept++] = l->items[i];
            }
        }
    }
    l->count = kept;
}

void
diag_merge_notes(struct diag_list *l)
{
    struct diag *last = l->count == 0 ? NULL : &l->items[l->count - 1];
    for (size_t i = l->count; last != NULL && last->is_child && i-- > 1;) {
        struct diag *before = &l->items[i - 1];
        if (is_same(before, last)) {
            dispose(last);
            l->count--;
            return;
        }
        if (!before->is_child) {
            return;
        }
    }
}
