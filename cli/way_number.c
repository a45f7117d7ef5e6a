/* way_number: numbers and bool, by value; and the result that is none. */
#include "way.h"

#include <string.h>

#include "enumeration.h"
#include "mem.h"
#include "types.h"

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    const struct ctype *t = &p->f->parameters[i].type;
    (void)diags;
    if (t->shape != SHAPE_SCALAR || !type_is_number(t->type)) {
        return 0;
    }
    p->arguments[i].way = &way_number;
    return 1;
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    %s c_%s;\n", a->parameter->type.type->c, a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "cb_take_%s(args[%d], &cb_sig_%s, %d, &c_%s) < 0",
                a->parameter->type.type->id, a->at, p->f->name, a->at,
                a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    (void)p;
    if (enumeration_is(t) && enumeration_is_needed(t->enumeration)) {
        buf_add_fmt(out, "%s | ", t->enumeration->name);
    }
    buf_add_str(out, t->type->python);
}

/* NULL: the type holds the value; otherwise what it would hold. */
static char *
check_integer(const struct type *t, const struct literal *v)
{
    size_t bits = type_size(t) * 8;
    bool is_signed = t->family == FAMILY_SIGNED;
    literal_int high = ((literal_int)1 << (bits - is_signed)) - 1;
    literal_int low = is_signed ? -high - 1 : 0;
    if (t->family == FAMILY_BOOL) {
        high = 1;
    }
    if (v->kind == LITERAL_INT && v->integer >= low && v->integer <= high) {
        return NULL;
    }
    struct buf out = BUF_INIT;
    buf_add_str(&out, "an integer from ");
    literal_add_int(&out, low);
    buf_add_str(&out, " to ");
    literal_add_int(&out, high);
    return buf_take(&out);
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    const struct type *t = a->parameter->type.type;
    bool is_real = t->family == FAMILY_FLOATING
                   || t->family == FAMILY_COMPLEX;
    char *wanted = !is_real                  ? check_integer(t, v)
                   : v->kind > LITERAL_FLOAT ? mem_copy_str("a number")
                                             : NULL;
    if (wanted != NULL) {
        return wanted;
    }
    struct literal own = {.kind = v->kind,
                          .integer = v->integer,
                          .number = v->number};
    if (is_real && v->kind == LITERAL_INT) {
        own.kind = LITERAL_FLOAT;
        own.number = (double)v->integer;
    }
    struct buf c = BUF_INIT, shown = BUF_INIT;
    buf_add_fmt(&c, "c_%s = (%s)(", a->name, t->c);
    literal_add_c(&c, &own);
    buf_add_str(&c, ");");
    if (t->family == FAMILY_BOOL) {
        buf_add_str(&shown, own.integer ? "True" : "False");
    }
    else {
        literal_add_python(&shown, &own);
    }
    a->initial = buf_take(&c);
    a->shown = buf_take(&shown);
    return NULL;
}

const struct way way_number = {
    .name = "number",
    .words = {"T x", "int, float, bool",
              "a number of the first table, by value; what it refuses stands "
              "there."},
    .claim = claim,
    .declare = declare,
    .take = take,
    .pass = way_pass_taken,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* -- results -------------------------------------------------------------- */

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)p;
    (void)diags;
    return r->type->shape == SHAPE_SCALAR && type_is_number(r->type->type);
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    const struct type *t = r->type->type;
    bool is_ours = strncmp(t->give, "cb_", 3) == 0;
    buf_add_fmt(out, "%s(%s%s", t->give, t->cast, r->value);
    if (is_ours) {
        buf_add_fmt(out, ", &cb_sig_%s", p->f->name);
    }
    buf_add_str(out, ")");
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_str(out, r->type->type->python);
}

const struct giving giving_number = {
    .name = "number",
    .words = {"T", "int, float, bool", "a number of the first table."},
    .claim = claim_result,
    .give = give,
    .annotate = annotate_result,
};

static int
claim_nothing(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)p;
    (void)diags;
    return r->type->shape == SHAPE_SCALAR
           && r->type->type->family == FAMILY_VOID;
}

const struct giving giving_nothing = {
    .name = "nothing",
    .words = {"void", "None", "no result."},
    .claim = claim_nothing,
};
