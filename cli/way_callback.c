/* way_callback: a pointer to a function that takes the caller's data, with
 * that data beside it: a Python callable for the time of the call. The
 * function that C calls is written here, one a parameter; the data is where
 * it finds the callable. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bindgen_call.h"
#include "mem.h"
#include "types.h"
#include "way.h"

/* What C gives a callback, and what it wants back. */
static bool
is_value(const struct ctype *t)
{
    return (t->shape == SHAPE_SCALAR && type_is_number(t->type)
            && t->type->family != FAMILY_COMPLEX)
           || (t->shape == SHAPE_POINTER && type_is_char(t->type)
               && t->is_const);
}

static bool
is_text(const struct ctype *t)
{
    return t->shape == SHAPE_POINTER;
}

static bool
is_nothing(const struct ctype *t)
{
    return t->shape == SHAPE_SCALAR && t->type->family == FAMILY_VOID;
}

static bool
is_data(const struct ctype *t)
{
    return t->shape == SHAPE_POINTER && t->type->family == FAMILY_VOID;
}

static const struct calling *
calling_at(const struct plan *p, size_t i)
{
    const struct ctype *t = i < p->count ? &p->f->parameters[i].type : NULL;
    return t == NULL || t->to == NULL ? NULL : t->to->calling;
}

static bool
is_data_at(const struct plan *p, size_t i)
{
    return i < p->count && is_data(&p->f->parameters[i].type)
           && calling_at(p, i) == NULL;
}

static int
refuse(const struct plan *p, size_t i, const char *why, const char *help,
       struct diag_list *diags)
{
    const struct parameter *parameter = &p->f->parameters[i];
    return plan_refuse(&parameter->place,
                       mem_format("'%s' of '%s' is a function that %s",
                                  parameter->name[0] == '\0'
                                      ? "a parameter"
                                      : parameter->name,
                                  p->f->name, why),
                       mem_copy_str(help), diags);
}

static int
check(const struct plan *p, size_t i, struct diag_list *diags)
{
    const struct calling *c = calling_at(p, i);
    size_t count = 0;
    bool is_plain = is_nothing(&c->result) || is_value(&c->result);
    for (size_t k = 0; k < c->count; k++) {
        bool is_one = is_data(&c->parameters[k]);
        count += is_one;
        is_plain &= is_one || is_value(&c->parameters[k]);
    }
    if (count != 1) {
        return refuse(p, i,
                      count == 0 ? "does not take the caller's data"
                                 : "takes more than one 'void *'",
                      "let one 'void *' of its parameters be the data that "
                      "stands beside it: void (*visit)(void *data, int "
                      "item), void *data",
                      diags);
    }
    if (!is_plain || c->is_variadic) {
        return refuse(p, i,
                      "takes or returns what has no counterpart in Python",
                      "numbers, bool and 'const char *' pass there",
                      diags);
    }
    return 0;
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    /* The data may come first, unless the function has its own behind it. */
    bool is_behind = is_data_at(p, i) && calling_at(p, i + 1) != NULL
                     && !is_data_at(p, i + 2);
    size_t at = is_behind ? i + 1 : i;
    size_t data = is_behind ? i : i + 1;
    if (calling_at(p, at) == NULL) {
        /* behind a function that was refused: that has been said */
        bool is_told = i > 0 && is_data_at(p, i)
                       && calling_at(p, i - 1) != NULL;
        return is_told;
    }
    if (check(p, at, diags) < 0) {
        return -1;
    }
    if (!is_data_at(p, data)) {
        return refuse(p, at, "has no data beside it",
                      "let a 'void *' follow it, which it is given each "
                      "time: void (*visit)(void *data, int item), void *data",
                      diags);
    }
    p->arguments[at].way = &way_callback;
    p->arguments[data].way = &way_callback_data;
    p->arguments[data].buffer = at;
    p->uses_callbacks = true;
    return 2;
}

/* -- the function that C calls -------------------------------------------- */

/* The kind of parameter `k` as a result, which is what it is for us. */
static struct result
given(const struct plan *p, const struct argument *a, size_t k,
      const char *value)
{
    static const struct list no_notes = LIST_INIT;
    const struct ctype *t = &a->parameter->type.to->calling->parameters[k];
    (void)p;
    return (struct result){.giving = is_text(t) ? &giving_text
                                                : &giving_number,
                           .type = t,
                           .place = &a->parameter->place,
                           .notes = &no_notes,
                           .value = value};
}

static void
add_head(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct calling *c = a->parameter->type.to->calling;
    const char *f = p->f->name;
    buf_add_fmt(out,
                "static const char *const cb_names_%s_%s[] = {\"%s() "
                "result\"};\n"
                "static const struct cb_signature cb_sig_%s_%s = {\n"
                "    \"%s\", 1, 1, 0, cb_names_%s_%s,\n};\n\nstatic ",
                f, a->name, a->name, f, a->name, f, f, a->name);
    call_add_ctype(out, &c->result);
    buf_add_fmt(out, "\ncb_k_%s_%s(", f, a->name);
    for (size_t k = 0; k < c->count; k++) {
        buf_add_str(out, k > 0 ? ", " : "");
        call_add_ctype(out, &c->parameters[k]);
        buf_add_fmt(out, " a%zu", k);
    }
    buf_add_str(out, ")\n{\n");
}

/* Its parameters as Python's: an array whose first place is CPython's. */
static void
add_arguments(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct calling *c = a->parameter->type.to->calling;
    buf_add_str(out, "    PyObject *args[] = {NULL");
    for (size_t k = 0; k < c->count; k++) {
        char value[32];
        snprintf(value, sizeof(value), "a%zu", k);
        struct result r = given(p, a, k, value);
        if (!is_data(r.type)) {
            buf_add_str(out, ",\n        ");
            r.giving->give(out, p, &r);
        }
    }
    buf_add_str(out, "};\n");
}

static void
define(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct calling *c = a->parameter->type.to->calling;
    bool is_void = is_nothing(&c->result);
    const char *answer = is_void ? "return;" : "return answer;";
    size_t data = 0;
    while (!is_data(&c->parameters[data])) {
        data++;
    }
    add_head(out, p, a);
    if (!is_void) {
        buf_add_str(out, "    ");
        call_add_ctype(out, &c->result);
        buf_add_str(out, " answer = 0;\n");
    }
    buf_add_fmt(out,
                "    struct cb_callback *k = (struct cb_callback *)a%zu;\n"
                "    struct cb_entry entry;\n"
                "    if (!cb_callback_enter(k, &entry)) {\n"
                "        %s\n    }\n",
                data, answer);
    add_arguments(out, p, a);
    buf_add_fmt(out,
                "    PyObject *result = cb_callback_call(k, args, %zu);\n",
                c->count - 1);
    if (!is_void) {
        const char *id = is_text(&c->result) ? "answer" : c->result.type->id;
        buf_add_fmt(out,
                    "    if (result != NULL\n"
                    "        && cb_take_%s(result, &cb_sig_%s_%s, 0, "
                    "&answer) < 0)\n"
                    "    {\n        answer = 0;\n    }\n",
                    id, p->f->name, a->name);
    }
    buf_add_fmt(out,
                "    cb_callback_leave(k, &entry, result);\n    %s\n}\n\n",
                answer);
}

/* -- the call ------------------------------------------------------------- */

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    struct cb_callback k_%s = {0};\n", a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "cb_take_callback(args[%d], &cb_sig_%s, %d, &k_%s) < 0",
                a->at, p->f->name, a->at, a->name);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    if (a->initial != NULL) {
        buf_add_fmt(out, "k_%s.function == NULL ? NULL : ", a->name);
    }
    buf_add_fmt(out, "(void (*)(void))cb_k_%s_%s", p->f->name, a->name);
}

static void
settle(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    cb_callback_end(&k_%s);\n", a->name);
}

static void
release(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    Py_XDECREF(k_%s.last);\n", a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct calling *c = a->parameter->type.to->calling;
    const char *between = "";
    buf_add_str(out, "Callable[[");
    for (size_t k = 0; k < c->count; k++) {
        struct result r = given(p, a, k, "");
        if (!is_data(r.type)) {
            buf_add_str(out, between);
            r.giving->annotate(out, p, &r);
            between = ", ";
        }
    }
    buf_add_fmt(out, "], %s]%s",
                is_nothing(&c->result) ? "object"
                : is_text(&c->result)  ? "str | None"
                                       : c->result.type->python,
                a->takes_none ? " | None" : "");
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    if (v->kind != LITERAL_NULL) {
        return mem_copy_str("NULL");
    }
    a->initial = mem_format("k_%s.function = NULL;", a->name);
    a->shown = mem_copy_str("None");
    a->takes_none = true;
    return NULL;
}

const struct way way_callback = {
    .name = "callback",
    .words = {"R (*f)(void *data, T x), void *data", "Callable[[T], R]",
              "a callable, for the time of the call; T and R are numbers or "
              "const char *. The data may stand before it. The first "
              "exception in it is raised when the C function returns; until "
              "then it answers 0 or NULL without calling Python. TypeError "
              "for what cannot be called."},
    .claim = claim,
    .define = define,
    .declare = declare,
    .take = take,
    .pass = pass,
    .settle = settle,
    .release = release,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* Claimed with its function. */
static int
claim_none(struct plan *p, size_t i, struct diag_list *diags)
{
    (void)p;
    (void)i;
    (void)diags;
    return 0;
}

static void
pass_data(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "&k_%s", p->arguments[a->buffer].name);
}

const struct way way_callback_data = {
    .name = "callback data",
    .claim = claim_none,
    .is_hidden = true,
    .pass = pass_data,
};
