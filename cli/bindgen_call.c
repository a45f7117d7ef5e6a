/* bindgen_call: see bindgen_call.h. */
#include "bindgen_call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"

/* -- pieces --------------------------------------------------------------- */

void
call_add_literal(struct buf *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            buf_add_str(out, "\\n");
            if (c[1] != '\0') {
                buf_add_str(out, "\"\n     \"");
            }
        }
        else if (isalnum((unsigned char)*c)
                 || strchr(" !#$&'()*+,-./:;<=>@[]^_`{|}~%", *c) != NULL)
        {
            buf_add(out, c, 1);
        }
        else {
            buf_add_fmt(out, "\\%03o", (unsigned char)*c);
        }
    }
}

/* "double mean(const double *x, size_t n)" as the user wrote the types. */
static char *
prototype(const struct function *f)
{
    struct buf out = BUF_INIT;
    const char *result = f->result.spelling;
    bool is_tight = result[strlen(result) - 1] == '*';
    buf_add_fmt(&out, "%s%s%s(", result, is_tight ? "" : " ", f->name);
    for (size_t i = 0; i < f->parameter_count; i++) {
        const struct parameter *p = &f->parameters[i];
        const char *type = p->type.spelling;
        size_t len = strlen(type);
        is_tight = (len > 0 && type[len - 1] == '*') || p->name[0] == '\0';
        buf_add_fmt(&out, "%s%s%s%s", i > 0 ? ", " : "", type,
                    is_tight ? "" : " ", p->name);
    }
    buf_add_str(&out, f->parameter_count == 0 ? "void)" : ")");
    return buf_take(&out);
}

/* "mean($module, x)": what inspect.signature reads. */
static void
add_text_signature(struct buf *out, const struct plan *p)
{
    buf_add_fmt(out, "%s($module", p->f->name);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->at < 0) {
            continue;
        }
        buf_add_fmt(out, ", %s", a->name);
        if (a->at + 1 == p->first_named) {
            buf_add_str(out, ", /");
        }
    }
    buf_add_str(out, ")\n--\n\n");
}

static void
add_ctype(struct buf *out, const struct ctype *t)
{
    if (t->shape == SHAPE_POINTER) {
        buf_add_fmt(out, "%s%s *", t->is_const ? "const " : "", t->type->c);
    }
    else {
        buf_add_str(out, t->type->c);
    }
}

/* The declaration under a name of ours, so that it meets no other. */
static void
add_declaration(struct buf *out, const struct plan *p)
{
    const struct function *f = p->f;
    char *shown = prototype(f);
    buf_add_fmt(out, "/* %s:%u: %s */\nextern ", path_base(f->place.path),
                f->place.line, shown);
    free(shown);
    add_ctype(out, &f->result);
    buf_add_fmt(out, " cb_c_%s(", f->name);
    for (size_t i = 0; i < p->count; i++) {
        buf_add_str(out, i > 0 ? ", " : "");
        add_ctype(out, &f->parameters[i].type);
    }
    buf_add_fmt(out, "%s) CB_SYMBOL(\"%s\");\n\n",
                p->count == 0 ? "void" : "", f->name);
}

static void
add_signature(struct buf *out, const struct plan *p)
{
    const char *name = p->f->name;
    if (p->python_count > 0) {
        buf_add_fmt(out, "static const char *const cb_names_%s[] = {", name);
        const char *between = "";
        for (size_t i = 0; i < p->count; i++) {
            if (p->arguments[i].at >= 0) {
                buf_add_fmt(out, "%s\"%s\"", between, p->arguments[i].name);
                between = ", ";
            }
        }
        buf_add_str(out, "};\n");
    }
    buf_add_fmt(out, "static const struct cb_signature cb_sig_%s = {\n"
                     "    \"%s\", %d, %d, %s%s,\n};\n",
                name, name, p->python_count, p->first_named,
                p->python_count > 0 ? "cb_names_" : "NULL",
                p->python_count > 0 ? name : "");
    buf_add_fmt(out, "static const char cb_doc_%s[]\n    = \"", name);
    struct buf text = BUF_INIT;
    add_text_signature(&text, p);
    if (p->f->doc != NULL) {
        buf_add_str(&text, p->f->doc);
    }
    else {
        char *shown = prototype(p->f);
        buf_add_str(&text, shown);
        free(shown);
    }
    call_add_literal(out, buf_text(&text));
    buf_dispose(&text);
    buf_add_str(out, "\";\n\n");
}

/* -- one function --------------------------------------------------------- */

static const char *
way_out(const struct plan *p)
{
    return p->has_buffers ? "goto done" : "return NULL";
}

static void
add_variables(struct buf *out, const struct plan *p)
{
    if (p->has_buffers) {
        buf_add_str(out, "    PyObject *result = NULL;\n");
    }
    buf_add_fmt(out, "    PyObject *sorted[%d];\n",
                p->python_count > 0 ? p->python_count : 1);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->kind == ARGUMENT_BUFFER) {
            buf_add_fmt(out, "    Py_buffer b_%s;\n", a->name);
        }
        else if (a->kind == ARGUMENT_TEXT) {
            buf_add_fmt(out, "    const char *c_%s;\n", a->name);
        }
        else if (a->kind == ARGUMENT_NUMBER) {
            buf_add_fmt(out, "    %s c_%s;\n", a->parameter->type.type->c,
                        a->name);
        }
    }
    buf_add_fmt(out,
                "\n    (void)module;\n"
                "    if (count != %d || keywords != NULL) {\n"
                "        if (cb_sort(&cb_sig_%s, args, count, keywords, "
                "sorted) < 0) {\n"
                "            return NULL;\n"
                "        }\n"
                "        args = sorted;\n"
                "    }\n",
                p->python_count, p->f->name);
    for (size_t i = 0; i < p->count; i++) {
        if (p->arguments[i].kind == ARGUMENT_BUFFER) {
            buf_add_fmt(out, "    b_%s.obj = NULL;\n", p->arguments[i].name);
        }
    }
}

static void
add_taking_buffer(struct buf *out, const struct plan *p,
                  const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    const char *how = !t->is_const             ? "CB_WRITES"
                      : type_is_char(t->type) ? "CB_READS | CB_TEXT_TOO"
                                              : "CB_READS";
    buf_add_fmt(out,
                "cb_take_buffer(args[%d], &cb_sig_%s, %d,\n"
                "                       &cb_items_%s, %s, &b_%s) < 0",
                a->at, p->f->name, a->at, t->type->id, how, a->name);
    if (a->is_matrix) {
        buf_add_fmt(out,
                    "\n        || cb_is_matrix(&b_%s, &cb_sig_%s, %d) < 0",
                    a->name, p->f->name, a->at);
    }
}

/* Each argument in its turn; the first that fails ends the call. */
static void
add_takings(struct buf *out, const struct plan *p)
{
    const char *before = "    if (";
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->at < 0) {
            continue;
        }
        buf_add_str(out, before);
        before = "\n        || ";
        if (a->kind == ARGUMENT_BUFFER) {
            add_taking_buffer(out, p, a);
            continue;
        }
        buf_add_fmt(out, "cb_take_%s(args[%d], &cb_sig_%s, %d, &c_%s) < 0",
                    a->kind == ARGUMENT_TEXT ? "text"
                                             : a->parameter->type.type->id,
                    a->at, p->f->name, a->at, a->name);
    }
    if (p->python_count > 0) {
        buf_add_fmt(out, ")\n    {\n        %s;\n    }\n", way_out(p));
    }
}

/* The C expression of a length. */
static void
add_length(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct argument *b = &p->arguments[a->buffer];
    const struct ctype *t = &b->parameter->type;
    if (a->kind == ARGUMENT_COLUMNS) {
        buf_add_fmt(out, "b_%s.shape[1]", b->name);
    }
    else if (b->is_matrix) {
        buf_add_fmt(out, "b_%s.shape[0]", b->name);
    }
    else if (type_is_number(t->type)) {
        buf_add_fmt(out, "(b_%s.len / (Py_ssize_t)sizeof(%s))", b->name,
                    t->type->c);
    }
    else {
        buf_add_fmt(out, "b_%s.len", b->name);
    }
}

/* Whether a Py_ssize_t may be too much for the type. */
static bool
is_narrow(const struct type *t)
{
    return strcmp(t->id, "long") != 0 && strcmp(t->id, "ulong") != 0
           && strcmp(t->id, "llong") != 0 && strcmp(t->id, "ullong") != 0;
}

/* What the lengths have to agree with. */
static void
add_length_checks(struct buf *out, const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        const struct argument *b = &p->arguments[a->buffer];
        if (a->kind == ARGUMENT_BUFFER && a->buffer != i) {
            buf_add_fmt(out, "    if (cb_same_%s(&b_%s, &b_%s, &cb_sig_%s, "
                             "%d, %d) < 0) {\n        goto done;\n    }\n",
                        a->is_matrix ? "shape" : "length", b->name, a->name,
                        p->f->name, b->at, a->at);
        }
        else if (a->at < 0 && is_narrow(a->parameter->type.type)) {
            const struct type *t = a->parameter->type.type;
            buf_add_str(out, "    if (cb_fits(");
            add_length(out, p, a);
            buf_add_fmt(out, ", &cb_sig_%s, %d, \"%s\", \"%s\", %s) < 0) {\n"
                             "        goto done;\n    }\n",
                        p->f->name, b->at, a->name, t->c, t->high);
        }
    }
}

static void
add_call(struct buf *out, const struct plan *p)
{
    const struct function *f = p->f;
    bool is_void = f->result.shape == SHAPE_SCALAR
                   && !type_is_number(f->result.type);
    if (f->is_nogil) {
        buf_add_str(out, "    struct cb_away away;\n    cb_leave(&away);\n");
    }
    buf_add_str(out, "    ");
    if (!is_void) {
        add_ctype(out, &f->result);
        buf_add_str(out, " value = ");
    }
    buf_add_fmt(out, "cb_c_%s(", f->name);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        buf_add_str(out, i > 0 ? ", " : "");
        if (a->kind == ARGUMENT_BUFFER) {
            buf_add_fmt(out, "b_%s.buf", a->name);
        }
        else if (a->at < 0) {
            buf_add_fmt(out, "(%s)", a->parameter->type.type->c);
            add_length(out, p, a);
        }
        else {
            buf_add_fmt(out, "c_%s", a->name);
        }
    }
    buf_add_str(out, ");\n");
    if (f->is_nogil) {
        buf_add_str(out, "    cb_return(&away);\n");
    }
    buf_add_fmt(out, "    if (CB_FAILED()) {\n        %s;\n    }\n",
                way_out(p));
}

static void
add_result(struct buf *out, const struct plan *p)
{
    const struct ctype *r = &p->f->result;
    const char *to = p->has_buffers ? "result =" : "return";
    if (r->shape == SHAPE_POINTER) {
        buf_add_fmt(out, "    %s cb_give_text(value, &cb_sig_%s);\n", to,
                    p->f->name);
    }
    else if (type_is_number(r->type)) {
        buf_add_fmt(out, "    %s %s(%svalue);\n", to, r->type->give,
                    r->type->cast);
    }
    else {
        buf_add_fmt(out, "    Py_INCREF(Py_None);\n    %s Py_None;\n", to);
    }
    if (!p->has_buffers) {
        return;
    }
    buf_add_str(out, "done:\n");
    for (size_t i = p->count; i-- > 0;) {
        if (p->arguments[i].kind == ARGUMENT_BUFFER) {
            buf_add_fmt(out, "    PyBuffer_Release(&b_%s);\n",
                        p->arguments[i].name);
        }
    }
    buf_add_str(out, "    return result;\n");
}

void
call_write(struct buf *out, const struct plan *p)
{
    add_declaration(out, p);
    add_signature(out, p);
    buf_add_fmt(out,
                "static PyObject *\n"
                "cb_call_%s(PyObject *module, PyObject *const *args,\n"
                "    Py_ssize_t count, PyObject *keywords)\n{\n",
                p->f->name);
    add_variables(out, p);
    add_takings(out, p);
    add_length_checks(out, p);
    add_call(out, p);
    add_result(out, p);
    buf_add_str(out, "}\n\n");
}
