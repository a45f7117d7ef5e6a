/* parity: see parity.h. */
#include "parity.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "parity_function.h"
#include "parity_kind.h"

/* What one function becomes, while it is written. */
struct writer {
    const struct pyfunc *f;
    struct list parameters; /* of the prototype, one a line if need be */
    struct buf result;     /* its type, words of cowbird.h before it */
    struct buf imports, packages, strategies, names;
    struct buf places, keywords, converted;
    struct list passed;
    size_t buffer_count;
    struct buf *help;
};

/* -- names ---------------------------------------------------------------- */

/* A name that C keeps for itself gets an underscore, on the heap. */
static char *
c_name(const char *name)
{
    static const char *const words[]
        = {"auto",     "case",   "char",   "const",    "default", "do",
           "double",   "enum",   "extern", "float",    "goto",    "inline",
           "int",      "long",   "main",   "register", "restrict", "short",
           "signed",   "sizeof", "static", "struct",   "switch",  "typedef",
           "unsigned", "union",  "void",   "volatile", "bool",    "true",
           "false",    NULL};
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], name) == 0) {
            return mem_format("%s_", name);
        }
    }
    return mem_copy_str(name);
}

static bool
has_parameter(const struct pyfunc *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->parameters[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* -- parameters ----------------------------------------------------------- */

static int
refuse_annotation(struct writer *w, const struct pyparam *p, struct err *e)
{
    const struct pyfunc *f = w->f;
    if (p->annotation[0] == '\0') {
        buf_add_fmt(w->help, "write for example '%s: float'; there are: %s",
                    p->name, parity_kinds_shown);
        return err_set(e, ERR_USAGE, "%s:%d: '%s' of %s() has no annotation",
                       f->path, f->line, p->name, f->name);
    }
    buf_add_fmt(w->help, "there are: %s", parity_kinds_shown);
    return err_set(e, ERR_USAGE,
                   "%s:%d: '%s' of %s() is '%s', which this does not put "
                   "into C",
                   f->path, f->line, p->name, f->name, p->annotation);
}

/* The annotation that a default stands for where none is written. */
static const char *
guess(const struct pyparam *p)
{
    if (p->annotation[0] != '\0') {
        return p->annotation;
    }
    switch (p->kind) {
    case PYDEFAULT_NUMBER:
        return strpbrk(p->value, ".en") != NULL ? "float" : "int";
    case PYDEFAULT_BOOL:
        return "bool";
    case PYDEFAULT_TEXT:
        return "str";
    default:
        return "";
    }
}

static void
add_c_text(struct buf *out, const char *text)
{
    buf_add_str(out, "\"");
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ') {
            buf_add_fmt(out, "\\%03o", (unsigned char)*c);
        }
        else if (*c == '"' || *c == '\\') {
            buf_add_fmt(out, "\\%c", *c);
        }
        else {
            buf_add(out, c, 1);
        }
    }
    buf_add_str(out, "\"");
}

/* "CB_DEFAULT(3) " in front of the parameter. */
static int
add_default(struct writer *w, struct buf *out, const struct pyparam *p,
            const struct parity_kind *kind, struct err *e)
{
    bool is_pointer = kind->is_buffer || strchr(kind->c, '*') != NULL;
    bool fits = p->kind == PYDEFAULT_NULL    ? is_pointer
                : p->kind == PYDEFAULT_TEXT  ? is_pointer && !kind->is_buffer
                : p->kind == PYDEFAULT_OTHER ? false
                                             : !is_pointer;
    if (p->kind == PYDEFAULT_NONE) {
        return 0;
    }
    if (!fits) {
        buf_add_str(w->help, "a number, True, False, a str or None can be a "
                             "default in C");
        return err_set(e, ERR_USAGE,
                       "%s:%d: the default of '%s' of %s() is %s",
                       w->f->path, w->f->line, p->name, w->f->name, p->shown);
    }
    buf_add_str(out, "CB_DEFAULT(");
    if (p->kind == PYDEFAULT_TEXT) {
        add_c_text(out, p->value);
    }
    else {
        buf_add_str(out, p->kind == PYDEFAULT_NULL ? "NULL"
                                    : p->kind == PYDEFAULT_NUMBER
                                        ? p->value
                                    : p->value[0] == 'T' ? "true"
                                                         : "false");
    }
    buf_add_str(out, ") ");
    return 0;
}

static void
add_converted(struct buf *out, const char *how, const char *name)
{
    const char *at = strstr(how, "%s");
    if (at == NULL) {
        buf_add_str(out, name);
        return;
    }
    buf_add_fmt(out, "%.*s%s%s", (int)(at - how), how, name, at + 2);
}

/* What the test says of one parameter. */
static void
add_to_test(struct writer *w, const struct pyparam *p,
            const struct parity_kind *kind, bool may_be_none)
{
    const char *between = w->names.len > 0 ? ", " : "";
    buf_add_fmt(&w->names, "%s%s", between, p->name);
    buf_add_fmt(&w->strategies, "    \"%s\": %s%s,\n", p->name,
                may_be_none ? "st.none() | " : "", kind->strategy);
    struct buf *to = p->is_by_name ? &w->keywords : &w->places;
    if (p->is_by_name) {
        buf_add_fmt(to, "%s\"%s\": ", to->len > 0 ? ", " : "", p->name);
    }
    else if (to->len > 0) {
        buf_add_str(to, " ");
    }
    add_converted(to, kind->to_python, p->name);
    buf_add_str(to, p->is_by_name ? "" : ",");
    buf_add_str(&w->converted, w->converted.len > 0 ? " " : "");
    add_converted(&w->converted, kind->to_c, p->name);
    if (kind->to_python[0] == '\0' && kind->to_c[0] != '\0') {
        struct buf one = BUF_INIT;
        add_converted(&one, kind->to_c, p->name);
        list_add_fmt(&w->passed, "%s for %s", buf_text(&one), p->name);
        buf_dispose(&one);
    }
    if (may_be_none && kind->to_c[0] != '\0') {
        buf_add_fmt(&w->converted, " if %s is not None else None", p->name);
    }
    buf_add_str(&w->converted, ",");
}

/* The length behind a buffer: "n" for the only one. */
static void
add_length(const struct writer *w, struct buf *out, const char *name)
{
    if (w->buffer_count == 1 && !has_parameter(w->f, "n")) {
        buf_add_str(out, ", size_t n");
    }
    else {
        buf_add_fmt(out, ", size_t n_%s", name);
    }
}

/* "const double *x, size_t n" */
static void
add_declared(const struct writer *w, struct buf *out,
             const struct parity_kind *kind, const char *name)
{
    size_t len = strlen(kind->c);
    bool is_in_place = kind->is_buffer && strcmp(w->f->returns, "None") == 0
                       && strcmp(kind->annotation, "bytes") != 0;
    buf_add_fmt(out, "%s%s%s%s",
                kind->c + (is_in_place ? strlen("const ") : 0),
                kind->c[len - 1] == '*' ? "" : " ",
                kind->is_buffer ? "*" : "", name);
    if (kind->is_buffer) {
        add_length(w, out, name);
    }
}

static int
add_parameter(struct writer *w, const struct pyparam *p, struct err *e)
{
    bool may_be_none = false;
    char *annotation = parity_kind_without_none(guess(p), &may_be_none);
    const struct parity_kind *kind = parity_kind_find(annotation);
    free(annotation);
    may_be_none |= p->kind == PYDEFAULT_NULL;
    if (kind == NULL || (may_be_none && p->kind != PYDEFAULT_NULL)) {
        return refuse_annotation(w, p, e);
    }
    struct buf declared = BUF_INIT;
    int status = add_default(w, &declared, p, kind, e);
    if (status == 0) {
        char *name = c_name(p->name);
        add_declared(w, &declared, kind, name);
        list_add(&w->parameters, buf_text(&declared));
        add_to_test(w, p, kind, may_be_none);
        free(name);
    }
    buf_dispose(&declared);
    return status;
}

/* -- the result ----------------------------------------------------------- */

static int
refuse_result(struct writer *w, struct err *e)
{
    const struct pyfunc *f = w->f;
    if (f->returns[0] == '\0') {
        buf_add_str(w->help, "write for example '-> float', or '-> None'");
        return err_set(e, ERR_USAGE, "%s:%d: %s() does not say what it "
                                     "returns",
                       f->path, f->line, f->name);
    }
    buf_add_str(w->help, "there are: int, float, bool, complex, str, str | "
                         "None, None, and a tuple of them");
    return err_set(e, ERR_USAGE,
                   "%s:%d: %s() returns '%s', which this does not put into C",
                   f->path, f->line, f->name, f->returns);
}

/* tuple[float, int]: an out parameter each. */
static int
add_tuple(struct writer *w, const struct list *parts, struct err *e)
{
    buf_add_str(&w->result, "void");
    for (size_t i = 0; i < parts->count; i++) {
        const struct parity_kind *kind = parity_kind_find(parts->items[i]);
        if (kind == NULL || kind->result == NULL) {
            return refuse_result(w, e);
        }
        bool is_tight = kind->result[strlen(kind->result) - 1] == '*';
        list_add_fmt(&w->parameters, "CB_OUT %s%s*out%zu", kind->result,
                     is_tight ? "" : " ", i + 1);
    }
    return 0;
}

static int
add_result(struct writer *w, struct err *e)
{
    struct list parts = LIST_INIT;
    bool may_be_none = false;
    int status = 0;
    char *annotation = parity_kind_without_none(w->f->returns, &may_be_none);
    const struct parity_kind *kind = parity_kind_find(annotation);
    parity_kind_split(annotation, &parts);
    if (parts.count > 0) {
        status = add_tuple(w, &parts, e);
    }
    else if (strcmp(annotation, "None") == 0) {
        buf_add_str(&w->result, "void");
    }
    else if (kind == NULL || kind->result == NULL
             || (may_be_none && strchr(kind->result, '*') == NULL))
    {
        status = refuse_result(w, e);
    }
    else {
        buf_add_str(&w->result, kind->result);
    }
    list_dispose(&parts);
    free(annotation);
    return status;
}

/* -- the whole ------------------------------------------------------------ */

static void
add_imports(struct writer *w)
{
    const char *converted = buf_text(&w->converted);
    if (strstr(converted, "array(\"") != NULL) {
        buf_add_str(&w->imports, "from array import array\n");
    }
    if (strstr(converted, "numpy.") != NULL) {
        buf_add_str(&w->packages, "import numpy\n");
    }
}

static int
check_whole(struct writer *w, struct err *e)
{
    const struct pyfunc *f = w->f;
    if (f->is_async) {
        buf_add_str(w->help, "put what computes into a function of its own, "
                             "and that into C");
        return err_set(e, ERR_USAGE, "%s:%d: %s() is async", f->path, f->line,
                       f->name);
    }
    if (f->has_rest) {
        buf_add_str(w->help, "C has a fixed number of parameters");
        return err_set(e, ERR_USAGE, "%s:%d: %s() takes '*' or '**'", f->path,
                       f->line, f->name);
    }
    return 0;
}

static void
writer_dispose(struct writer *w)
{
    struct buf *const all[]
        = {&w->result, &w->imports, &w->packages, &w->strategies,
           &w->names,  &w->places,  &w->keywords, &w->converted};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        buf_dispose(all[i]);
    }
    list_dispose(&w->parameters);
    list_dispose(&w->passed);
}

int
parity_make(struct parity *p, const struct pyfunc *f, struct buf *help,
            struct err *e)
{
    struct writer w = {.f = f, .help = help};
    *p = (struct parity)PARITY_INIT;
    int status = check_whole(&w, e);
    for (size_t i = 0; status == 0 && i < f->count; i++) {
        const struct parity_kind *kind
            = parity_kind_find(f->parameters[i].annotation);
        w.buffer_count += kind != NULL && kind->is_buffer;
    }
    for (size_t i = 0; status == 0 && i < f->count; i++) {
        status = add_parameter(&w, &f->parameters[i], e);
    }
    if (status == 0 && (status = add_result(&w, e)) == 0) {
        add_imports(&w);
        p->function = parity_function_write(f, buf_text(&w.result),
                                            &w.parameters);
        p->imports = buf_take(&w.imports);
        p->packages = buf_take(&w.packages);
        p->strategies = buf_take(&w.strategies);
        p->names = buf_take(&w.names);
        p->places = buf_take(&w.places);
        p->keywords = buf_take(&w.keywords);
        p->converted = buf_take(&w.converted);
        list_add_all(&p->passed, &w.passed);
    }
    writer_dispose(&w);
    return status;
}

void
parity_dispose(struct parity *p)
{
    char **const texts[] = {&p->function,   &p->imports,
                            &p->packages,   &p->strategies,
                            &p->names,      &p->places,
                            &p->keywords,   &p->converted};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        free(*texts[i]);
    }
    list_dispose(&p->passed);
    *p = (struct parity)PARITY_INIT;
}
