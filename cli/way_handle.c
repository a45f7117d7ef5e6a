/* way_handle: a pointer to a record that Python does not look into, as an
 * object of the record's class: given by one function, taken by others, ended
 * by the one that is CB_CLOSES. */
#include <stdlib.h>
#include <string.h>

#include "handle.h"
#include "mem.h"
#include "way.h"

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    (void)diags;
    if (handle_of(p->s, &p->f->parameters[i].type) == NULL) {
        return 0;
    }
    p->arguments[i].way = &way_handle;
    return 1;
}

static const char *
class_of(const struct plan *p, const struct argument *a)
{
    return handle_of(p->s, &a->parameter->type)->name;
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    struct cb_handle *h_%s = NULL;\n", a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out,
                "cb_take_%s(args[%d], &cb_sig_%s, %d,\n"
                "                       &cb_class_%s, &h_%s) < 0",
                handle_is_closer(p->f) ? "ending" : "handle", a->at,
                p->f->name, a->at, class_of(p, a), a->name);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, a->initial != NULL ? "h_%s == NULL ? NULL : h_%s->pointer"
                                        : "h_%s->pointer",
                a->name, a->name);
}

static void
release(struct buf *out, const struct plan *p, const struct argument *a)
{
    if (!handle_is_closer(p->f)) {
        buf_add_fmt(out, "    cb_let_handle(h_%s);\n", a->name);
    }
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "@%s%s", class_of(p, a), a->takes_none ? " | None" : "");
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    if (v->kind != LITERAL_NULL) {
        return mem_copy_str("NULL");
    }
    a->initial = mem_format("h_%s = NULL;", a->name);
    a->shown = mem_copy_str("None");
    a->takes_none = true;
    return NULL;
}

const struct way way_handle = {
    .name = "handle",
    .words = {"store *s", "store",
              "an object that another function gave, of a struct that Python "
              "does not look into: one whose fields the source does not know, "
              "or that a CB_CLOSES function ends. TypeError for another "
              "class, ValueError for one that is closed."},
    .claim = claim,
    .declare = declare,
    .take = take,
    .pass = pass,
    .release = release,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* -- results -------------------------------------------------------------- */

/* What nobody ends, or not Python, lives in the handle that it came from. */
static bool
is_borrowed(const struct plan *p, const struct result *r)
{
    return handle_of(p->s, r->type)->closer == NULL || r->type->is_const
           || note_find(r->notes, "borrowed") != NULL;
}

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)diags;
    if (handle_of(p->s, r->type) == NULL) {
        return 0;
    }
    r->is_released = !is_borrowed(p, r);
    return 1;
}

/* Whose pointer it may be, or in which it may live. */
static void
add_given(struct buf *out, const struct plan *p)
{
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->arguments[i].way == &way_handle) {
            buf_add_fmt(out, "%sh_%s",
                        count > 0 ? ", " : "(struct cb_handle *[]){",
                        p->arguments[i].name);
            count++;
        }
    }
    buf_add_fmt(out, "%s, %zu)", count > 0 ? "}" : "NULL", count);
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    buf_add_fmt(out, "cb_give_handle((void *)&%s, &cb_class_%s, %s,\n"
                     "            ",
                r->value, handle_of(p->s, r->type)->name,
                is_borrowed(p, r) ? "true" : "false");
    add_given(out, p);
}

/* One that Python did not get is closed all the same. */
static void
release_result(struct buf *out, const struct plan *p, const struct result *r)
{
    buf_add_fmt(out,
                "    if (%s != NULL) {\n"
                "        cb_drop_handle((void *)&%s, &cb_class_%s,\n"
                "            ",
                r->value, r->value, handle_of(p->s, r->type)->name);
    add_given(out, p);
    buf_add_str(out, ";\n    }\n");
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    buf_add_fmt(out, "@%s%s", handle_of(p->s, r->type)->name,
                p->fails == FAILS_ERRNO && r->out == NULL ? "" : " | None");
}

const struct giving giving_handle = {
    .name = "handle",
    .words = {"store *", "store | None",
              "an object of the struct's class; NULL is None. Python closes "
              "it when nobody holds it, unless it is CB_BORROWED, a pointer "
              "to const, or of a class without a CB_CLOSES function: then it "
              "keeps the handle alive that it came from."},
    .claim = claim_result,
    .give = give,
    .release = release_result,
    .annotate = annotate_result,
};
