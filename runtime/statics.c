/* statics: see statics.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "statics.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wipe.h"

#include "guard.h"

/* Words that the loader fills in from a packed table, which is not read
 * here. */
#ifndef SHT_RELR
#define SHT_RELR 19
#endif

/* The file's sections, checked to lie in it. */
struct sections {
    const char *file;
    size_t len;
    const ElfW(Shdr) *items;
    size_t count;
    const char *names;
    const ElfW(Shdr) *symbols;
};

static bool
lies_in(const struct sections *s, uint64_t offset, uint64_t size)
{
    return offset <= s->len && size <= s->len - offset;
}

static bool
find_sections(struct sections *s)
{
    const ElfW(Ehdr) *h = (const ElfW(Ehdr) *)s->file;
    if (s->len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0
        || h->e_shentsize != sizeof(ElfW(Shdr)) || h->e_shnum == 0
        || h->e_shstrndx >= h->e_shnum
        || !lies_in(s, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize))
    {
        return false;
    }
    s->items = (const ElfW(Shdr) *)(s->file + h->e_shoff);
    s->count = h->e_shnum;
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *item = &s->items[i];
        if (item->sh_type == SHT_RELR
            || (item->sh_type != SHT_NOBITS
                && !lies_in(s, item->sh_offset, item->sh_size)))
        {
            return false;
        }
        if (item->sh_type == SHT_SYMTAB && item->sh_link < s->count) {
            s->symbols = item;
        }
    }
    s->names = s->file + s->items[h->e_shstrndx].sh_offset;
    return s->symbols != NULL;
}

/* Whether the loader writes an address into the variable. */
static bool
has_address(const struct elf *v, const ElfW(Sym) *symbol)
{
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            uintptr_t at = v->relocs[t].items[i].r_offset;
            if (at + sizeof(void *) > symbol->st_value
                && at < symbol->st_value + symbol->st_size)
            {
                return true;
            }
        }
    }
    return false;
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

/* gcc numbers the variables of functions: "count.3". */
static size_t
bare_len(const char *name)
{
    size_t len = strlen(name);
    size_t end = len;
    while (end > 0 && isdigit((unsigned char)name[end - 1])) {
        end--;
    }
    return end > 1 && end < len && name[end - 1] == '.' ? end - 1 : len;
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
    return x->address < y->address ? -1 : x->address > y->address;
}

static int
collect(struct statics *out, const struct sections *s, const struct elf *v,
        struct err *e)
{
    const ElfW(Sym) *symbols
        = (const ElfW(Sym) *)(s->file + s->symbols->sh_offset);
    const ElfW(Shdr) *strings = &s->items[s->symbols->sh_link];
    size_t count = s->symbols->sh_size / sizeof(*symbols);
    out->items = calloc(count + 1, sizeof(*out->items));
    if (out->items == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for static variables");
    }
    for (size_t i = 0; i < count; i++) {
        const ElfW(Sym) *symbol = &symbols[i];
        if (symbol->st_name >= strings->sh_size || !is_variable(s, symbol)
            || has_address(v, symbol))
        {
            continue;
        }
        const ElfW(Shdr) *home = &s->items[symbol->st_shndx];
        const char *name = s->file + strings->sh_offset + symbol->st_name;
        struct static_variable *item = &out->items[out->count];
        item->name = name;
        item->name_len = bare_len(name);
        item->address = symbol->st_value;
        item->size = symbol->st_size;
        item->initial = NULL;
        if (home->sh_type != SHT_NOBITS) {
            item->initial = (const unsigned char *)s->file + home->sh_offset
                            + (symbol->st_value - home->sh_addr);
        }
        /* crtstuff's own: whether its destructors have run */
        if (strncmp(name, "completed.", 10) != 0) {
            out->count++;
        }
    }
    qsort(out->items, out->count, sizeof(*out->items), compare);
    return 0;
}

int
statics_read(struct statics *s, const char *path, const struct elf *v,
             struct err *e)
{
    struct stat status;
    memset(s, 0, sizeof(*s));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        s->file_len = (size_t)status.st_size;
        s->file = mmap(NULL, s->file_len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (s->file == NULL || s->file == MAP_FAILED) {
        s->file = NULL;
        return 0;
    }
    struct sections sections = {.file = s->file, .len = s->file_len};
    return find_sections(&sections) ? collect(s, &sections, v, e) : 0;
}

void
statics_dispose(struct statics *s)
{
    if (s->file != NULL) {
        munmap(s->file, s->file_len);
    }
    wipe_free(s->items, (s->count + 1) * sizeof(*s->items));
    memset(s, 0, sizeof(*s));
}
