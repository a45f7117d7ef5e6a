/* bindgen_plan: see bindgen_plan.h. */
#include "bindgen_plan.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* -- saying no ------------------------------------------------------------ */

/* Takes `message` and `help`. */
static int
refuse(struct diag_list *diags, const struct place *at, char *message,
       char *help)
{
    struct diag *d = diag_add(diags);
    d->severity = DIAG_ERROR;
    d->path = mem_copy_str(at->path);
    d->line = at->line;
    d->column = at->column;
    d->width = at->width;
    d->message = message;
    d->help = help;
    return -1;
}

static int
refuse_whole(const struct function *f, struct diag_list *diags,
             const char *why, const char *help)
{
    return refuse(diags, &f->place,
                  mem_format("'%s' cannot be called from Python: %s",
                             f->name, why),
                  mem_copy_str(help));
}

/* What is wrong with the function as a whole, before its parameters. */
static int
check_whole(const struct function *f, struct diag_list *diags)
{
    if (f->error != NULL) {
        return refuse(diags, &f->place,
                      mem_format("the declaration of '%s' cannot be read: %s",
                                 f->name, f->error),
                      NULL);
    }
    if (strcmp(f->name, "main") == 0) {
        return refuse_whole(f, diags, "it is the entry of a program",
                            "rename it, or make it static");
    }
    if (f->is_variadic) {
        return refuse_whole(f, diags, "it takes '...'",
                            "give it a fixed number of parameters, or make "
                            "it static");
    }
    if (f->is_old_style) {
        return refuse_whole(f, diags,
                            "its parameters' types stand outside the "
                            "parentheses",
                            "write them inside: int f(int a)");
    }
    if (f->is_inline) {
        return refuse_whole(f, diags,
                            "'inline' alone gives it no symbol of its own",
                            "drop 'inline', or make it static");
    }
    return 0;
}

static int
check_result(const struct function *f, struct diag_list *diags)
{
    const struct ctype *r = &f->result;
    if (r->shape == SHAPE_SCALAR) {
        return 0;
    }
    if (r->shape == SHAPE_POINTER && r->is_const && type_is_char(r->type)) {
        return 0;
    }
    if (r->shape == SHAPE_POINTER && type_is_char(r->type)) {
        return refuse(diags, &f->place,
                      mem_format("'%s' returns '%s', and nothing says who "
                                 "frees it",
                                 f->name, r->spelling),
                      mem_copy_str("return 'const char *' for text that "
                                   "stays yours, or fill a buffer: char "
                                   "*out, size_t n"));
    }
    if (r->shape == SHAPE_POINTER) {
        const char *item = type_is_number(r->type) ? r->type->c : "char";
        return refuse(diags, &f->place,
                      mem_format("'%s' returns '%s', and nothing says how "
                                 "long it is or who frees it",
                                 f->name, r->spelling),
                      mem_format("fill a buffer that the caller gives: %s "
                                 "*out, size_t n",
                                 item));
    }
    return refuse(diags, &f->place,
                  mem_format("'%s' returns '%s', which has no counterpart in "
                             "Python",
                             f->name, r->spelling),
                  mem_copy_str("return a number, a bool, 'const char *' or "
                               "nothing, or make it static"));
}

static int
refuse_parameter(const struct function *f, const struct parameter *p,
                 struct diag_list *diags)
{
    const struct ctype *t = &p->type;
    const char *name = p->name[0] == '\0' ? "a parameter" : p->name;
    if (t->shape == SHAPE_POINTER && type_is_char(t->type)) {
        return refuse(diags, &p->place,
                      mem_format("'%s' of '%s' is '%s' without a length",
                                 name, f->name, t->spelling),
                      mem_copy_str("write 'const char *' for a str, or let "
                                   "'size_t n' follow it for a buffer"));
    }
    if (t->shape == SHAPE_POINTER) {
        return refuse(diags, &p->place,
                      mem_format("'%s' of '%s' is a pointer without a "
                                 "length",
                                 name, f->name),
                      mem_format("let 'size_t n' follow it (or an integer "
                                 "named n, len, count…), pass a plain "
                                 "number, or make '%s' static",
                                 f->name));
    }
    return refuse(diags, &p->place,
                  mem_format("'%s' of '%s' is '%s', which has no counterpart "
                             "in Python",
                             name, f->name, t->spelling),
                  mem_format("pass numbers, 'const char *' or buffers, or "
                             "make '%s' static",
                             f->name));
}

/* -- the naming rules ----------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, const char *with)
{
    size_t len = strlen(text), tail = strlen(with);
    return len > tail && strcmp(text + len - tail, with) == 0;
}

static bool
is_length(const struct function *f, size_t i)
{
    static const char *const names[]
        = {"n", "len", "length", "size", "count", NULL};
    if (i >= f->parameter_count) {
        return false;
    }
    const struct parameter *p = &f->parameters[i];
    if (p->type.shape != SHAPE_SCALAR || !type_is_integer(p->type.type)) {
        return false;
    }
    for (size_t k = 0; names[k] != NULL; k++) {
        if (strcmp(p->name, names[k]) == 0) {
            return true;
        }
    }
    const char *type = p->type.spelling;
    type += begins(type, "const ") ? strlen("const ") : 0;
    return begins(p->name, "n_") || ends(p->name, "_len")
           || ends(p->name, "_count") || strcmp(type, "size_t") == 0;
}

static bool
is_pointer(const struct function *f, size_t i)
{
    return i < f->parameter_count
           && f->parameters[i].type.shape == SHAPE_POINTER;
}

/* A pointer that may share the length behind its neighbours. */
static bool
is_array(const struct function *f, size_t i)
{
    const struct ctype *t = is_pointer(f, i) ? &f->parameters[i].type : NULL;
    return t != NULL && type_is_number(t->type) && !type_is_char(t->type);
}

/* Where the length of the pointer at `i` stands; 0 when it has none. */
static size_t
find_length(const struct function *f, size_t i)
{
    size_t at = i + 1;
    while (is_array(f, i) && is_array(f, at)) {
        at++;
    }
    return is_length(f, at) ? at : 0;
}

/* -- the plan ------------------------------------------------------------- */

static bool
is_python_keyword(const char *name)
{
    static const char *const words[] = {
        "False", "None",    "True",  "and",  "as",     "assert", "async",
        "await", "class",   "def",   "del",  "elif",   "except", "finally",
        "from",  "global",  "import", "in",  "is",     "lambda", "nonlocal",
        "not",   "or",      "pass",  "raise", "try",   "with",   "yield",
        NULL};
    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(name, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
name_argument(struct plan *p, size_t i)
{
    struct argument *a = &p->arguments[i];
    const char *name = a->parameter->name;
    if (name[0] == '\0') {
        a->name = mem_format("_%zu", i + 1);
    }
    else {
        a->name = mem_format("%s%s", name,
                             is_python_keyword(name) ? "_" : "");
    }
    if (a->kind == ARGUMENT_LENGTH || a->kind == ARGUMENT_COLUMNS) {
        a->at = -1;
        return;
    }
    a->at = p->python_count++;
    if (name[0] == '\0') {
        p->first_named = p->python_count;
    }
}

/* The buffers from `i` up to their length at `length`; where to go on. */
static size_t
take_buffers(struct plan *p, size_t i, size_t length)
{
    const struct function *f = p->f;
    bool is_matrix = is_length(f, length + 1);
    p->has_buffers = true;
    for (size_t k = i; k < length; k++) {
        p->arguments[k].kind = ARGUMENT_BUFFER;
        p->arguments[k].buffer = i;
        p->arguments[k].is_matrix = is_matrix;
    }
    p->arguments[length].kind = ARGUMENT_LENGTH;
    p->arguments[length].buffer = i;
    if (is_matrix) {
        p->arguments[length + 1].kind = ARGUMENT_COLUMNS;
        p->arguments[length + 1].buffer = i;
    }
    return length + (is_matrix ? 2 : 1);
}

static int
take_parameters(struct plan *p, struct diag_list *diags)
{
    const struct function *f = p->f;
    int status = 0;
    for (size_t i = 0; i < f->parameter_count;) {
        const struct ctype *t = &f->parameters[i].type;
        size_t length = is_pointer(f, i) ? find_length(f, i) : 0;
        if (length > 0) {
            i = take_buffers(p, i, length);
            continue;
        }
        if (t->shape == SHAPE_SCALAR && type_is_number(t->type)) {
            p->arguments[i].kind = ARGUMENT_NUMBER;
        }
        else if (t->shape == SHAPE_POINTER && t->is_const
                 && type_is_char(t->type))
        {
            p->arguments[i].kind = ARGUMENT_TEXT;
        }
        else {
            status = refuse_parameter(f, &f->parameters[i], diags);
        }
        i++;
    }
    return status;
}

int
plan_make(struct plan *p, const struct function *f, struct diag_list *diags)
{
    *p = (struct plan){.f = f, .count = f->parameter_count};
    p->arguments = mem_new((p->count + 1) * sizeof(*p->arguments));
    if (check_whole(f, diags) < 0) {
        return -1;
    }
    for (size_t i = 0; i < p->count; i++) {
        p->arguments[i].parameter = &f->parameters[i];
    }
    int result = check_result(f, diags);
    if (take_parameters(p, diags) < 0 || result < 0) {
        return -1;
    }
    for (size_t i = 0; i < p->count; i++) {
        name_argument(p, i);
    }
    return 0;
}

void
plan_dispose(struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        free(p->arguments[i].name);
    }
    free(p->arguments);
    *p = (struct plan){.f = NULL};
}
