/* bindgen_call: see bindgen_call.h. */
#include "bindgen_call.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "path.h"
#include "types.h"
#include "way.h"

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

char *
call_doc(const struct function *f)
{
    return f->doc != NULL ? mem_copy_str(f->doc) : prototype(f);
}

/* "mean($module, x)": what inspect.signature reads. */
static void
add_text_signature(struct buf *out, const struct plan *p)
{
    buf_add_fmt(out, "%s($module", p->f->name);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->is_hidden) {
            continue;
        }
        buf_add_fmt(out, ", %s", a->name);
        if (a->shown != NULL) {
            buf_add_fmt(out, "=%s", a->shown);
        }
        if (a->at + 1 == p->first_named) {
            buf_add_str(out, ", /");
        }
    }
    buf_add_str(out, ")\n--\n\n");
}

void
call_add_ctype(struct buf *out, const struct ctype *t)
{
    if (t->to != NULL && t->to->calling != NULL) {
        buf_add_str(out, "void (*)(void)");
    }
    else if (t->record != NULL && strcmp(t->record, "_object") == 0) {
        buf_add_str(out, "PyObject ");
    }
    else if (t->structure != NULL && t->structure->is_used) {
        buf_add_fmt(out, "struct cb_s_%s", t->structure->name);
    }
    else if (t->shape == SHAPE_OTHER && t->to != NULL) {
        call_add_ctype(out, t->to);
        buf_add_str(out, t->is_const ? " const *" : " *");
    }
    else if (t->shape == SHAPE_POINTER) {
        buf_add_fmt(out, "%s%s *", t->is_const ? "const " : "", t->type->c);
    }
    else if (t->type == NULL) {
        buf_add_str(out, "void "); /* what a handle leads to */
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
    buf_add_fmt(out, "/* %s: %s */\nextern ", path_base(f->place.path),
                shown);
    free(shown);
    call_add_ctype(out, &f->result);
    buf_add_fmt(out, " cb_c_%s(", f->name);
    for (size_t i = 0; i < p->count; i++) {
        buf_add_str(out, i > 0 ? ", " : "");
        call_add_ctype(out, &f->parameters[i].type);
    }
    buf_add_fmt(out, "%s) CB_SYMBOL(\"%s\");\n\n",
                p->count == 0 ? "void" : "", f->name);
    for (size_t i = 0; i < p->result_count; i++) {
        const char *freer = way_freer(&p->results[i]);
        if (freer != NULL) {
            buf_add_fmt(out,
                        "extern void cb_f_%s(void *) CB_FOREIGN(\"%s\");"
                        "\n\n",
                        freer, freer);
        }
    }
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
                     "    \"%s\", %d, %d, %d, %s%s,\n};\n",
                name, name, p->python_count, p->needed, p->first_named,
                p->python_count > 0 ? "cb_names_" : "NULL",
                p->python_count > 0 ? name : "");
    buf_add_fmt(out, "static const char cb_doc_%s[]\n    = \"", name);
    struct buf text = BUF_INIT;
    add_text_signature(&text, p);
    char *doc = call_doc(p->f);
    buf_add_str(&text, doc);
    free(doc);
    call_add_literal(out, buf_text(&text));
    buf_dispose(&text);
    buf_add_str(out, "\";\n\n");
}

/* -- one function --------------------------------------------------------- */

static const char *
statement_out(const struct plan *p)
{
    return p->has_release ? "goto done" : "return NULL";
}

static bool
is_void(const struct plan *p)
{
    const struct ctype *t = &p->f->result;
    return t->shape == SHAPE_SCALAR && t->type->family == FAMILY_VOID;
}

/* What the call gives has to be known behind it too. */
static bool
is_declared_first(const struct plan *p)
{
    return (p->has_release || plan_has_faults(p->f)) && !is_void(p);
}

static void
add_variables(struct buf *out, const struct plan *p)
{
    if (p->has_release || p->result_count > 1) {
        buf_add_str(out, "    PyObject *result = NULL;\n");
    }
    if (is_declared_first(p)) {
        buf_add_str(out, "    ");
        call_add_ctype(out, &p->f->result);
        buf_add_str(out, " value = {0};\n");
    }
    buf_add_fmt(out, "    PyObject *sorted[%d];\n",
                p->python_count > 0 ? p->python_count : 1);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->declare != NULL) {
            a->way->declare(out, p, a);
        }
    }
}

static void
add_sorting(struct buf *out, const struct plan *p)
{
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
}

/* One that is left out keeps its initial value. */
static void
add_taking(struct buf *out, const struct plan *p, const struct argument *a)
{
    if (a->initial == NULL) {
        a->way->take(out, p, a);
        return;
    }
    buf_add_fmt(out,
                a->takes_none ? "(cb_is_given(args[%d]) && ("
                              : "(args[%d] != NULL && (",
                a->at);
    a->way->take(out, p, a);
    buf_add_str(out, "))");
}

/* Each argument in its turn; the first that fails ends the call. */
static void
add_takings(struct buf *out, const struct plan *p)
{
    const char *before = "    if (";
    bool has_any = false;
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->clear != NULL) {
            a->way->clear(out, p, a);
        }
        if (a->initial != NULL) {
            buf_add_fmt(out, "    %s\n", a->initial);
        }
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->take == NULL) {
            continue;
        }
        buf_add_str(out, before);
        before = "\n        || ";
        has_any = true;
        add_taking(out, p, a);
    }
    if (has_any) {
        buf_add_fmt(out, ")\n    {\n        %s;\n    }\n", statement_out(p));
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->check != NULL) {
            a->way->check(out, p, a);
        }
    }
}

/* After the call: an exception of its own comes first, then what it says by
 * errno or by its value. */
static void
add_failure(struct buf *out, const struct plan *p)
{
    const struct ctype *t = &p->f->result;
    buf_add_fmt(out, "    if (CB_FAILED()) {\n        %s;\n    }\n",
                statement_out(p));
    if (p->fails == FAILS_NEVER) {
        return;
    }
    buf_add_str(out, "    if (value ");
    if (p->fails == FAILS_STATUS) {
        buf_add_str(out, "!= 0");
    }
    else if (t->to != NULL) {
        buf_add_str(out, "== NULL");
    }
    else if (t->type->family == FAMILY_SIGNED) {
        buf_add_str(out, "< 0");
    }
    else {
        buf_add_fmt(out, "== (%s)-1", t->type->c);
    }
    buf_add_fmt(out,
                ") {\n        cb_refuse_errno(%s, &cb_sig_%s);\n"
                "        %s;\n    }\n",
                p->fails == FAILS_STATUS ? "value > 0 ? (int)value : error"
                                         : "error",
                p->f->name, statement_out(p));
}

/* "value = cb_c_f(c_x)" */
static void
add_call_itself(struct buf *out, const struct plan *p)
{
    if (!is_void(p) && !is_declared_first(p)) {
        call_add_ctype(out, &p->f->result);
        buf_add_str(out, " ");
    }
    buf_add_fmt(out, "%scb_c_%s(", is_void(p) ? "" : "value = ", p->f->name);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        buf_add_str(out, i > 0 ? ", " : "");
        a->way->pass(out, p, a);
    }
    buf_add_str(out, ")");
}

/* What a call that faulted has left in its results nobody knows: it is
 * forgotten, not freed. */
static void
add_fault(struct buf *out, const struct plan *p)
{
    buf_add_str(out, "    if (cb_has_faulted(&landing, cb_exception_"
                     FAULT_CLASS ")) {\n");
    for (size_t i = 0; i < p->result_count; i++) {
        const struct result *r = &p->results[i];
        if (r->is_released) {
            buf_add_fmt(out, "        memset(&%s, 0, sizeof(%s));\n",
                        r->value, r->value);
        }
    }
    buf_add_fmt(out, "        %s;\n    }\n", statement_out(p));
}

static void
add_call(struct buf *out, const struct plan *p)
{
    bool is_nogil = plan_is_nogil(p->f);
    bool has_faults = plan_has_faults(p->f);
    buf_add_str(out, is_nogil ? "    struct cb_away away;\n" : "");
    buf_add_str(out, has_faults ? "    struct cb_landing landing;\n" : "");
    buf_add_str(out, is_nogil ? "    cb_leave(&away);\n" : "");
    buf_add_str(out, p->fails != FAILS_NEVER ? "    errno = 0;\n    "
                                             : "    ");
    if (has_faults) {
        buf_add_str(out, "CB_TRY(landing, away) {\n"
                         "        cb_enter_call(&landing);\n        ");
    }
    add_call_itself(out, p);
    buf_add_str(out, has_faults ? ";\n        cb_leave_call(&landing);\n"
                                  "    }\n"
                                : ";\n");
    if (p->fails != FAILS_NEVER) {
        buf_add_str(out, "    int error = errno;\n");
    }
    buf_add_str(out, is_nogil ? "    cb_return(&away);\n" : "");
    if (has_faults) {
        add_fault(out, p);
    }
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->settle != NULL) {
            a->way->settle(out, p, a);
        }
    }
    add_failure(out, p);
}

/* Several values are a tuple; the first that cannot be made ends it. */
static void
add_tuple(struct buf *out, const struct plan *p)
{
    buf_add_fmt(out, "    result = PyTuple_New(%zu);\n    if (result == NULL",
                p->result_count);
    for (size_t i = 0; i < p->result_count; i++) {
        const struct result *r = &p->results[i];
        buf_add_fmt(out, "\n        || cb_put(result, %zu, ", i);
        r->giving->give(out, p, r);
        buf_add_str(out, ") < 0");
    }
    buf_add_fmt(out, ")\n    {\n        Py_CLEAR(result);\n    }\n%s",
                p->has_release ? "" : "    return result;\n");
}

static void
add_result(struct buf *out, const struct plan *p)
{
    const char *to = p->has_release ? "result =" : "return";
    if (p->result_count == 0) {
        buf_add_fmt(out, "    Py_INCREF(Py_None);\n    %s Py_None;\n", to);
    }
    else if (p->result_count == 1) {
        buf_add_fmt(out, "    %s ", to);
        p->results[0].giving->give(out, p, &p->results[0]);
        buf_add_str(out, ";\n");
    }
    else {
        add_tuple(out, p);
    }
}

static void
add_releases(struct buf *out, const struct plan *p)
{
    if (!p->has_release) {
        return;
    }
    buf_add_str(out, "done:\n");
    for (size_t i = p->result_count; i-- > 0;) {
        const struct result *r = &p->results[i];
        if (r->is_released) {
            r->giving->release(out, p, r);
        }
    }
    for (size_t i = p->count; i-- > 0;) {
        const struct argument *a = &p->arguments[i];
        if (a->way->release != NULL) {
            a->way->release(out, p, a);
        }
    }
    buf_add_str(out, "    return result;\n");
}

/* What is awaited: the number of the arguments is checked at once, all else
 * when a thread begins. */
static void
add_start(struct buf *out, const struct plan *p)
{
    const char *name = p->f->name;
    buf_add_fmt(out,
                "static PyObject *\n"
                "cb_start_%s(PyObject *module, PyObject *const *args,\n"
                "    Py_ssize_t count, PyObject *keywords)\n{\n"
                "    PyObject *sorted[%d];\n"
                "    if (cb_sort(&cb_sig_%s, args, count, keywords, sorted) "
                "< 0) {\n        return NULL;\n    }\n"
                "    return cb_async(module, \"_%s\", args, count, "
                "keywords);\n}\n\n",
                name, p->python_count > 0 ? p->python_count : 1, name, name);
}

void
call_write(struct buf *out, const struct plan *p)
{
    add_declaration(out, p);
    add_signature(out, p);
    for (size_t i = 0; i < p->count; i++) {
        const struct argument *a = &p->arguments[i];
        if (a->way->define != NULL) {
            a->way->define(out, p, a);
        }
    }
    buf_add_fmt(out,
                "static PyObject *\n"
                "cb_call_%s(PyObject *module, PyObject *const *args,\n"
                "    Py_ssize_t count, PyObject *keywords)\n{\n",
                p->f->name);
    add_variables(out, p);
    add_sorting(out, p);
    add_takings(out, p);
    add_call(out, p);
    add_result(out, p);
    add_releases(out, p);
    buf_add_str(out, "}\n\n");
    if (plan_is_async(p->f)) {
        add_start(out, p);
    }
}
