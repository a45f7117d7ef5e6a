/* diag_parse: what gcc, clang, tcc and their linkers print, read into diags.
 * Part of diag; reads source files, never writes.
 *
 * The text is taken line by line. A headline (place, severity, message) opens
 * a diagnostic; what stands below it in a gutter ("   11 | …") is its quote.
 * Columns are taken from the caret below the quote rather than from the
 * headline: gcc counts columns of a terminal there and clang bytes, but the
 * caret stands below the same letter in both.
 */
#include "diag.h"

#include <stdlib.h>
#include <string.h>

#include "diag_quote.h"
#include "list.h"
#include "mem.h"
#include "path.h"

enum {
    MOST_DIAGS = 500,     /* beyond that nobody reads on */
    MOST_LEFTOVER = 4000, /* bytes of text that is no diagnostic */
    NOBODY = -1,
};

struct reader {
    struct diag_list *list;
    const char *dir;
    long current; /* index of the diagnostic that quotes belong to */
    long parent;  /* index of the last that is no note */
    long fixed;   /* index of the diagnostic that fix-its belong to */
    struct quote quote;
    struct diag_list chain; /* notes that came before their diagnostic */
    bool in_chain;
    struct buf leftover;
};

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, const char *with)
{
    size_t len = strlen(text);
    size_t with_len = strlen(with);
    return len >= with_len && strcmp(text + len - with_len, with) == 0;
}

/* "path:12", "path:12:5" or "path:12:5:" into its parts; false when no line
 * number is in it. */
struct place {
    char *path; /* on the heap */
    unsigned line;
    unsigned column;
};

/* A number that ends at `*len`, after a colon; both are cut off. */
static bool
cut_number(const char *text, size_t *len, unsigned *number)
{
    size_t start = *len;
    while (start > 0 && text[start - 1] >= '0' && text[start - 1] <= '9') {
        start--;
    }
    if (start == *len || *len - start > 9 || start < 2
        || text[start - 1] != ':')
    {
        return false;
    }
    *number = (unsigned)strtoul(text + start, NULL, 10);
    *len = start - 1;
    return true;
}

static bool
read_place(const char *text, size_t len, struct place *p)
{
    while (len > 0 && strchr(":, ", text[len - 1]) != NULL) {
        len--;
    }
    unsigned last = 0;
    unsigned first = 0;
    if (!cut_number(text, &len, &last)) {
        return false;
    }
    bool has_column = cut_number(text, &len, &first);
    p->line = has_column ? first : last;
    p->column = has_column ? last : 0;
    p->path = mem_copy_range(text, len);
    return true;
}

/* Absolute; NULL for what is no file: "<stdin>", "<command-line>". A linker
 * puts its own name and the object's before it. */
static char *
complete_path(const struct reader *r, const char *path)
{
    const char *object = strstr(path, ".o:");
    path = object == NULL ? path : object + 3;
    const char *tool = strstr(path, "ld: ");
    path = tool == NULL ? path : tool + 4;
    if (path[0] == '<' || path[0] == '\0') {
        return NULL;
    }
    char *joined = path_join(r->dir, path);
    char *real = path_real(joined);
    free(joined);
    return real;
}

/* Takes " [-Wflag]" and the help off the message. */
static void
split_message(struct diag *d)
{
    char *m = d->message;
    size_t len = strlen(m);
    char *open = strrchr(m, '[');
    if (open != NULL && open > m && m[len - 1] == ']'
        && begins(open, "[-") && open[-1] == ' ')
    {
        d->flag = mem_copy_range(open + 1, len - (size_t)(open - m) - 2);
        open[-1] = '\0';
    }
    diag_split_help(d);
}

/* The linkers quote `like this'. */
static void
straighten_quotes(char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '`') {
            *text = '\'';
        }
    }
}

static struct diag *
open_diag(struct reader *r, enum diag_severity severity, const char *message)
{
    struct diag *d = diag_add(r->list);
    d->severity = severity;
    d->message = mem_copy_str(message);
    straighten_quotes(d->message);
    split_message(d);
    r->current = (long)r->list->count - 1;
    d->is_child = severity == DIAG_NOTE && r->parent != NOBODY;
    if (!d->is_child) {
        r->parent = r->current;
    }
    r->fixed = r->current;
    quote_start(&r->quote);
    return d;
}

/* The notes that were waiting follow their diagnostic. */
static void
take_chain(struct reader *r)
{
    for (size_t i = 0; i < r->chain.count; i++) {
        *diag_add(r->list) = r->chain.items[i];
    }
    r->chain.count = 0;
    r->in_chain = false;
}

static void
add_to_chain(struct reader *r, const char *text, size_t len,
             const char *message)
{
    struct place p;
    if (r->chain.count < 20 && read_place(text, len, &p)) {
        struct diag *d = diag_add(&r->chain);
        d->severity = DIAG_NOTE;
        d->path = complete_path(r, p.path);
        d->line = p.line;
        d->message = mem_copy_str(message);
        d->is_child = true;
        free(p.path);
        /* a header that includes itself comes by the same way 200 times */
        diag_merge_notes(&r->chain);
    }
}

/* "In file included from a.h:3," and the "from b.c:1:" below it; g++'s
 * "t.cpp:2:21:   required from here". */
static bool
read_chain(struct reader *r, const char *line)
{
    static const char first[] = "In file included from ";
    const char *after = line + strspn(line, " ");
    if (begins(line, first)) {
        after = line + sizeof(first) - 1;
    }
    else if (r->in_chain && begins(after, "from ")) {
        after += 5;
    }
    else {
        const char *required = strstr(line, ":   required from ");
        if (required == NULL) {
            return false;
        }
        add_to_chain(r, line, (size_t)(required - line), "required from here");
        return true;
    }
    r->in_chain = true;
    add_to_chain(r, after, strlen(after), "included from here");
    return true;
}

struct marker {
    const char *word;
    enum diag_severity severity;
};

/* The severity word nearest to the line's start: its place in the line. */
static const char *
find_marker(const char *line, const struct marker **which)
{
    static const struct marker markers[] = {
        {"error: ", DIAG_ERROR},       {"fatal error: ", DIAG_ERROR},
        {"internal compiler error: ", DIAG_ERROR},
        {"warning: ", DIAG_WARNING},   {"note: ", DIAG_NOTE},
        {"Error: ", DIAG_ERROR},       {"Warning: ", DIAG_WARNING},
        {"NOTE: ", DIAG_NOTE},         {"remark: ", DIAG_NOTE},
    };
    const char *nearest = NULL;
    for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++) {
        const char *at = line;
        while ((at = strstr(at, markers[i].word)) != NULL && at != line
               && (at < line + 2 || at[-1] != ' ' || at[-2] != ':'))
        {
            at++;
        }
        if (at != NULL && (nearest == NULL || at < nearest)) {
            nearest = at;
            *which = &markers[i];
        }
    }
    return nearest;
}

/* What a driver says after the compiler or linker has said why. */
static bool
is_echo(const char *line)
{
    return begins(line, "collect2: error: ")
           || strstr(line, "linker command failed") != NULL
           || strstr(line, "warnings being treated as errors") != NULL;
}

static bool
read_headline(struct reader *r, const char *line)
{
    const struct marker *marker = NULL;
    const char *at = find_marker(line, &marker);
    if (at == NULL || is_echo(line)) {
        return false;
    }
    const char *message = at + strlen(marker->word);
    struct diag *parent = r->parent == NOBODY ? NULL
                                              : &r->list->items[r->parent];
    if (marker->severity == DIAG_NOTE && diag_fold_note(parent, message)) {
        r->current = NOBODY;
        r->fixed = r->parent;
        return true;
    }
    struct place p = {NULL, 0, 0};
    bool has_place = at > line
                     && read_place(line, (size_t)(at - line) - 1, &p);
    struct diag *d = open_diag(r, marker->severity, message);
    if (has_place) {
        d->path = complete_path(r, p.path);
        d->line = p.line;
        d->column = p.column;
        free(p.path);
    }
    /* "In file included from" came before; it belongs below. Its notes move
     * the array, and the quote that follows belongs to `current`. */
    take_chain(r);
    return true;
}

/* "/usr/bin/ld: a.o:/home/x/a.c:5: undefined reference to `foo'" and its
 * kin: what a linker says carries no severity word. */
static bool
read_linker(struct reader *r, const char *line)
{
    static const char *const phrases[] = {
        "undefined reference to ", "multiple definition of ",
        "cannot find ",            "relocation R_",
        "hidden symbol ",          "undefined symbol",
        "unresolved reference to ", "final link failed",
        "file not recognized",     "cannot open ",
    };
    const char *message = NULL;
    for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
        const char *at = strstr(line, phrases[i]);
        if (at != NULL && (message == NULL || at < message)) {
            message = at;
        }
    }
    if (message == NULL || (message != line && message[-1] != ' ')
        || (message - line >= 2 && message[-2] != ':'))
    {
        return false;
    }
    struct place p = {NULL, 0, 0};
    bool has_place = read_place(line, (size_t)(message - line), &p);
    struct diag *d = open_diag(r, DIAG_ERROR, message);
    if (has_place) {
        d->path = complete_path(r, p.path);
        d->line = p.line;
        free(p.path);
    }
    r->current = NOBODY;
    return true;
}

/* lld: ">>> referenced by l.c:3" below its error. */
static bool
read_reference(struct reader *r, const char *line)
{
    static const char by[] = ">>> referenced by ";
    if (!begins(line, ">>>")) {
        return false;
    }
    struct diag *d = r->parent == NOBODY ? NULL
                                         : &r->list->items[r->parent];
    struct place p;
    if (d != NULL && d->path == NULL && begins(line, by)
        && read_place(line + sizeof(by) - 1,
                      strcspn(line + sizeof(by) - 1, " "), &p))
    {
        d->path = complete_path(r, p.path);
        d->line = p.line;
        free(p.path);
    }
    return true;
}

/* Where the next diagnostic stands, or how many there were: nothing that the
 * diagnostics do not say. */
static bool
is_context(const char *line)
{
    return line[strspn(line, " \t")] == '\0'
           || strstr(line, ": In ") != NULL
           || ends(line, ": At top level:") || ends(line, ": At global scope:")
           || strstr(line, ": in function `") != NULL
           || ends(line, " Assembler messages:")
           || begins(line, "compilation terminated")
           || ends(line, " generated.");
}

static void
read_line(struct reader *r, const char *line)
{
    struct diag *current = r->current == NOBODY
                               ? NULL
                               : &r->list->items[r->current];
    struct diag *fixed = r->fixed == NOBODY ? NULL
                                            : &r->list->items[r->fixed];
    if (quote_read_fixit(line, r->dir, fixed)
        || quote_read(&r->quote, line, current) || read_chain(r, line)
        || read_reference(r, line))
    {
        return;
    }
    if (r->list->count < MOST_DIAGS
        && (read_headline(r, line) || read_linker(r, line)))
    {
        return;
    }
    if (!is_context(line) && r->leftover.len < MOST_LEFTOVER) {
        buf_add_fmt(&r->leftover, "%s%.1000s",
                    r->leftover.len > 0 ? "\n" : "", line);
    }
}

/* Errors go with their notes, which would otherwise hang below the diagnostic
 * before them. */
static void
drop_errors(struct diag_list *l)
{
    struct diag_list kept = DIAG_LIST_INIT;
    struct diag_list dropped = DIAG_LIST_INIT;
    bool is_error = false;
    for (size_t i = 0; i < l->count; i++) {
        const struct diag *d = &l->items[i];
        is_error = d->is_child ? is_error : d->severity == DIAG_ERROR;
        *diag_add(is_error ? &dropped : &kept) = *d;
    }
    free(l->items);
    *l = kept;
    diag_list_dispose(&dropped);
}

void
diag_parse_result(struct diag_list *l, const char *text, const char *dir,
                  bool is_good)
{
    struct diag_list found = DIAG_LIST_INIT;
    struct reader r = {.list = &found,
                       .dir = dir,
                       .current = NOBODY,
                       .parent = NOBODY,
                       .fixed = NOBODY,
                       .chain = DIAG_LIST_INIT,
                       .leftover = BUF_INIT};
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");
        size_t kept = len > 0 && text[len - 1] == '\r' ? len - 1 : len;
        char *line = mem_copy_range(text, kept);
        read_line(&r, line);
        free(line);
        text += len;
        text += *text == '\n';
    }
    if (is_good) {
        drop_errors(&found);
    }
    else if (diag_first_error(&found) == NULL && r.leftover.len > 0) {
        struct diag *d = diag_add(&found);
        d->message = buf_take(&r.leftover);
    }
    diag_copy_all(l, &found);
    diag_list_dispose(&found);
    diag_list_dispose(&r.chain);
    buf_dispose(&r.leftover);
    quote_dispose(&r.quote);
}

void
diag_parse(struct diag_list *l, const char *text, const char *dir)
{
    diag_parse_result(l, text, dir, false);
}
