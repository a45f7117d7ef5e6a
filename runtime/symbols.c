/* symbols: see symbols.h. */
#include "symbols.h"

#include <ctype.h>
#include <string.h>

#include "sections.h"

#include "guard.h"

size_t
symbols_of(const struct sections *s, const ElfW(Sym) **items)
{
    *items = NULL;
    if (s->symbols == NULL) {
        return 0;
    }
    *items = (const ElfW(Sym) *)((const char *)s->file
                                 + s->symbols->sh_offset);
    return s->symbols->sh_size / sizeof(**items);
}

const char *
symbols_name(const struct sections *s, const ElfW(Sym) *symbol)
{
    const ElfW(Shdr) *strings = &s->items[s->symbols->sh_link];
    const char *at = (const char *)s->file + strings->sh_offset;
    if (symbol->st_name >= strings->sh_size
        || memchr(at + symbol->st_name, '\0',
                  strings->sh_size - symbol->st_name) == NULL)
    {
        return NULL;
    }
    return at + symbol->st_name;
}

bool
symbols_is_binding(const char *name)
{
    return strncmp(name, "cb_", 3) == 0 || strncmp(name, "CB_", 3) == 0
           || strncmp(name, "_cb_", 4) == 0;
}

size_t
symbols_bare_len(const char *name)
{
    size_t len = strlen(name);
    size_t end = len;
    while (end > 0 && isdigit((unsigned char)name[end - 1])) {
        end--;
    }
    return end > 1 && end < len && name[end - 1] == '.' ? end - 1 : len;
}

/* tcc's texts have symbols too, "L.12". */
bool
symbols_is_place(const struct sections *s, const ElfW(Sym) *symbol)
{
    unsigned type = ELF64_ST_TYPE(symbol->st_info);
    const char *name = symbols_name(s, symbol);
    return (type == STT_FUNC || type == STT_OBJECT) && symbol->st_size > 0
           && symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < s->count
           && name != NULL && name[0] != '\0' && strncmp(name, "L.", 2) != 0;
}

const ElfW(Sym) *
symbols_at(const struct sections *s, uintptr_t address)
{
    const ElfW(Sym) *items = NULL;
    size_t count = symbols_of(s, &items);
    for (size_t i = 0; i < count; i++) {
        if (address >= items[i].st_value
            && address - items[i].st_value < items[i].st_size
            && symbols_is_place(s, &items[i]))
        {
            return &items[i];
        }
    }
    return NULL;
}
