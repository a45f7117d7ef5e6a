/* clang_diags: see clang_diags.h. */
#include "clang_diags.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "path.h"

enum {
    MOST_DIAGS = 200, /* of one source */
    MOST_NOTES = 8,   /* of one diagnostic: macros in macros */
    MOST_PARTS = 20,  /* ranges, fix-its */
};

struct reader {
    const struct clang *c;
    void *unit;
    char *cwd;
    struct diag_list *list;
};

/* A place in a file as it is on disk. */
struct spot {
    void *file; /* NULL: none */
    unsigned line;
    unsigned column;
};

static char *
path_of(const struct reader *r, struct clang_text name)
{
    char *text = clang_take(r->c, name);
    char *path = NULL;
    if (text[0] != '\0' && text[0] != '<') {
        char *joined = path_join(r->cwd == NULL ? "/" : r->cwd, text);
        path = path_real(joined);
        free(joined);
    }
    free(text);
    return path;
}

static bool
begins_with_bom(const char *path)
{
    char bytes[3];
    FILE *file = fopen(path, "re");
    bool has = file != NULL && fread(bytes, 1, 3, file) == 3
               && memcmp(bytes, "\xef\xbb\xbf", 3) == 0;
    if (file != NULL) {
        fclose(file);
    }
    return has;
}

/* libclang counts the bytes of a BOM, compilers do not. */
static struct spot
spot_of(const struct reader *r, struct clang_place place)
{
    struct spot s = {NULL, 0, 0};
    r->c->getFileLocation(place, &s.file, &s.line, &s.column, NULL);
    if (s.file != NULL && s.line == 1 && s.column > 3) {
        char *path = path_of(r, r->c->getFileName(s.file));
        s.column -= path != NULL && begins_with_bom(path) ? 3 : 0;
        free(path);
    }
    return s;
}

/* Path and line as #line directives have them, the source as it is on disk.
 * True when all is as on disk: only then may ranges and fix-its be given. */
static bool
set_place(const struct reader *r, struct diag *d, struct spot s)
{
    char *real = path_of(r, r->c->getFileName(s.file));
    struct clang_place place = r->c->getLocation(r->unit, s.file, s.line,
                                                 s.column);
    struct clang_text name = {NULL, 0};
    unsigned column = 0;
    r->c->getPresumedLocation(place, &name, &d->line, &column);
    d->path = path_of(r, name);
    d->column = s.column;
    bool is_real = d->path != NULL && real != NULL && d->line == s.line
                   && strcmp(d->path, real) == 0;
    if (!is_real && real != NULL) {
        struct diag there = {.path = real, .line = s.line};
        struct diag_list one = {&there, 1, 1};
        diag_fill_sources(&one);
        d->source = there.source;
    }
    free(real);
    return is_real;
}

/* False when the range is not within one file. */
static bool
read_span(const struct reader *r, struct clang_range range,
          struct diag_span *span, void **file)
{
    struct spot from = spot_of(r, r->c->getRangeStart(range));
    struct spot until = spot_of(r, r->c->getRangeEnd(range));
    *span = (struct diag_span){from.line, from.column, until.line,
                               until.column};
    *file = from.file;
    return from.file != NULL && from.file == until.file
           && (from.line < until.line
               || (from.line == until.line && from.column <= until.column));
}

/* A range that begins at the place is its width. */
static void
read_ranges(const struct reader *r, void *said, struct diag *d, void *file)
{
    unsigned count = r->c->getDiagnosticNumRanges(said);
    for (unsigned i = 0; i < count && i < MOST_PARTS; i++) {
        struct diag_span s;
        void *in = NULL;
        if (!read_span(r, r->c->getDiagnosticRange(said, i), &s, &in)
            || in != file || s.line != s.end_line || s.column == s.end_column)
        {
            continue;
        }
        if (s.line == d->line && s.column == d->column && d->width == 0) {
            d->width = s.end_column - s.column;
        }
        else {
            diag_add_range(d, s);
        }
    }
}

static void
read_fixits(const struct reader *r, void *said, struct diag *d)
{
    unsigned count = r->c->getDiagnosticNumFixIts(said);
    for (unsigned i = 0; i < count && i < MOST_PARTS; i++) {
        struct clang_range range;
        struct diag_span s;
        void *file = NULL;
        char *text = clang_take(r->c,
                                r->c->getDiagnosticFixIt(said, i, &range));
        if (read_span(r, range, &s, &file)) {
            char *path = path_of(r, r->c->getFileName(file));
            diag_add_fixit(d, path, s, text);
            free(path);
        }
        free(text);
    }
}

/* "use of undeclared identifier 'sun'" has a place and no width; what it
 * quotes is what stands there. So has a directive. */
static void
widen(struct diag *d)
{
    size_t len = d->source == NULL ? 0 : strlen(d->source);
    if (d->width > 0 || d->column == 0 || d->column > len) {
        return;
    }
    const char *at = d->source + d->column - 1;
    size_t word = 0;
    while (isalnum((unsigned char)at[word]) || at[word] == '_'
           || (unsigned char)at[word] >= 128)
    {
        word++;
    }
    char *quoted = mem_format("'%.*s'", (int)word, at);
    bool is_directive = d->column > 1 && at[-1] == '#';
    if (word > 1 && (is_directive || strstr(d->message, quoted) != NULL)) {
        d->width = (unsigned)word;
    }
    free(quoted);
}

static enum diag_severity
severity_of(int severity)
{
    return severity >= CLANG_SEVERITY_ERROR     ? DIAG_ERROR
           : severity == CLANG_SEVERITY_WARNING ? DIAG_WARNING
                                                : DIAG_NOTE;
}

/* False when it has no place that anybody could go to. */
static bool
add_one(const struct reader *r, void *said, bool is_child)
{
    const struct clang *c = r->c;
    struct spot s = spot_of(r, c->getDiagnosticLocation(said));
    if (s.file == NULL) {
        return false;
    }
    struct diag *d = diag_add(r->list);
    d->severity = is_child ? DIAG_NOTE
                           : severity_of(c->getDiagnosticSeverity(said));
    d->is_child = is_child;
    d->message = clang_take(c, c->getDiagnosticSpelling(said));
    diag_split_help(d);
    char *flag = clang_take(c, c->getDiagnosticOption(said, NULL));
    if (flag[0] != '\0') {
        d->flag = flag;
        flag = NULL;
    }
    free(flag);
    if (set_place(r, d, s)) {
        read_ranges(r, said, d, s.file);
        read_fixits(r, said, d);
    }
    return true;
}

/* "'tp_name' declared here" in a header that is not the user's; the way of
 * the includes, which the compiler tells in its own words. */
static bool
is_idle(const struct reader *r, void *note, const char *words)
{
    static const char way[] = "in file included from ";
    return strncmp(words, way, sizeof(way) - 1) == 0
           || (strstr(words, "declared here") != NULL
               && r->c->Location_isInSystemHeader(
                   r->c->getDiagnosticLocation(note)));
}

static void
add_notes(const struct reader *r, void *said, size_t parent)
{
    void *notes = r->c->getChildDiagnostics(said); /* freed with `said` */
    unsigned count = r->c->getNumDiagnosticsInSet(notes);
    for (unsigned i = 0; i < count && i < MOST_NOTES; i++) {
        void *note = r->c->getDiagnosticInSet(notes, i);
        char *words = clang_take(r->c, r->c->getDiagnosticSpelling(note));
        if (strncmp(words, "expanded from macro", 19) == 0) {
            /* what is meant stands inside the macro, not at its use */
            diag_clear_parts(&r->list->items[parent]);
        }
        if (!diag_fold_note(&r->list->items[parent], words)
            && !is_idle(r, note, words))
        {
            add_one(r, note, true);
        }
        free(words);
        r->c->disposeDiagnostic(note);
    }
}

void
clang_diagnose(const struct clang *c, const char *path, struct list *argv,
               struct diag_list *l)
{
    void *index = c->createIndex(0, 0);
    struct reader r = {.c = c, .cwd = getcwd(NULL, 0), .list = l};
    size_t before = l->count;
    int code = c->parseTranslationUnit2(
        index, path, (const char *const *)list_argv(argv), (int)argv->count,
        NULL, 0, 0, &r.unit);
    unsigned count = code != 0 || r.unit == NULL
                         ? 0
                         : c->getNumDiagnostics(r.unit);
    for (unsigned i = 0; i < count && i < MOST_DIAGS; i++) {
        void *said = c->getDiagnostic(r.unit, i);
        size_t parent = l->count;
        if (add_one(&r, said, false)) {
            add_notes(&r, said, parent);
        }
        c->disposeDiagnostic(said);
    }
    diag_fill_sources(l);
    for (size_t i = before; i < l->count; i++) {
        widen(&l->items[i]);
    }
    if (r.unit != NULL) {
        c->disposeTranslationUnit(r.unit);
    }
    c->disposeIndex(index);
    free(r.cwd);
}
