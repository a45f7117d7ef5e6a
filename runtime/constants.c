/* constants: see constants.h. */
#include "constants.h"

#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "image.h"
#include "lea.h"
#include "statics.h"
#include "symbols.h"

#include "guard.h"

struct search {
    struct image *now, *old;
    const struct statics *was, *is;
    struct constant *items; /* that may be turned, any order; owned */
    bool *is_used;          /* one each; owned */
    size_t count;
    bool writes; /* else it is only looked which are used */
    struct err *e;
};

/* The section that is mapped read only and holds no word of the loader's.
 * gcc's and clang's, and tcc's. */
static bool
is_in_constants(const struct sections *s, uintptr_t address, size_t size)
{
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *home = &s->items[i];
        const char *name = s->names + home->sh_name;
        if ((strcmp(name, ".rodata") == 0 || strcmp(name, ".data.ro") == 0)
            && (home->sh_flags & SHF_WRITE) == 0 && address >= home->sh_addr
            && address + size <= home->sh_addr + home->sh_size)
        {
            return true;
        }
    }
    return false;
}

/* The bytes of a constant that is no array, or 0. */
static size_t
size_of(const struct statics *s, const struct dwarf_variable *v)
{
    if (!v->has_address || v->address == 0 || v->type == 0
        || !is_in_constants(&s->file, v->address, 1))
    {
        return 0;
    }
    const ElfW(Sym) *symbol = symbols_at(&s->file, v->address);
    return symbol == NULL || symbol->st_value != v->address
                   || !is_in_constants(&s->file, v->address, symbol->st_size)
                   || dwarf_may_be_array(&s->dwarf, v->type)
               ? 0
               : symbol->st_size;
}

/* Whether something that may be walked to its end lies right before. */
static bool
may_be_an_end(const struct statics *s, uintptr_t address)
{
    const ElfW(Sym) *before = symbols_at(&s->file, address - 1);
    if (before == NULL) {
        return false;
    }
    for (size_t i = 0; i < s->said_count; i++) {
        if (s->said[i].has_address && s->said[i].address == before->st_value) {
            return size_of(s, &s->said[i]) == 0;
        }
    }
    return true;
}

static bool
is_same_place(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

const struct dwarf_variable *
constant_twin(const struct statics *s, const struct dwarf_variable *like)
{
    const struct dwarf_variable *found = NULL;
    for (size_t i = 0; i < s->said_count; i++) {
        const struct dwarf_variable *v = &s->said[i];
        if (!v->has_address || strcmp(v->name, like->name) != 0
            || !is_same_place(v->function, like->function))
        {
            continue;
        }
        if (found != NULL && found->address != v->address) {
            return NULL;
        }
        found = v;
    }
    return found;
}

/* Where the serving image has it from. */
static struct constant
home_of(struct image *old, uintptr_t at)
{
    for (size_t i = 0; i < old->constant_count; i++) {
        if (old->constants[i].at == at) {
            return old->constants[i];
        }
    }
    return (struct constant){.home = old, .home_at = at};
}

static void
consider(struct search *s, const struct dwarf_variable *v)
{
    size_t size = size_of(s->is, v);
    const struct dwarf_variable *twin
        = size == 0 || constant_twin(s->is, v) == NULL
              ? NULL
              : constant_twin(s->was, v);
    if (twin == NULL || size_of(s->was, twin) != size
        || dwarf_digest(&s->is->dwarf, v->type)
               != dwarf_digest(&s->was->dwarf, twin->type)
        || memcmp((void *)(s->old->elf.bias + twin->address),
                  (void *)(s->now->elf.bias + v->address), size) != 0
        || may_be_an_end(s->is, v->address))
    {
        return;
    }
    struct constant c = home_of(s->old, twin->address);
    c.at = v->address;
    c.size = size;
    s->items[s->count++] = c;
}

static uintptr_t
address_at_home(const struct constant *c)
{
    return c->home->elf.bias + c->home_at;
}

static struct constant *
constant_at(const struct search *s, uintptr_t address)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->now->elf.bias + s->items[i].at == address) {
            return &s->items[i];
        }
    }
    return NULL;
}

static void
look_at_lea(void *data, unsigned char *at, uintptr_t target)
{
    struct search *s = data;
    struct constant *c = constant_at(s, target);
    if (c == NULL || !lea_reaches(at, address_at_home(c))) {
        return;
    }
    s->is_used[c - s->items] = true;
    if (s->writes) {
        lea_turn(at, address_at_home(c));
    }
}

/* Words of the image's data that the loader has made of an address. */
static int
look_at_words(struct search *s)
{
    const struct elf *v = &s->now->elf;
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            uintptr_t at = v->bias + v->relocs[t].items[i].r_offset;
            uintptr_t value;
            memcpy(&value, (void *)at, sizeof(value));
            struct constant *c = constant_at(s, value);
            if (c == NULL) {
                continue;
            }
            s->is_used[c - s->items] = true;
            if (s->writes
                && elf_write(v, at, (void *)address_at_home(c), s->e) < 0)
            {
                return -1;
            }
        }
    }
    return 0;
}

/* Those that are used go on as the image's own list. */
static void
keep_used(struct search *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (s->is_used[i]) {
            s->items[kept++] = s->items[i];
        }
    }
    s->count = kept;
}

static int
turn(struct search *s)
{
    for (size_t i = 0; i < s->is->said_count; i++) {
        consider(s, &s->is->said[i]);
    }
    if (s->count == 0) {
        return 0;
    }
    lea_each(&s->now->elf, look_at_lea, s);
    int done = look_at_words(s);
    keep_used(s);
    if (done < 0 || s->count == 0) {
        return done;
    }
    if (elf_open_code(&s->now->elf, true) < 0) {
        s->count = 0; /* this system lets nobody change code */
        return 0;
    }
    s->writes = true;
    lea_each(&s->now->elf, look_at_lea, s);
    (void)elf_open_code(&s->now->elf, false);
    return look_at_words(s);
}

int
constants_turn(struct image *now, struct image *old,
               const struct statics *was, const struct statics *is,
               struct err *e)
{
    struct search s = {.now = now, .old = old, .was = was, .is = is, .e = e};
#if defined(__x86_64__)
    if (elf_has_constructors(&now->elf) || now->constants != NULL
        || is->said_count == 0)
    {
        return 0; /* constructors may have kept addresses of their own */
    }
    s.items = calloc(is->said_count, sizeof(*s.items));
    s.is_used = calloc(is->said_count, sizeof(*s.is_used));
    if (s.items == NULL || s.is_used == NULL) {
        free(s.items);
        free(s.is_used);
        return err_set(e, ERR_SYSTEM, "out of memory for constants");
    }
    int done = turn(&s);
    free(s.is_used);
    if (s.count == 0) {
        free(s.items);
        return done;
    }
    now->constants = s.items;
    now->constant_count = s.count;
    return done;
#else
    (void)s;
    return 0;
#endif
}

void
constants_leave(const struct image *now, struct carry *carry)
{
    for (size_t i = 0; i < now->constant_count; i++) {
        const struct constant *c = &now->constants[i];
        const char *own = (const char *)now->elf.bias + c->at;
        for (size_t k = 0; k < carry->place_count; k++) {
            struct carry_place *p = &carry->places[k];
            if (p->to == own) {
                p->to = (const char *)address_at_home(c);
            }
        }
    }
}

void
constants_pin(const struct image *now)
{
    for (size_t i = 0; i < now->constant_count; i++) {
        struct image *home = now->constants[i].home;
        if (home->pin == NULL) {
            home->pin = "its constants are known by their addresses";
        }
    }
}
