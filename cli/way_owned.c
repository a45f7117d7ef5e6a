/* way_owned: memory that the function gives away, and buffers as results: a
 * pointer whose length comes by out parameters. Python looks at owned items
 * where they lie; what stays the function's is copied. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "types.h"
#include "way.h"

/* -- who frees ------------------------------------------------------------ */

bool
way_is_owned(const struct result *r)
{
    return note_find(r->notes, "owned") != NULL;
}

const char *
way_freer(const struct result *r)
{
    const char *name = note_find(r->notes, "owned");
    return name == NULL || name[0] == '\0' ? NULL : name;
}

void
way_release_owned(struct buf *out, const struct plan *p,
                  const struct result *r)
{
    const char *freer = way_freer(r);
    (void)p;
    if (freer == NULL) {
        buf_add_fmt(out, "    free((void *)%s);\n", r->value);
        return;
    }
    buf_add_fmt(out,
                "    if (%s != NULL) {\n        cb_f_%s((void *)%s);\n"
                "    }\n",
                r->value, freer, r->value);
}

int
way_refuse_unowned(const struct plan *p, const struct result *r,
                   struct diag_list *diags)
{
    bool is_text = type_is_char(r->type->type);
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place, mem_format("%s, and nothing says who frees it", what),
        mem_format("write CB_OWNED before it and free() will, or give %s "
                   "for %s that stays yours",
                   is_text ? "'const char *'" : "a pointer to const",
                   is_text ? "text" : "memory"),
        diags);
    free(what);
    return status;
}

/* -- its length ----------------------------------------------------------- */

static bool
is_measure(const struct plan *p, size_t i)
{
    if (i >= p->count || p->arguments[i].way != &way_out
        || p->arguments[i].is_measure)
    {
        return false;
    }
    const struct parameter *parameter = &p->f->parameters[i];
    return way_is_length_name(parameter->name, parameter->type.to);
}

/* Whether the lengths at `i` measure an out pointer right before them. */
static bool
follows_pointer(const struct plan *p, size_t i)
{
    while (i > 0 && is_measure(p, i - 1)) {
        i--;
    }
    return i > 0 && p->arguments[i - 1].way == &way_out
           && p->f->parameters[i - 1].type.to->to != NULL;
}

/* Where the length of the result stands; p->count: nowhere. */
static size_t
find_measure(const struct plan *p, const struct result *r)
{
    size_t i = 0;
    if (r->out != NULL) {
        i = (size_t)(r->out - p->arguments) + 1;
        return is_measure(p, i) ? i : p->count;
    }
    while (i < p->count && (!is_measure(p, i) || follows_pointer(p, i))) {
        i++;
    }
    return i;
}

static bool
is_bytes(const struct result *r)
{
    return type_is_char(r->type->type) || !type_is_number(r->type->type);
}

static int
refuse_unmeasured(const struct plan *p, const struct result *r,
                  struct diag_list *diags)
{
    char *what = plan_result_words(p, r);
    int status = plan_refuse(
        r->place, mem_format("%s, and nothing says how long it is", what),
        mem_format("let an out parameter %s: CB_OUT size_t *n",
                   r->out == NULL ? "tell" : "behind it tell"),
        diags);
    free(what);
    return status;
}

static int
claim(struct plan *p, struct result *r, struct diag_list *diags)
{
    if (r->type->shape != SHAPE_POINTER
        || r->type->type->family == FAMILY_VIEW)
    {
        return 0;
    }
    size_t at = find_measure(p, r);
    if (at == p->count) {
        bool is_text = type_is_char(r->type->type);
        return is_text || !way_is_owned(r) ? 0
                                           : refuse_unmeasured(p, r, diags);
    }
    if (!r->type->is_const && !way_is_owned(r)) {
        return way_refuse_unowned(p, r, diags);
    }
    size_t count = !is_bytes(r) && is_measure(p, at + 1) ? 2 : 1;
    for (size_t i = 0; i < count; i++) {
        p->arguments[at + i].is_measure = true;
        r->lengths[i] = &p->arguments[at + i];
    }
    p->uses_memory |= !is_bytes(r);
    r->is_released = way_is_owned(r);
    return 1;
}

/* -- the object ----------------------------------------------------------- */

static void
add_lengths(struct buf *out, const struct result *r)
{
    buf_add_fmt(out, "(long long)c_%s", r->lengths[0]->name);
    if (r->lengths[1] != NULL) {
        buf_add_fmt(out, ", (long long)c_%s", r->lengths[1]->name);
    }
    else if (!is_bytes(r)) {
        buf_add_str(out, ", CB_ONE_DIMENSION");
    }
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    if (is_bytes(r)) {
        buf_add_fmt(out, "cb_give_bytes(%s, ", r->value);
        add_lengths(out, r);
    }
    else {
        bool is_owned = way_is_owned(r);
        const char *freer = way_freer(r);
        buf_add_fmt(out, "cb_%s_memory(module, %s%s, ",
                    is_owned ? "give" : "copy",
                    is_owned ? "(void *)&" : "", r->value);
        add_lengths(out, r);
        buf_add_fmt(out, ",\n            &cb_items_%s",
                    r->type->type->id);
        if (is_owned) {
            buf_add_fmt(out, freer == NULL ? ", NULL" : ", \"%s\"", freer);
        }
    }
    buf_add_fmt(out, ", &cb_sig_%s)", p->f->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    if (is_bytes(r)) {
        buf_add_str(out, "bytes");
    }
    else {
        buf_add_fmt(out, "memoryview[%s]", r->type->type->python);
    }
}

const struct giving giving_buffer = {
    .name = "buffer",
    .words = {"T *, with CB_OUT size_t *n", "memoryview",
              "the items where they lie, freed by us with the last that looks "
              "at them; CB_OWNED says so. Two lengths are rows and columns; "
              "char and void give bytes; const T * without CB_OWNED is "
              "copied. ValueError for a length below 0, MemoryError for NULL "
              "with a length."},
    .claim = claim,
    .give = give,
    .release = way_release_owned,
    .annotate = annotate,
};
