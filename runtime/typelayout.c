/* typelayout: see typelayout.h. */
#include "typelayout.h"

#include <string.h>

#include "function.h"
#include "type.h"
#include "typespec.h"

#include "guard.h"

/* -- which struct --------------------------------------------------------- */

static int
begin(struct candidates *c, const struct layouts *l, const struct image *i,
      Py_ssize_t size, struct err *e)
{
    bool is_tail = size < 0; /* 3.12: what comes behind the base's fields */
    return candidates_begin(c, l, i, (uint64_t)(is_tail ? -size : size),
                            is_tail ? CANDIDATE_PLAIN : CANDIDATE_OBJECT, e);
}

static void
note_type(struct candidates *c, const struct type *t)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        const struct slot *s = &t->slots[i];
        if (s->plain == NULL && !s->is_gone) {
            candidates_note(c, *s->stub->slot);
        }
    }
    for (size_t i = 0; i < t->method_count; i++) {
        candidates_note(c, *t->methods[i]->stub->slot);
    }
    for (size_t i = 0; i < t->getset_count; i++) {
        const struct getset *g = t->getsets[i];
        candidates_note(c, g->get == NULL ? NULL : *g->get->slot);
        candidates_note(c, g->set == NULL ? NULL : *g->set->slot);
    }
}

static void
note_spec(struct candidates *c, const PyType_Spec *spec)
{
    const PyMethodDef *m = typespec_slot(spec, Py_tp_methods);
    const PyGetSetDef *g = typespec_slot(spec, Py_tp_getset);
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (typespec_kind(s->slot) == SLOT_FUNCTION) {
            candidates_note(c, s->pfunc);
        }
    }
    for (; m != NULL && m->ml_name != NULL; m++) {
        candidates_note(c, (void *)m->ml_meth);
    }
    for (; g != NULL && g->name != NULL; g++) {
        candidates_note(c, (void *)g->get);
        candidates_note(c, (void *)g->set);
    }
}

/* -- what differs --------------------------------------------------------- */

/* Plain C's classes say themselves that they hold a struct. */
static bool
has_digest(const PyType_Spec *spec)
{
    const PyMemberDef *m = typespec_slot(spec, Py_tp_members);
    while (m != NULL && m->name != NULL && strcmp(m->name, "__layout__") != 0)
    {
        m++;
    }
    return m != NULL && m->name != NULL;
}

static int
compare_inside(const struct layout_pair *p, const struct type *t,
               struct typelayout *out, struct err *e)
{
    char name[256];
    PyOS_snprintf(name, sizeof(name), "cb_s_%s", type_short_name(t));
    out->is_inside = true;
    out->was = layouts_find(p->was, name);
    out->is = layouts_find(p->is, name);
    out->is_known = out->was >= 0 && out->is >= 0;
    return out->is_known
               ? layout_compare(p->was, (size_t)out->was, p->is,
                                (size_t)out->is, &out->change, e)
               : 0;
}

int
typelayout_compare(const struct layout_pair *p, const struct type *t,
                   const PyType_Spec *spec, struct typelayout *out,
                   struct err *e)
{
    struct candidates was = {0}, is = {0};
    memset(out, 0, sizeof(*out));
    out->was = out->is = -1;
    if (!layout_pair_is_known(p)) {
        return 0;
    }
    if (has_digest(spec)) {
        return compare_inside(p, t, out, e);
    }
    int done = begin(&was, p->was, p->old, t->basicsize, e);
    if (done == 0) {
        done = begin(&is, p->is, p->new, spec->basicsize, e);
    }
    if (done == 0) {
        note_type(&was, t);
        note_spec(&is, spec);
        candidates_drop_foreign(&was);
        candidates_drop_foreign(&is);
        out->was = candidates_choose(&was, type_short_name(t));
        out->is = candidates_choose(&is, type_short_name(t));
        if (candidates_are_pair(&was, out->was, &is, out->is)) {
            out->is_known = true;
            done = layout_compare(p->was, (size_t)out->was, p->is,
                                  (size_t)out->is, &out->change, e);
        }
        else {
            out->was = out->is = -1;
            done = candidates_compare(&was, p->is, &out->change, e);
        }
    }
    candidates_end(&was);
    candidates_end(&is);
    return done;
}
