/* scan: see scan.h. This half reads types and functions; constants are in
 * scan_constants.c. */
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
    r->c->getExpansionLocation(place, &file, &line, &column, &where);
    if (offset != NULL) {
        *offset = where;
    }
    if (at != NULL) {
        *at = (struct place){r->s->path, line, column, 0};
    }
    return file != NULL && file == r->file;
}

/* -- types ---------------------------------------------------------------- */

/* libclang reads on after an unknown type as if it were int; a typedef of one
 * is marked, what is made of it is not. */
static bool
is_invalid(const struct clang *c, struct clang_type t)
{
    for (int depth = 0; depth < 64; depth++) {
        if (t.kind == CLANG_TYPE_POINTER) {
            t = c->getPointeeType(t);
        }
        else if (t.kind == CLANG_TYPE_TYPEDEF
                 || t.kind == CLANG_TYPE_ELABORATED)
        {
            struct clang_cursor decl = c->getTypeDeclaration(t);
            if (decl.kind != CLANG_TYPEDEF) {
                return false;
            }
            if (c->isInvalidDeclaration(decl)) {
                return true;
            }
            t = c->getTypedefDeclUnderlyingType(decl);
        }
        else {
            return false;
        }
    }
    return true;
}

static const struct type *
scalar_of(const struct clang *c, struct clang_type t)
{
    if (t.kind == CLANG_TYPE_ENUM) {
        t = c->getCanonicalType(
            c->getEnumDeclIntegerType(c->getTypeDeclaration(t)));
    }
    return type_of_clang(t.kind);
}

static struct ctype
read_type(const struct clang *c, struct clang_type t)
{
    struct ctype out = {.shape = SHAPE_OTHER};
    out.spelling = clang_take(c, c->getTypeSpelling(t));
    struct clang_type canonical = c->getCanonicalType(t);
    if (is_invalid(c, t)) {
        return out;
    }
    if (canonical.kind != CLANG_TYPE_POINTER) {
        out.type = scalar_of(c, canonical);
        out.shape = out.type == NULL ? SHAPE_OTHER : SHAPE_SCALAR;
        return out;
    }
    struct clang_type target = c->getPointeeType(canonical);
    out.type = scalar_of(c, target);
    if (out.type != NULL && !c->isVolatileQualifiedType(target)) {
        out.shape = SHAPE_POINTER;
        out.is_const = c->isConstQualifiedType(target) != 0;
    }
    return out;
}

/* -- functions ------------------------------------------------------------ */

struct inside {
    const struct scan_reader *r;
    struct function *f;
    unsigned body; /* where it begins; 0: not seen */
};

static int
visit_inside(struct clang_cursor cursor, struct clang_cursor parent,
             void *data)
{
    struct inside *in = data;
    const struct clang *c = in->r->c;
    (void)parent;
    if (cursor.kind == CLANG_COMPOUND && in->body == 0) {
        scan_is_here(in->r, c->getCursorLocation(cursor), &in->body, NULL);
    }
    else if (cursor.kind == CLANG_ANNOTATION) {
        char *text = clang_take(c, c->getCursorSpelling(cursor));
        in->f->is_nogil |= strcmp(text, "cb:nogil") == 0;
        free(text);
    }
    return CLANG_CONTINUE;
}

/* An error between the function's beginning and its body, or NULL. */
static const char *
error_in(const struct scan_reader *r, unsigned begin, unsigned end)
{
    for (size_t i = 0; i < r->error_count; i++) {
        if (r->errors[i].offset >= begin && r->errors[i].offset <= end) {
            return r->errors[i].words;
        }
    }
    return NULL;
}

static void
read_error(const struct scan_reader *r, struct function *f,
           struct clang_cursor cursor, unsigned body)
{
    const struct clang *c = r->c;
    struct clang_range extent = c->getCursorExtent(cursor);
    unsigned begin = 0, end = 0;
    scan_is_here(r, c->getRangeStart(extent), &begin, NULL);
    scan_is_here(r, c->getRangeEnd(extent), &end, NULL);
    const char *words = error_in(r, begin, body > 0 ? body : end);
    bool is_bad = words != NULL || c->isInvalidDeclaration(cursor);
    for (size_t i = 0; !is_bad && i < f->parameter_count; i++) {
        is_bad = c->isInvalidDeclaration(
            c->Cursor_getArgument(cursor, (unsigned)i));
    }
    if (is_bad) {
        f->error = mem_copy_str(words == NULL ? "its declaration holds an "
                                                "error"
                                              : words);
    }
}

static void
read_parameters(const struct scan_reader *r, struct function *f,
                struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    int count = c->Cursor_getNumArguments(cursor);
    f->parameter_count = count > 0 ? (size_t)count : 0;
    f->parameters = mem_new((f->parameter_count + 1)
                            * sizeof(*f->parameters));
    for (size_t i = 0; i < f->parameter_count; i++) {
        struct clang_cursor p = c->Cursor_getArgument(cursor, (unsigned)i);
        struct parameter *to = &f->parameters[i];
        to->name = clang_take(c, c->getCursorSpelling(p));
        to->type = read_type(c, c->getCursorType(p));
        scan_is_here(r, c->getCursorLocation(p), NULL, &to->place);
        to->place.width = (unsigned)strlen(to->name);
    }
}

static char *
read_comment(const struct clang *c, struct clang_cursor cursor)
{
    char *raw = clang_take(c, c->Cursor_getRawCommentText(cursor));
    char *words = comment_words(raw);
    free(raw);
    return words;
}

/* int f(a) int a; {…}: a semicolon before the body. libclang makes up a
 * prototype that the compiled function does not have. */
static bool
is_old_style(const struct scan_reader *r, struct clang_cursor cursor)
{
    struct clang_token *tokens = NULL;
    unsigned count = 0;
    bool is_old = false, is_over = false;
    r->c->tokenize(r->unit, r->c->getCursorExtent(cursor), &tokens, &count);
    for (unsigned i = 0; !is_over && i < count; i++) {
        char *text = clang_take(r->c,
                                r->c->getTokenSpelling(r->unit, tokens[i]));
        is_old = strcmp(text, ";") == 0;
        is_over = is_old || strcmp(text, "{") == 0;
        free(text);
    }
    if (tokens != NULL) {
        r->c->disposeTokens(r->unit, tokens, count);
    }
    return is_old;
}

static void
take_function(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    struct place place;
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    if (!scan_is_here(r, c->getCursorLocation(cursor), NULL, &place)
        || !c->isCursorDefinition(cursor)
        || c->getCursorLinkage(cursor) != CLANG_LINKAGE_EXTERNAL
        || name[0] == '_')
    {
        free(name);
        return;
    }
    struct surface *s = r->s;
    s->functions = mem_resize(s->functions, s->function_count + 1,
                              sizeof(*s->functions));
    struct function *f = &s->functions[s->function_count++];
    struct clang_type type = c->getCursorType(cursor);
    *f = (struct function){.name = name, .place = place};
    f->place.width = (unsigned)strlen(name);
    f->doc = read_comment(c, cursor);
    f->result = read_type(c, c->getResultType(type));
    /* int f() takes any arguments for C's sake, and none in truth */
    f->is_variadic = c->isFunctionTypeVariadic(type) != 0
                     && c->getCanonicalType(type).kind
                            != CLANG_TYPE_FUNCTION_NO_PROTO;
    f->is_inline = c->Cursor_isFunctionInlined(cursor)
                   && c->Cursor_getStorageClass(cursor)
                          != CLANG_STORAGE_EXTERN;
    read_parameters(r, f, cursor);
    f->is_old_style = f->parameter_count > 0 && is_old_style(r, cursor);
    struct inside in = {r, f, 0};
    c->visitChildren(cursor, visit_inside, &in);
    read_error(r, f, cursor, in.body);
}

/* -- the whole ------------------------------------------------------------ */

static int
visit(struct clang_cursor cursor, struct clang_cursor parent, void *data)
{
    struct scan_reader *r = data;
    (void)parent;
    if (cursor.kind == CLANG_FUNCTION) {
        take_function(r, cursor);
    }
    else if (cursor.kind == CLANG_ENUM_DECL) {
        scan_take_enum(r, cursor);
    }
    else if (cursor.kind == CLANG_VARIABLE) {
        scan_take_variable(r, cursor);
    }
    else if (cursor.kind == CLANG_MACRO) {
        scan_take_macro(r, cursor);
    }
    else if (cursor.kind == CLANG_TYPEDEF && !r->s->sees_python) {
        char *name = clang_take(r->c, r->c->getCursorSpelling(cursor));
        r->s->sees_python = strcmp(name, "PyObject") == 0;
        free(name);
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

int
scan_read(struct surface *s, const struct clang *c, const char *path,
          const struct scan_options *o, struct err *e)
{
    *s = (struct surface){.path = mem_copy_str(path)};
    struct scan_reader r = {.c = c, .s = s};
    struct list argv = LIST_INIT;
    build_flags(&argv, o);
    void *index = c->createIndex(0, 0);
    int code = c->parseTranslationUnit2(
        index, path, (const char *const *)list_argv(&argv), (int)argv.count,
        NULL, 0, CLANG_RECORD_MACROS, &r.unit);
    list_dispose(&argv);
    int status = 0;
    if (code != 0 || r.unit == NULL) {
        status = err_set(e, ERR_BUILD,
                         "libclang (%s) cannot read the file: code %d",
                         c->library, code);
    }
    else {
        r.file = c->getFile(r.unit, path);
        read_diagnostics(&r);
        c->visitChildren(c->getTranslationUnitCursor(r.unit), visit, &r);
        c->disposeTranslationUnit(r.unit);
        read_module_doc(s);
    }
    c->disposeIndex(index);
    for (size_t i = 0; i < r.error_count; i++) {
        free(r.errors[i].words);
    }
    free(r.errors);
    return status;
}

static void
function_dispose(struct function *f)
{
    for (size_t i = 0; i < f->parameter_count; i++) {
        free(f->parameters[i].name);
        free(f->parameters[i].type.spelling);
    }
    free(f->parameters);
    free(f->name);
    free(f->doc);
    free(f->result.spelling);
    free(f->error);
}

void
surface_dispose(struct surface *s)
{
    for (size_t i = 0; i < s->function_count; i++) {
        function_dispose(&s->functions[i]);
    }
    for (size_t i = 0; i < s->constant_count; i++) {
        free(s->constants[i].name);
        free(s->constants[i].value);
    }
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
