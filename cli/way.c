/* way: see way.h. The order in which the kinds are asked, and what is said of
 * pointers that none of them knows. */
#include "way.h"

#include "mem.h"
#include "types.h"

const struct way *const ways[] = {
    &way_buffer,
    &way_number,
    &way_text,
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
    return plan_refuse(
        r->place,
        mem_format("'%s' returns '%s', and nothing says how long it is or "
                   "who frees it",
                   p->f->name, r->type->spelling),
        mem_format("fill a buffer that the caller gives: %s *out, size_t n",
                   type_is_number(t) ? t->c : "char"),
        diags);
}

static const struct giving giving_pointer = {
    .name = "pointer",
    .claim = claim_pointer,
};

const struct giving *const givings[] = {
    &giving_nothing,
    &giving_number,
    &giving_text,
    &giving_pointer,
    NULL,
};
