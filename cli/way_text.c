/* way_text: const char * as str: valid during the call, copied when it is a
 * result. */
#include "way.h"

#include <string.h>

#include "mem.h"
#include "types.h"

static bool
is_text(const struct ctype *t)
{
    return t->shape == SHAPE_POINTER && type_is_char(t->type);
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    const struct parameter *parameter = &p->f->parameters[i];
    const struct ctype *t = &parameter->type;
    if (!is_text(t)) {
        return 0;
    }
    if (!t->is_const) {
        return plan_refuse(
            &parameter->place,
            mem_format("'%s' of '%s' is '%s' without a length",
                       parameter->name[0] == '\0' ? "a parameter"
                                                  : parameter->name,
                       p->f->name, t->spelling),
            mem_copy_str("write 'const char *' for a str, or let 'size_t n' "
                         "follow it for a buffer"),
            diags);
    }
    p->arguments[i].way = &way_text;
    return 1;
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    const char *c_%s;\n", a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "cb_take_text(args[%d], &cb_sig_%s, %d, &c_%s) < 0",
                a->at, p->f->name, a->at, a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_str(out, a->takes_none ? "str | None" : "str");
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    struct buf c = BUF_INIT, shown = BUF_INIT;
    bool is_text = v->kind == LITERAL_TEXT
                   && strlen(buf_text(&v->text)) == v->text.len;
    if ((!is_text && v->kind != LITERAL_NULL)
        || !literal_add_python(&shown, v))
    {
        buf_dispose(&shown);
        return mem_copy_str("a string of UTF-8, or NULL");
    }
    buf_add_fmt(&c, "c_%s = ", a->name);
    literal_add_c(&c, v);
    buf_add_str(&c, ";");
    a->initial = buf_take(&c);
    a->shown = buf_take(&shown);
    a->takes_none = !is_text;
    return NULL;
}

const struct way way_text = {
    .name = "text",
    .words = {"const char *s", "str",
              "UTF-8 with a NUL behind it, valid during the call. TypeError "
              "for what is no str, ValueError for a NUL in it or a lone "
              "surrogate."},
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
    if (!is_text(r->type)) {
        return 0;
    }
    r->is_released = way_is_owned(r);
    if (r->type->is_const || r->is_released) {
        return 1;
    }
    return way_refuse_unowned(p, r, diags);
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    buf_add_fmt(out, "cb_give_text(%s, &cb_sig_%s)", r->value, p->f->name);
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    (void)r;
    buf_add_str(out, "str | None");
}

const struct giving giving_text = {
    .name = "text",
    .words = {"const char *", "str | None",
              "copied, and stays yours, or with CB_OWNED is freed by us; "
              "NULL is None. ValueError for what is no UTF-8."},
    .claim = claim_result,
    .give = give,
    .release = way_release_owned,
    .annotate = annotate_result,
};
