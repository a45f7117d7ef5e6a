/* way_out: CB_OUT: a pointer through which the function gives one value back.
 * The value itself is a result, and its giving's business. */
#include <stdlib.h>

#include "bindgen_call.h"
#include "handle.h"
#include "mem.h"
#include "way.h"

static int
refuse(const struct plan *p, size_t i, const char *why, const char *help,
       struct diag_list *diags)
{
    const struct parameter *parameter = &p->f->parameters[i];
    return plan_refuse(&parameter->place,
                       mem_format("'%s' of '%s' is CB_OUT and %s",
                                  parameter->name[0] == '\0'
                                      ? "a parameter"
                                      : parameter->name,
                                  p->f->name, why),
                       mem_copy_str(help), diags);
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    const struct parameter *parameter = &p->f->parameters[i];
    if (note_find(&parameter->notes, "out") == NULL) {
        return 0;
    }
    if (parameter->type.to == NULL || parameter->type.is_const) {
        return refuse(p, i, "nothing can be left there",
                      "make it a pointer to what it gives back: CB_OUT "
                      "double *mean",
                      diags);
    }
    if (way_is_length(p->f, i + 1)
        && handle_of(p->s, parameter->type.to) == NULL)
    {
        /* The function would write as many items as it likes. */
        return refuse(p, i, "a length follows it",
                      "drop CB_OUT for a buffer that the caller gives; for "
                      "one value let another parameter stand between",
                      diags);
    }
    p->arguments[i].way = &way_out;
    return 1;
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_str(out, "    ");
    call_add_ctype(out, a->parameter->type.to);
    buf_add_fmt(out, " c_%s = {0};\n", a->name);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "&c_%s", a->name);
}

const struct way way_out = {
    .name = "out",
    .words = {"CB_OUT T *x", "a result",
              "no parameter in Python: what the pointer leads to is given "
              "back, behind what the function returns, as a tuple."},
    .claim = claim,
    .is_hidden = true,
    .declare = declare,
    .pass = pass,
};
