/* statics: see statics.h. Here: which there are; what they begin with is
 * statics_start.c's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "statics.h"

#include <stdlib.h>
#include <string.h>

#include "sort.h"
#include "symbols.h"
#include "wipe.h"

#include "guard.h"

/* Words that the loader fills in from a packed table, which is not read
 * here. */
#ifndef SHT_RELR
#define SHT_RELR 19
#endif

static bool
is_readable(const struct sections *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].sh_type == SHT_RELR) {
            return false;
        }
    }
    return s->symbols != NULL;
}

/* The user's own variables live in .data and .bss; the rest of what can be
 * written belongs to linker and loader. */
static bool
is_variable(const struct sections *s, const ElfW(Sym) *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_size == 0
        || symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= s->count)
    {
        return false;
    }
    const ElfW(Shdr) *home = &s->items[symbol->st_shndx];
    const char *name = s->names + home->sh_name;
    if (strcmp(name, ".data") != 0 && strcmp(name, ".bss") != 0) {
        return false;
    }
    return symbol->st_value >= home->sh_addr
           && symbol->st_value + symbol->st_size
                  <= home->sh_addr + home->sh_size;
}

int
statics_compare(const struct static_variable *a,
                const struct static_variable *b)
{
    size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
    int order = memcmp(a->name, b->name, len);
    if (order != 0) {
        return order;
    }
    return a->name_len == b->name_len ? 0 : a->name_len < b->name_len ? -1 : 1;
}

static int
compare(const void *a, const void *b)
{
    const struct static_variable *x = a;
    const struct static_variable *y = b;
    int order = statics_compare(x, y);
    if (order != 0) {
        return order;
    }
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    return x->address < y->address ? -1 : x->address > y->address;
}

static int
compare_addresses(const void *a, const void *b)
{
    const struct static_variable *x = a;
    const struct static_variable *y = b;
    return x->address < y->address ? -1 : x->address > y->address;
}

static int
collect(struct statics *out, struct err *e)
{
    const struct sections *s = &out->file;
    const ElfW(Sym) *symbols = NULL;
    size_t count = symbols_of(s, &symbols);
    out->items = calloc(count + 1, sizeof(*out->items));
    if (out->items == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for static variables");
    }
    for (size_t i = 0; i < count; i++) {
        const ElfW(Sym) *symbol = &symbols[i];
        const char *name = symbols_name(s, symbol);
        /* crtstuff's own: whether its destructors have run */
        if (name == NULL || strncmp(name, "completed.", 10) == 0
            || !is_variable(s, symbol))
        {
            continue;
        }
        const ElfW(Shdr) *home = &s->items[symbol->st_shndx];
        struct static_variable *item = &out->items[out->count++];
        item->name = name;
        item->name_len = symbols_bare_len(name);
        item->address = symbol->st_value;
        item->size = symbol->st_size;
        item->has_addresses = elf_has_addresses(out->elf,
                                                symbol->st_value,
                                                symbol->st_size);
        if (home->sh_type != SHT_NOBITS) {
            item->initial = (const unsigned char *)s->file + home->sh_offset
                            + (symbol->st_value - home->sh_addr);
        }
    }
    return 0;
}

/* An allocation that fails ends the walk. */
static bool
keep_said(void *data, const struct dwarf_variable *v)
{
    struct statics *s = data;
    if (s->said_count == s->said_room) {
        size_t room = s->said_room * 2 + 64;
        struct dwarf_variable *said = calloc(room, sizeof(*said));
        if (said == NULL) {
            s->is_short = true;
            return false;
        }
        if (s->said != NULL) {
            memcpy(said, s->said, s->said_count * sizeof(*said));
        }
        wiped_free(s->said, s->said_room * sizeof(*said));
        s->said = said;
        s->said_room = room;
    }
    s->said[s->said_count++] = *v;
    return true;
}

/* By address: the file's symbols may bear other names than the source. */
static void
join(struct statics *s)
{
    sort_in_place(s->items, s->count, sizeof(*s->items), compare_addresses);
    for (size_t i = 0; i < s->said_count; i++) {
        const struct dwarf_variable *said = &s->said[i];
        struct static_variable key = {.address = said->address};
        struct static_variable *item
            = !said->has_address || said->address == 0
                  ? NULL
                  : bsearch(&key, s->items, s->count, sizeof(*s->items),
                            compare_addresses);
        if (item != NULL && item->type == 0) {
            item->called = said->name;
            item->function = said->function;
            item->is_sure = said->is_sure;
            item->type = said->type;
            item->rank = (unsigned)i + 1;
        }
    }
    sort_in_place(s->items, s->count, sizeof(*s->items), compare);
}

static bool
is_same_function(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* -- what the source asks for --------------------------------------------- */

/* CB_CARRY of cowbird.h leaves a constant of such a name beside it. */
static const struct {
    const char *start;
    enum carry_wish wish;
} wishes[] = {{"cb_carry_always_", CARRY_ALWAYS},
              {"cb_carry_never_", CARRY_NEVER}};

static const struct dwarf_variable *
said_at(const struct statics *s, uintptr_t address)
{
    for (size_t i = 0; i < s->said_count; i++) {
        if (s->said[i].has_address && s->said[i].address == address) {
            return &s->said[i];
        }
    }
    return NULL;
}

/* Of several of one name it is the one in the same function. */
static void
grant(struct statics *s, const char *name, const struct dwarf_variable *said,
      enum carry_wish wish)
{
    size_t len = symbols_bare_len(name);
    for (size_t i = 0; i < s->count; i++) {
        struct static_variable *v = &s->items[i];
        if (v->name_len == len && memcmp(v->name, name, len) == 0
            && (said == NULL || !said->is_sure || !v->is_sure
                || is_same_function(said->function, v->function)))
        {
            v->wish = wish;
        }
    }
}

static void
read_wishes(struct statics *s)
{
    const ElfW(Sym) *symbols = NULL;
    size_t count = symbols_of(&s->file, &symbols);
    for (size_t i = 0; s->count > 0 && i < count; i++) {
        const char *name = symbols_name(&s->file, &symbols[i]);
        for (size_t k = 0; name != NULL
                           && k < sizeof(wishes) / sizeof(wishes[0]); k++)
        {
            size_t len = strlen(wishes[k].start);
            if (strncmp(name, wishes[k].start, len) == 0) {
                grant(s, name + len, said_at(s, symbols[i].st_value),
                      wishes[k].wish);
            }
        }
    }
}

int
statics_read(struct statics *s, const char *path, const struct elf *v,
             struct err *e)
{
    memset(s, 0, sizeof(*s));
    s->elf = v;
    if (!sections_open(&s->file, path) || !is_readable(&s->file)) {
        return s->file.is_unread
                   ? err_set(e, ERR_SYSTEM,
                             "%s can't be read, and what variables its code "
                             "has is in no other place: restart the app",
                             path)
                   : 0;
    }
    if (dwarf_read(&s->dwarf, &s->file) < 0) {
        return err_set(e, ERR_SYSTEM, "out of memory for static variables");
    }
    if (collect(s, e) < 0) {
        return -1;
    }
    dwarf_variables(&s->dwarf, keep_said, s);
    if (s->is_short) {
        return err_set(e, ERR_SYSTEM, "out of memory for static variables");
    }
    join(s);
    read_wishes(s);
    return 0;
}

/* C has "inner", the file "inner.3": the source's name is the bare one. */
static bool
is_called(const struct static_variable *v, const char *name)
{
    return strlen(name) == v->name_len
           && memcmp(name, v->name, v->name_len) == 0;
}

bool
statics_tells_of(const struct statics *s, const struct static_variable *v)
{
    if (s->said_count == 0 || v->type == 0) {
        return true;
    }
    for (size_t i = 0; i < s->said_count; i++) {
        const struct dwarf_variable *said = &s->said[i];
        if (is_called(v, said->name)
            && (!said->is_sure || !v->is_sure
                || is_same_function(said->function, v->function)))
        {
            return true;
        }
    }
    return false;
}

void
statics_dispose(struct statics *s)
{
    wiped_free(s->items, (s->count + 1) * sizeof(*s->items));
    wiped_free(s->said, s->said_room * sizeof(*s->said));
    dwarf_dispose(&s->dwarf);
    sections_close(&s->file);
    memset(s, 0, sizeof(*s));
}
