/* structs: see structs.h. */
#include "pyabi.h"

#include "structs.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "facts.h"
#include "image.h"

#include "guard.h"

static bool
imports_any(const struct image *i, const char *const *names, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        if (elf_imports(&i->elf, names[k])) {
            return true;
        }
    }
    return false;
}

static bool
makes_types(const struct image *i)
{
    static const char *const names[] = {
        "PyType_FromSpec", "PyType_FromSpecWithBases",
        "PyType_FromModuleAndSpec", "PyType_FromMetaclass",
        "PyType_FromSlots"};
    return imports_any(i, names, sizeof(names) / sizeof(names[0]));
}

static bool
has_state(const struct image *i)
{
    static const char *const names[] = {"PyModule_GetState",
                                        "PyType_GetModuleState"};
    return imports_any(i, names, sizeof(names) / sizeof(names[0]));
}

int
layout_pair_open(struct layout_pair *p, struct facts *was, struct facts *is,
                 struct err *e)
{
    const struct image *old = was->image;
    const struct image *new = is->image;
    *p = (struct layout_pair){.old = old, .new = new};
    bool is_asked = (makes_types(old) && makes_types(new))
                    || (has_state(old) && has_state(new));
    if (!is_asked) {
        return 0;
    }
    if (facts_read_layouts(was, e) < 0 || facts_read_layouts(is, e) < 0) {
        return -1;
    }
    p->was = &was->layouts;
    p->is = &is->layouts;
    return 0;
}

bool
layout_pair_is_known(const struct layout_pair *p)
{
    return p != NULL && p->was != NULL && p->was->name_count > 0
           && p->is->name_count > 0;
}

/* -- candidates ----------------------------------------------------------- */

int
candidates_begin(struct candidates *c, const struct layouts *l,
                 const struct image *i, uint64_t size,
                 enum candidate_kind kind, struct err *e)
{
    memset(c, 0, sizeof(*c));
    c->l = l;
    c->bias = i->elf.bias;
    c->could = calloc(l->name_count + 1, sizeof(bool));
    c->used = calloc(l->name_count + 1, sizeof(bool));
    if (c->could == NULL || c->used == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for layouts");
    }
    for (size_t k = 0; k < l->name_count; k++) {
        struct layout flat;
        const struct layout_name *n = &l->names[k];
        if (n->is_union || n->size != size) {
            continue;
        }
        if (layout_read(l, k, &flat, e) < 0) {
            return -1;
        }
        c->could[k] = flat.is_object == (kind == CANDIDATE_OBJECT);
        layout_dispose(&flat);
    }
    return 0;
}

void
candidates_end(struct candidates *c)
{
    free(c->could);
    free(c->used);
}

void
candidates_note(struct candidates *c, const void *code)
{
    if (code != NULL) {
        layouts_used(c->l, (uintptr_t)code - c->bias, c->used);
    }
}

void
candidates_drop_foreign(struct candidates *c)
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

long
candidates_choose(const struct candidates *c, const char *name)
{
    long found = only(c, false, NULL);
    found = found >= 0 ? found : only(c, true, NULL);
    found = found >= 0 ? found : only(c, true, name);
    return found >= 0 ? found : only(c, false, name);
}

/* Two structs that nothing but their sizes points at are no pair. */
bool
candidates_are_pair(const struct candidates *was, long i,
                    const struct candidates *is, long j)
{
    return i >= 0 && j >= 0
           && ((was->used[i] && is->used[j])
               || strcmp(was->l->names[i].name, is->l->names[j].name) == 0);
}

int
candidates_compare(const struct candidates *was, const struct layouts *is,
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
