/* way_view: cb_str and cb_bytes: text and bytes with their length, looked at
 * where Python has them; copied when they are results. */
#include "way.h"

#include <stdlib.h>

#include "clang.h"
#include "mem.h"
#include "types.h"

static bool
is_view(const struct ctype *t, int kind)
{
    return t->shape == SHAPE_SCALAR && t->type->clang_kind == kind;
}

static int
claim_str(struct plan *p, size_t i, struct diag_list *diags)
{
    (void)diags;
    if (!is_view(&p->f->parameters[i].type, CLANG_TYPE_CB_STR)) {
        return 0;
    }
    p->arguments[i].way = &way_str;
    return 1;
}

static void
declare_str(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    cb_str c_%s;\n", a->name);
}

static void
take_str(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "cb_take_str(args[%d], &cb_sig_%s, %d, &c_%s) < 0",
                a->at, p->f->name, a->at, a->name);
}

static void
annotate_str(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_str(out, a->takes_none ? "str | None" : "str");
}

/* The variable and what Python shows, from a string or NULL. */
static char *
fall_back(struct argument *a, const struct literal *v, const char *prefix)
{
    struct buf shown = BUF_INIT, c = BUF_INIT;
    bool is_text = v->kind == LITERAL_TEXT;
    buf_add_str(&shown, is_text ? prefix : "");
    if ((!is_text && v->kind != LITERAL_NULL)
        || !literal_add_python(&shown, v))
    {
        buf_dispose(&shown);
        return mem_copy_str("a string of UTF-8, or NULL");
    }
    buf_add_fmt(&c, "c_%s.data = ", a->name);
    literal_add_c(&c, v);
    buf_add_fmt(&c, ", c_%s.len = %zu;", a->name, v->text.len);
    a->initial = buf_take(&c);
    a->shown = buf_take(&shown);
    a->takes_none = !is_text;
    return NULL;
}

static char *
fall_back_str(struct argument *a, const struct literal *v)
{
    return fall_back(a, v, "");
}

const struct way way_str = {
    .name = "cb_str",
    .words = {"cb_str s", "str",
              "its UTF-8 where it lies, with the length: NULs are allowed. "
              "Valid during the call. TypeError for what is no str, "
              "ValueError for a lone surrogate."},
    .claim = claim_str,
    .declare = declare_str,
    .take = take_str,
    .pass = way_pass_taken,
    .annotate = annotate_str,
    .fall_back = fall_back_str,
};

/* -- bytes ---------------------------------------------------------------- */

static int
claim_bytes(struct plan *p, size_t i, struct diag_list *diags)
{
    (void)diags;
    if (!is_view(&p->f->parameters[i].type, CLANG_TYPE_CB_BYTES)) {
        return 0;
    }
    p->arguments[i].way = &way_bytes;
    return 1;
}

static void
declare_bytes(struct buf *out, const struct plan *p,
              const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    cb_bytes c_%s;\n    Py_buffer b_%s;\n", a->name,
                a->name);
}

static void
clear_bytes(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    b_%s.obj = NULL;\n", a->name);
}

static void
take_bytes(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out,
                "cb_take_bytes(args[%d], &cb_sig_%s, %d, &b_%s, &c_%s) < 0",
                a->at, p->f->name, a->at, a->name, a->name);
}

static void
release_bytes(struct buf *out, const struct plan *p,
              const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    PyBuffer_Release(&b_%s);\n", a->name);
}

static void
annotate_bytes(struct buf *out, const struct plan *p,
               const struct argument *a)
{
    (void)p;
    buf_add_str(out, a->takes_none ? "Buffer | None" : "Buffer");
}

static char *
fall_back_bytes(struct argument *a, const struct literal *v)
{
    for (size_t i = 0; i < v->text.len; i++) {
        if ((unsigned char)v->text.data[i] > 126) {
            return mem_copy_str("a string of ASCII, or NULL");
        }
    }
    return fall_back(a, v, "b");
}

const struct way way_bytes = {
    .name = "cb_bytes",
    .words = {"cb_bytes b", "Buffer",
              "the bytes of any C-contiguous object that has some (bytes, "
              "bytearray, memoryview, array), where they lie. TypeError for "
              "what has none, BufferError for what is not contiguous."},
    .claim = claim_bytes,
    .declare = declare_bytes,
    .clear = clear_bytes,
    .take = take_bytes,
    .pass = way_pass_taken,
    .release = release_bytes,
    .annotate = annotate_bytes,
    .fall_back = fall_back_bytes,
};

/* -- results -------------------------------------------------------------- */

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)p;
    (void)diags;
    r->is_released = way_is_owned(r);
    return is_view(r->type, CLANG_TYPE_CB_STR)
           || is_view(r->type, CLANG_TYPE_CB_BYTES);
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    bool is_str = is_view(r->type, CLANG_TYPE_CB_STR);
    buf_add_fmt(out, "cb_give_%s(%s, &cb_sig_%s)",
                is_str ? "str" : "view", r->value, p->f->name);
}

static void
release(struct buf *out, const struct plan *p, const struct result *r)
{
    char *data = mem_format("%s.data", r->value);
    struct result inner = *r;
    inner.value = data;
    way_release_owned(out, p, &inner);
    free(data);
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_str(out, is_view(r->type, CLANG_TYPE_CB_STR) ? "str | None"
                                                         : "bytes | None");
}

const struct giving giving_view = {
    .name = "view",
    .words = {"cb_str, cb_bytes", "str | None, bytes | None",
              "copied, NULs and all, and stays yours, or with CB_OWNED is "
              "freed by us; NULL is None. ValueError for text that is no "
              "UTF-8."},
    .claim = claim_result,
    .give = give,
    .release = release,
    .annotate = annotate_result,
};
