/* Of object.h: which symbol has a name, and which function an address. */
#include "object.h"

#include <string.h>

#include "mem.h"
#include "object_file.h"

static uint32_t
hash(const char *name)
{
    uint32_t h = 5381;
    for (; *name != '\0'; name++) {
        h = h * 33 + (uint8_t)*name;
    }
    return h;
}

static void
index_symbols(struct object *f)
{
    f->bucket_count = f->symbol_count / 2 + 1;
    f->buckets = mem_new(f->bucket_count * sizeof(*f->buckets));
    f->next = mem_new((f->symbol_count + 1) * sizeof(*f->next));
    for (size_t i = 1; i < f->symbol_count; i++) {
        const Elf64_Sym *s = &f->symbols[i];
        if (s->st_shndx == SHN_UNDEF
            || ELF64_ST_BIND(s->st_info) == STB_LOCAL)
        {
            continue;
        }
        size_t b = hash(object_string(f, s->st_name)) % f->bucket_count;
        f->next[i] = f->buckets[b];
        f->buckets[b] = (uint32_t)i;
    }
}

static bool
is_called(const struct object *f, uint32_t index, const char *name)
{
    return strcmp(object_string(f, f->symbols[index].st_name), name) == 0;
}

/* The linker's own index of what is defined, as the loader reads it
 * (do_lookup_x, elf/dl-lookup.c, glibc 2.36): a few pages of a large library
 * instead of its whole table. The words: number of buckets, of the first
 * symbol in it, of the filter's 64-bit words, the filter's shift; the filter,
 * the buckets, and for each symbol its hash, whose lowest bit ends a chain. */
static bool
is_in_table(const struct object *f, const char *name)
{
    enum { HEAD = 4 };
    const uint32_t *table = f->table;
    uint64_t filter = (uint64_t)table[2] * 2;
    uint64_t chains = HEAD + filter + table[0];
    uint32_t h = hash(name);
    if (table[0] == 0 || table[2] == 0 || chains > f->table_count) {
        return false;
    }
    uint64_t word;
    memcpy(&word, &table[HEAD + 2 * (h / 64 % table[2])], sizeof(word));
    uint64_t one = word >> (h % 64);
    uint64_t other = word >> ((h >> (table[3] % 32)) % 64);
    if ((one & other & 1) == 0) {
        return false;
    }
    uint32_t i = table[HEAD + filter + h % table[0]];
    for (; i >= table[1] && i > 0 && i < f->symbol_count; i++) {
        uint64_t at = chains + (i - table[1]);
        if (at >= f->table_count) {
            break;
        }
        if ((table[at] | 1) == (h | 1) && is_called(f, i, name)) {
            return true;
        }
        if ((table[at] & 1) != 0) {
            break;
        }
    }
    return false;
}

bool
object_defines(struct object *f, const char *name)
{
    if (f->table_count >= 4) {
        return is_in_table(f, name);
    }
    if (f->buckets == NULL) {
        index_symbols(f);
    }
    uint32_t i = f->buckets[hash(name) % f->bucket_count];
    for (; i != 0; i = f->next[i]) {
        if (is_called(f, i, name)) {
            return true;
        }
    }
    return false;
}

char *
object_function(const struct object *f, uint64_t address)
{
    const char *strings = f->all_strings;
    const Elf64_Sym *found = NULL;
    for (size_t i = 0; i < f->all_count; i++) {
        const Elf64_Sym *s = &f->all[i];
        bool holds = address >= s->st_value
                     && (s->st_size == 0
                         || address - s->st_value < s->st_size);
        if (ELF64_ST_TYPE(s->st_info) == STT_FUNC
            && s->st_shndx != SHN_UNDEF && holds
            && s->st_name < f->all_strings_size
            && (found == NULL || s->st_value > found->st_value))
        {
            found = s;
        }
    }
    return found == NULL ? NULL
                         : mem_copy_range(strings + found->st_name,
                                          strnlen(strings + found->st_name,
                                                  f->all_strings_size
                                                      - found->st_name));
}
