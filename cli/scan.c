/* scan: see scan.h. What reads each kind of declaration has a file of its
 * own: scan_type.c, scan_function.c, scan_constants.c. */
#include "scan.h"

#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"
#include "scan_reader.h"

bool
scan_is_here(const struct scan_reader *r, struct clang_place place,
             unsigned *offset, struct place *at)
{
    void *file = NULL;
    unsigned line = 0, column = 0, where = 0;
    r->c->getExpansionLocation(place, &file, NULL, NULL, &where);
    bool is_here = file != NULL && file == r->file;
    /* A line is counted in the file's text: a header that was precompiled
     * would be read again for each of its macros. */
    if (is_here && at != NULL) {
        r->c->getExpansionLocation(place, NULL, &line, &column, NULL);
    }
    if (offset != NULL) {
        *offset = where;
    }
    if (at != NULL) {
        *at = (struct place){r->s->path, line, column, 0};
    }
    return is_here;
}

/* -- the whole ------------------------------------------------------------ */

static int
visit(struct clang_cursor cursor, struct clang_cursor parent, void *data)
{
    struct scan_reader *r = data;
    (void)parent;
    if (cursor.kind == CLANG_FUNCTION) {
        scan_take_function(r, cursor);
    }
    else if (cursor.kind == CLANG_ENUM_DECL) {
        scan_take_enum(r, cursor);
    }
    else if (cursor.kind == CLANG_VARIABLE) {
        if (!scan_take_exception(r, cursor)) {
            scan_take_variable(r, cursor);
        }
    }
    else if (cursor.kind == CLANG_MACRO) {
        scan_take_macro(r, cursor);
    }
    else if (cursor.kind == CLANG_TYPEDEF) {
        scan_take_typedef(r, cursor);
    }
    return CLANG_CONTINUE;
}

static void
add_fatal(struct scan_reader *r, struct clang_place place, const char *words)
{
    void *file = NULL;
    unsigned line = 0, column = 0;
    r->c->getExpansionLocation(place, &file, &line, &column, NULL);
    struct diag *d = diag_add(&r->s->fatal);
    d->path = file == NULL ? NULL
                           : clang_take(r->c, r->c->getFileName(file));
    d->line = line;
    d->column = column;
    d->message = mem_copy_str(words);
}

static void
read_diagnostics(struct scan_reader *r)
{
    const struct clang *c = r->c;
    unsigned count = c->getNumDiagnostics(r->unit);
    for (unsigned i = 0; i < count; i++) {
        void *d = c->getDiagnostic(r->unit, i);
        int severity = c->getDiagnosticSeverity(d);
        struct clang_place place = c->getDiagnosticLocation(d);
        char *words = clang_take(c, c->getDiagnosticSpelling(d));
        unsigned offset = 0;
        if (severity == CLANG_SEVERITY_FATAL) {
            add_fatal(r, place, words);
        }
        else if (severity == CLANG_SEVERITY_ERROR
                 && scan_is_here(r, place, &offset, NULL))
        {
            r->errors = mem_resize(r->errors, r->error_count + 1,
                                   sizeof(*r->errors));
            r->errors[r->error_count++]
                = (struct scan_error){offset, mem_copy_str(words)};
        }
        free(words);
        c->disposeDiagnostic(d);
    }
}

static void
build_flags(struct list *argv, const struct scan_options *o)
{
    list_add(argv, "-xc");
    list_add(argv, "-std=gnu17");
    list_add(argv, "-w");
    list_add(argv, "-ferror-limit=0");
    list_add(argv, "-fparse-all-comments");
    list_add(argv, "-nostdinc");
    list_add_all(argv, &o->flags);
    list_add_fmt(argv, "-isystem%s", o->own_headers);
    list_add_fmt(argv, "-idirafter%s", o->include);
    for (size_t i = 0; i < o->system_dirs.count; i++) {
        list_add_fmt(argv, "-isystem%s", o->system_dirs.items[i]);
    }
}

/* The comment that the file begins with: the module's docstring. A licence
 * tells nobody what the module does. */
static void
read_module_doc(struct surface *s)
{
    struct buf text = BUF_INIT;
    if (file_read(s->path, &text, NULL) == 0) {
        const char *at = buf_text(&text);
        at += strncmp(at, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
        at += strspn(at, " \t\r\n");
        const char *end = strncmp(at, "/*", 2) == 0 ? strstr(at, "*/") : at;
        while (end != NULL && strncmp(end, "//", 2) == 0) {
            end += strcspn(end, "\n");
            end += *end == '\n';
        }
        if (end != NULL && end > at) {
            end += end[0] == '*' ? 2 : 0;
            char *comment = mem_copy_range(at, (size_t)(end - at));
            if (strstr(comment, "Copyright") == NULL
                && strstr(comment, "SPDX-") == NULL)
            {
                s->doc = comment_words(comment);
            }
            free(comment);
        }
    }
    buf_dispose(&text);
}

/* What CB_OWNED_BY calls is not for Python: it would free twice. */
static bool
is_freer(const struct surface *s, const char *name)
{
    for (size_t i = 0; i < s->function_count; i++) {
        const struct function *f = &s->functions[i];
        const char *by = note_find(&f->notes, "owned");
        bool is_one = by != NULL && strcmp(by, name) == 0;
        for (size_t k = 0; !is_one && k < f->parameter_count; k++) {
            by = note_find(&f->parameters[k].notes, "owned");
            is_one = by != NULL && strcmp(by, name) == 0;
        }
        if (is_one) {
            return true;
        }
    }
    return false;
}

static void
hide_freers(struct surface *s)
{
    size_t i = 0;
    while (i < s->function_count) {
        if (!is_freer(s, s->functions[i].name)) {
            i++;
            continue;
        }
        scan_free_function(&s->functions[i]);
        s->function_count--;
        memmove(&s->functions[i], &s->functions[i + 1],
                (s->function_count - i) * sizeof(s->functions[i]));
    }
}

int
scan_open(struct scan_unit *u, const struct clang *c, const char *path,
          const struct scan_options *o, bool is_kept, struct err *e)
{
    struct list argv = LIST_INIT;
    unsigned options = CLANG_RECORD_MACROS;
    if (is_kept) {
        options |= CLANG_KEEP_PREAMBLE | CLANG_KEEP_AT_ONCE;
    }
    *u = (struct scan_unit){.clang = c, .path = mem_copy_str(path)};
    build_flags(&argv, o);
    u->index = c->createIndex(0, 0);
    int code = c->parseTranslationUnit2(
        u->index, path, (const char *const *)list_argv(&argv),
        (int)argv.count, NULL, 0, options, &u->unit);
    list_dispose(&argv);
    if (code != 0 || u->unit == NULL) {
        return err_set(e, ERR_BUILD,
                       "libclang (%s) cannot read the file: code %d",
                       c->library, code);
    }
    return 0;
}

int
scan_again(struct scan_unit *u)
{
    /* libclang knows files by size and second: it gets the bytes instead */
    struct buf text = BUF_INIT;
    int status = file_read(u->path, &text, NULL);
    struct clang_unsaved now = {u->path, buf_text(&text), text.len};
    if (status == 0 && u->clang->reparseTranslationUnit(u->unit, 1, &now, 0)
                           != 0)
    {
        status = -1;
    }
    buf_dispose(&text);
    return status;
}

void
scan_take(struct surface *s, const struct scan_unit *u)
{
    const struct clang *c = u->clang;
    *s = (struct surface){.path = mem_copy_str(u->path)};
    struct scan_reader r = {.c = c, .s = s, .unit = u->unit};
    r.file = c->getFile(r.unit, u->path);
    read_diagnostics(&r);
    c->visitChildren(c->getTranslationUnitCursor(r.unit), visit, &r);
    scan_name_values(&r);
    read_module_doc(s);
    hide_freers(s);
    for (size_t i = 0; i < r.error_count; i++) {
        free(r.errors[i].words);
    }
    free(r.errors);
}

void
scan_close(struct scan_unit *u)
{
    if (u->unit != NULL) {
        u->clang->disposeTranslationUnit(u->unit);
    }
    if (u->index != NULL) {
        u->clang->disposeIndex(u->index);
    }
    free(u->path);
    *u = (struct scan_unit){.clang = NULL};
}

int
scan_read(struct surface *s, const struct clang *c, const char *path,
          const struct scan_options *o, struct err *e)
{
    struct scan_unit u;
    *s = (struct surface){.path = NULL};
    int status = scan_open(&u, c, path, o, false, e);
    if (status == 0) {
        scan_take(s, &u);
    }
    scan_close(&u);
    return status;
}

void
surface_dispose(struct surface *s)
{
    for (size_t i = 0; i < s->function_count; i++) {
        scan_free_function(&s->functions[i]);
    }
    for (size_t i = 0; i < s->constant_count; i++) {
        free(s->constants[i].name);
        free(s->constants[i].value);
    }
    for (size_t i = 0; i < s->exception_count; i++) {
        free(s->exceptions[i].name);
        free(s->exceptions[i].base);
    }
    free(s->exceptions);
    list_dispose(&s->locals);
    for (size_t i = 0; i < s->handle_count; i++) {
        free(s->handles[i].record);
        free(s->handles[i].name);
    }
    free(s->handles);
    scan_free_values(s);
    free(s->functions);
    free(s->constants);
    free(s->doc);
    free(s->path);
    diag_list_dispose(&s->fatal);
    *s = (struct surface){.path = NULL};
}

void
scan_options_dispose(struct scan_options *o)
{
    list_dispose(&o->flags);
    list_dispose(&o->system_dirs);
    free(o->own_headers);
    free(o->include);
    *o = (struct scan_options)SCAN_OPTIONS_INIT;
}
