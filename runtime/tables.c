/* tables: see tables.h. */
#include "tables.h"

#include <string.h>

#include "constants.h"
#include "firstwords.h"
#include "statics.h"
#include "symbols.h"
#include "wipe.h"

#include "guard.h"

#define WORD sizeof(uintptr_t)
#define BESIDE 64 /* bytes */
#define FEW_BYTES 32

struct search {
    const struct statics *was, *is;
    tables_take take;
    void *data;
};

/* Whether the loader seals it, or nobody could ever write there. */
static bool
is_const(const struct sections *s, uintptr_t address)
{
    static const char relocated[] = ".data.rel.ro";
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *home = &s->items[i];
        if ((home->sh_flags & SHF_ALLOC) != 0 && address >= home->sh_addr
            && address < home->sh_addr + home->sh_size)
        {
            const char *name = s->names + home->sh_name;
            return (home->sh_flags & SHF_WRITE) == 0
                   || strncmp(name, relocated, sizeof(relocated) - 1) == 0
                   || strcmp(name, ".data.ro") == 0; /* tcc's */
        }
    }
    return false;
}

static bool
has_empty(const uintptr_t *words, size_t size)
{
    for (size_t i = 0; i < size / WORD; i++) {
        if (words[i] == 0) {
            return true;
        }
    }
    return false;
}

/* Whether code may walk the object at `address` and so come to what lies
 * beside it. */
static bool
is_walked(const struct statics *s, uintptr_t address, size_t size)
{
    bool is_other = size > WORD && !firstwords_may_have_code(s, address);
    for (size_t i = 0; i < s->said_count; i++) {
        const struct dwarf_variable *v = &s->said[i];
        if (v->has_address && v->address == address) {
            return !dwarf_is_python(&s->dwarf, v->type)
                   && (dwarf_may_be_array(&s->dwarf, v->type) || is_other);
        }
    }
    return is_other;
}

/* Whether an end or a beginning that code counts with may be taken for it:
 * what lies before ends where it begins, and what lies behind may be counted
 * from an element, or a few words, before its first (`base[1]`). What leads
 * into its midst is seen for that (dispatch.c). */
static bool
has_walked_beside(const struct statics *s, uintptr_t address, size_t size)
{
    const ElfW(Sym) *before = NULL;
    const ElfW(Sym) *behind = NULL;
    for (size_t k = 0; k < BESIDE && before == NULL; k++) {
        before = symbols_at(&s->file, address - 1 - k);
    }
    for (size_t k = 0; k < BESIDE && behind == NULL; k++) {
        behind = symbols_at(&s->file, address + size + k);
    }
    return (before != NULL
            && is_walked(s, before->st_value, before->st_size))
           || (behind != NULL
               && (size <= FEW_BYTES || behind->st_size % size == 0)
               && is_walked(s, behind->st_value, behind->st_size));
}

struct place {
    uintptr_t address; /* 0: there is none */
    size_t size;
    uint64_t type; /* 0: not known, as of tcc's with a name for all */
};

/* Of the object that begins at `address`. */
static struct place
place_at(const struct statics *s, uintptr_t address, uint64_t type)
{
    const ElfW(Sym) *symbol = address == 0 ? NULL
                                           : symbols_at(&s->file, address);
    bool is_table = symbol != NULL && symbol->st_value == address
                    && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT
                    && address % WORD == 0 && symbol->st_size % WORD == 0
                    && (type == 0
                        || (!dwarf_may_be_array(&s->dwarf, type)
                            && !dwarf_is_python(&s->dwarf, type)));
    return is_table ? (struct place){address, symbol->st_size, type}
                    : (struct place){0, 0, 0};
}

static struct place
place_for_all(const struct statics *s, const char *name)
{
    const ElfW(Sym) *symbols = NULL;
    size_t count = symbols_of(&s->file, &symbols);
    for (size_t i = 0; i < count; i++) {
        const char *called = symbols_name(&s->file, &symbols[i]);
        if (ELF64_ST_BIND(symbols[i].st_info) == STB_GLOBAL && called != NULL
            && strcmp(called, name) == 0)
        {
            return place_at(s, symbols[i].st_value, 0);
        }
    }
    return (struct place){0, 0, 0};
}

static struct place
place_of(const struct statics *s, const struct dwarf_variable *like)
{
    const struct dwarf_variable *v = constant_twin(s, like);
    return v != NULL && v->address != 0 && v->type != 0
               ? place_at(s, v->address, v->type)
           : like->function == NULL ? place_for_all(s, like->name)
                                    : (struct place){0, 0, 0};
}

static bool
is_same(const struct search *t, const struct place *was,
        const struct place *is)
{
    return was->address != 0 && is->address != 0 && was->size == is->size
           && (was->type != 0 || is->type != 0)
           && (was->type == 0 || is->type == 0
               || dwarf_digest(&t->was->dwarf, was->type)
                      == dwarf_digest(&t->is->dwarf, is->type));
}

static void
consider(const struct search *t, const struct dwarf_variable *v)
{
    if (symbols_is_binding(v->name)
        || (v->has_address && v->address != 0
            && !firstwords_may_have_code(t->is, v->address)))
    {
        return;
    }
    struct place is = place_of(t->is, v);
    struct place was = place_of(t->was, v);
    if (!is_same(t, &was, &is) || is.size <= WORD) {
        return;
    }
    struct table table = {.was = was.address,
                          .is = is.address,
                          .size = is.size,
                          .is_const = is_const(&t->is->file, is.address)};
    uintptr_t *new = firstwords_of(t->is, is.address, is.size);
    uintptr_t *old = firstwords_of(t->was, was.address, is.size);
    if (new != NULL && old != NULL
        && table.is_const == is_const(&t->was->file, was.address)
        && (table.is_const || !has_empty(new, is.size))
        && !has_walked_beside(t->is, is.address, is.size))
    {
        table.first = old;
        t->take(t->data, &table);
    }
    wiped_free(new, is.size);
    wiped_free(old, is.size);
}

void
tables_find(const struct statics *was, const struct statics *is,
            tables_take take, void *data)
{
    struct search t = {was, is, take, data};
    for (size_t i = 0; i < is->said_count; i++) {
        consider(&t, &is->said[i]);
    }
}

bool
tables_may_be(const struct statics *s)
{
    for (size_t i = 0; i < s->said_count; i++) {
        const struct dwarf_variable *v = &s->said[i];
        if (v->has_address && v->address != 0 && v->type != 0
            && firstwords_may_have_code(s, v->address)
            && !symbols_is_binding(v->name)
            && !dwarf_is_python(&s->dwarf, v->type)
            && !dwarf_may_be_array(&s->dwarf, v->type))
        {
            return true;
        }
    }
    return false;
}
