/* way_number: numbers and bool, by value; and the result that is none. */
#include "way.h"

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
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "c_%s", a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_str(out, a->parameter->type.type->python);
}

const struct way way_number = {
    .name = "number",
    .claim = claim,
    .declare = declare,
    .take = take,
    .pass = pass,
    .annotate = annotate,
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
    (void)p;
    buf_add_fmt(out, "%s(%s%s)", r->type->type->give, r->type->type->cast,
                r->value);
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_str(out, r->type->type->python);
}

const struct giving giving_number = {
    .name = "number",
    .claim = claim_result,
    .give = give,
    .annotate = annotate_result,
};

static int
claim_nothing(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)p;
    (void)diags;
    return r->type->shape == SHAPE_SCALAR && !type_is_number(r->type->type);
}

const struct giving giving_nothing = {
    .name = "nothing",
    .claim = claim_nothing,
};
