/* way: see way.h. The order in which the kinds are asked, and what is said of
 * pointers that none of them knows. */
#include "way.h"

#include <stdlib.h>

#include "mem.h"
#include "types.h"

const struct way *const ways[] = {
    &way_out,
    &way_callback,
    &way_handle,
    &way_object,
    &way_struct,
    &way_buffer,
    &way_number,
    &way_text,
    &way_str,
    &way_bytes,
    NULL,
};

/* A pointer result that nothing explains. */
static int
claim_pointer(struct plan *p, struct result *r, struct diag_list *diags)
{
    if (r->type->shape != SHAPE_POINTER) {
        return 0;
    }
    const struct type *t = r->type->type;
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place,
        mem_format("%s, and nothing says how long it is or who frees it",
                   what),
        mem_format("write CB_OWNED before it and give its length by CB_OUT "
                   "size_t *n, or fill a buffer that the caller gives: %s "
                   "*out, size_t n",
                   type_is_number(t) ? t->c : "char"),
        diags);
    free(what);
    return status;
}

static const struct giving giving_pointer = {
    .name = "pointer",
    .claim = claim_pointer,
};

const struct giving *const givings[] = {
    &giving_nothing,
    &giving_handle,
    &giving_object,
    &giving_enumeration,
    &giving_struct,
    &giving_number,
    &giving_buffer,
    &giving_text,
    &giving_view,
    &giving_pointer,
    NULL,
};

void
way_pass_taken(struct buf *out, const struct plan *p,
               const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "c_%s", a->name);
}
