/* typelayout: see typelayout.h. */
#include "typelayout.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "function.h"
#include "image.h"
#include "type.h"
#include "typespec.h"

#include "guard.h"

static bool
makes_types(const struct image *i)
{
    return elf_imports(&i->elf, "PyType_FromSpec")
           || elf_imports(&i->elf, "PyType_FromSpecWithBases")
           || elf_imports(&i->elf, "PyType_FromModuleAndSpec")
           || elf_imports(&i->elf, "PyType_FromMetaclass");
}

void
layout_pair_open(struct layout_pair *p, const struct image *old,
                 const struct image *new)
{
    layout_pair_close(p);
    p->old = old;
    p->new = new;
    if (makes_types(old) && makes_types(new)) {
        (void)layouts_open(&p->was, old->path, NULL);
        (void)layouts_open(&p->is, new->path, NULL);
    }
}

void
layout_pair_close(struct layout_pair *p)
{
    layouts_close(&p->was);
    layouts_close(&p->is);
}

/* -- which struct --------------------------------------------------------- */

/* What is known of one side's structs. */
struct candidates {
    const struct layouts *l;
    bool *could, *used; /* one per name */
    uintptr_t bias;
};

static int
begin(struct candidates *c, const struct layouts *l, const struct image *i,
      Py_ssize_t size, struct err *e)
{
    memset(c, 0, sizeof(*c));
    c->l = l;
    c->bias = i->elf.bias;
    c->could = calloc(l->name_count + 1, sizeof(bool));
    c->used = calloc(l->name_count + 1, sizeof(bool));
    if (c->could == NULL || c->used == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for layouts");
    }
    bool is_tail = size < 0; /* 3.12: what comes behind the base's fields */
    uint64_t wanted = (uint64_t)(is_tail ? -size : size);
    for (size_t k = 0; k < l->name_count; k++) {
        struct layout flat;
        const struct layout_name *n = &l->names[k];
        if (n->is_union || n->size != wanted) {
            continue;
        }
        if (layout_read(l, k, &flat, e) < 0) {
            return -1;
        }
        c->could[k] = flat.is_object != is_tail;
        layout_dispose(&flat);
    }
    return 0;
}

static void
end(struct candidates *c)
{
    free(c->could);
    free(c->used);
}

static void
note(struct candidates *c, const void *code)
{
    if (code != NULL) {
        layouts_used(c->l, (uintptr_t)code - c->bias, c->used);
    }
}

static void
note_type(struct candidates *c, const struct type *t)
{
    for (size_t i = 0; i < t->slot_count; i++) {
        const struct slot *s = &t->slots[i];
        if (s->plain == NULL && !s->is_gone) {
            note(c, *s->stub->slot);
        }
    }
    for (size_t i = 0; i < t->method_count; i++) {
        note(c, *t->methods[i]->stub->slot);
    }
    for (size_t i = 0; i < t->getset_count; i++) {
        const struct getset *g = t->getsets[i];
        note(c, g->get == NULL ? NULL : *g->get->slot);
        note(c, g->set == NULL ? NULL : *g->set->slot);
    }
}

static void
note_spec(struct candidates *c, const PyType_Spec *spec)
{
    const PyMethodDef *m = typespec_slot(spec, Py_tp_methods);
    const PyGetSetDef *g = typespec_slot(spec, Py_tp_getset);
    for (const PyType_Slot *s = spec->slots; s->slot != 0; s++) {
        if (typespec_kind(s->slot) == SLOT_FUNCTION) {
            note(c, s->pfunc);
        }
    }
    for (; m != NULL && m->ml_name != NULL; m++) {
        note(c, (void *)m->ml_meth);
    }
    for (; g != NULL && g->name != NULL; g++) {
        note(c, (void *)g->get);
        note(c, (void *)g->set);
    }
}

/* Python's own structs are somebody's only where his functions say so. */
static void
drop_foreign(struct candidates *c)
{
    for (size_t i = 0; i < c->l->name_count; i++) {
        const char *name = c->l->names[i].name;
        bool is_foreign = name[0] == '_' || strncmp(name, "Py", 2) == 0;
        bool is_head = strcmp(name, "PyVarObject") == 0;
        c->could[i] &= !is_head && (!is_foreign || c->used[i]);
    }
}

/* The only one that could be it and passes; -1: none or several. */
static long
only(const struct candidates *c, bool must_be_used, const char *name)
{
    long found = -1;
    for (size_t i = 0; i < c->l->name_count; i++) {
        if (!c->could[i] || (must_be_used && !c->used[i])
            || (name != NULL
                && strncasecmp(c->l->names[i].name, name, strlen(name)) != 0))
        {
            continue;
        }
        if (found >= 0) {
            return -1;
        }
        found = (long)i;
    }
    return found;
}

static long
choose(const struct candidates *c, const char *name)
{
    long found = only(c, false, NULL);
    found = found >= 0 ? found : only(c, true, NULL);
    found = found >= 0 ? found : only(c, true, name);
    return found >= 0 ? found : only(c, false, name);
}

/* Two structs that nothing but their sizes points at are no pair. */
static bool
is_pair(const struct candidates *was, long i, const struct candidates *is,
        long j)
{
    return i >= 0 && j >= 0
           && ((was->used[i] && is->used[j])
               || strcmp(was->l->names[i].name, is->l->names[j].name) == 0);
}

/* -- what differs --------------------------------------------------------- */

/* Any of them might be the type's: all must be as they were. */
static int
compare_all(const struct candidates *was, const struct layouts *is,
            struct layout_change *change, struct err *e)
{
    for (size_t i = 0; i < was->l->name_count; i++) {
        long j = was->could[i] ? layouts_find(is, was->l->names[i].name) : -1;
        if (j >= 0
            && layout_compare(was->l, i, is, (size_t)j, change, e) < 0)
        {
            return -1;
        }
        if (change->kind != LAYOUT_SAME) {
            break;
        }
    }
    return 0;
}

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
    out->was = layouts_find(&p->was, name);
    out->is = layouts_find(&p->is, name);
    out->is_known = out->was >= 0 && out->is >= 0;
    return out->is_known
               ? layout_compare(&p->was, (size_t)out->was, &p->is,
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
    if (p == NULL || p->was.name_count == 0 || p->is.name_count == 0) {
        return 0;
    }
    if (has_digest(spec)) {
        return compare_inside(p, t, out, e);
    }
    int done = begin(&was, &p->was, p->old, t->basicsize, e);
    if (done == 0) {
        done = begin(&is, &p->is, p->new, spec->basicsize, e);
    }
    if (done == 0) {
        note_type(&was, t);
        note_spec(&is, spec);
        drop_foreign(&was);
        drop_foreign(&is);
        out->was = choose(&was, type_short_name(t));
        out->is = choose(&is, type_short_name(t));
        if (is_pair(&was, out->was, &is, out->is)) {
            out->is_known = true;
            done = layout_compare(&p->was, (size_t)out->was, &p->is,
                                  (size_t)out->is, &out->change, e);
        }
        else {
            out->was = out->is = -1;
            done = compare_all(&was, &p->is, &out->change, e);
        }
    }
    end(&was);
    end(&is);
    return done;
}
