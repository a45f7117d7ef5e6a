/* way_struct: structs by value, and by a pointer without a length: one object
 * of the struct's class. Arrays of structs are buffers, way_buffer.c. */
#include <stdlib.h>

#include "mem.h"
#include "structure.h"
#include "way.h"

static const struct ctype *
struct_of(const struct ctype *t)
{
    return t->to != NULL ? t->to : t;
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    const struct parameter *parameter = &p->f->parameters[i];
    const struct ctype *t = &parameter->type;
    if (struct_of(t)->structure == NULL
        || (t->to != NULL && way_buffer_length(p, i) > 0))
    {
        return 0;
    }
    p->arguments[i].way = &way_struct;
    return structure_use(struct_of(t)->structure, &parameter->place, diags) < 0
               ? -1
               : 1;
}

/* Room for one that is copied, when the function only reads it. */
static bool
has_room(const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    return t->to == NULL || t->is_const;
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct structure *s = struct_of(&a->parameter->type)->structure;
    (void)p;
    if (has_room(a)) {
        buf_add_fmt(out, "    struct cb_s_%s r_%s;\n", s->name, a->name);
    }
    buf_add_fmt(out, "    void *c_%s;\n", a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct structure *s = struct_of(&a->parameter->type)->structure;
    buf_add_fmt(out,
                "cb_take_struct(args[%d], &cb_sig_%s, %d,\n"
                "                       &cb_struct_%s, %s%s, &c_%s) < 0",
                a->at, p->f->name, a->at, s->name, has_room(a) ? "&r_" : "",
                has_room(a) ? a->name : "NULL", a->name);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    (void)p;
    if (t->to == NULL) {
        buf_add_fmt(out, "*(const struct cb_s_%s *)", t->structure->name);
    }
    buf_add_fmt(out, "c_%s", a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "%s%s%s",
                struct_of(&a->parameter->type)->structure->name,
                has_room(a) ? " | Buffer" : "",
                a->takes_none ? " | None" : "");
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    bool is_null = v->kind == LITERAL_NULL
                   || (v->kind == LITERAL_INT && v->integer == 0);
    if (!is_null || a->parameter->type.to == NULL) {
        return mem_copy_str(a->parameter->type.to == NULL ? "no default"
                                                          : "NULL");
    }
    a->initial = mem_format("c_%s = NULL;", a->name);
    a->shown = mem_copy_str("None");
    a->takes_none = true;
    return NULL;
}

const struct way way_struct = {
    .name = "struct",
    .words = {"struct S x, S *x", "S",
              "an object of the struct's class; by value and const S * also a "
              "buffer of one such struct; S * is written in place. TypeError "
              "for other classes and formats."},
    .claim = claim,
    .declare = declare,
    .take = take,
    .pass = pass,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* -- results -------------------------------------------------------------- */

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    const struct ctype *t = r->type;
    if (struct_of(t)->structure == NULL) {
        return 0;
    }
    if (t->to == NULL || t->is_const) {
        return structure_use(struct_of(t)->structure, r->place, diags) < 0
                   ? -1
                   : 1;
    }
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place, mem_format("%s, and nothing says who frees it", what),
        mem_format("return the struct itself: %s; or 'const %s' for one that "
                   "stays yours",
                   t->to->spelling, t->spelling),
        diags);
    free(what);
    return status;
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    const char *name = struct_of(r->type)->structure->name;
    (void)p;
    if (r->type->to != NULL) {
        buf_add_fmt(out, "cb_give_struct_at(&cb_struct_%s, %s)", name,
                    r->value);
        return;
    }
    buf_add_fmt(out,
                "cb_give_struct(&cb_struct_%s, &%s, sizeof(%s))", name,
                r->value, r->value);
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_fmt(out, "%s%s", struct_of(r->type)->structure->name,
                r->type->to != NULL ? " | None" : "");
}

const struct giving giving_struct = {
    .name = "struct",
    .words = {"struct S, const S *", "S",
              "an object of the struct's class that holds a copy; NULL is "
              "None."},
    .claim = claim_result,
    .give = give,
    .annotate = annotate_result,
};
