/* object_asks: see object_asks.h. Versions: the ELF symbol versioning of
 * glibc's loader (elf.h: Elf64_Verneed, Elf64_Vernaux; LSB 5.0, 10.7). */
#include "object_asks.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "mem.h"

/* An index of a version without the bit that hides it. */
#define VERSION_INDEX 0x7fff

struct reader {
    const char *bytes;
    size_t size;
    struct range {
        size_t at, size;
        size_t strings, strings_size; /* of the section that it links to */
    } symbols, versions, needs, dynamic;
    size_t need_count;
};

static bool
is_inside(const struct reader *r, uint64_t at, uint64_t size)
{
    return at <= r->size && size <= r->size - at;
}

/* Copies what lies there: the file keeps no alignment. */
static bool
get(const struct reader *r, uint64_t at, void *to, size_t size)
{
    bool is = is_inside(r, at, size);
    if (is) {
        memcpy(to, r->bytes + at, size);
    }
    return is;
}

static const char *
text_at(const struct reader *r, const struct range *of, uint64_t at)
{
    const char *text = r->bytes + of->strings + at;
    bool is = at < of->strings_size
              && memchr(text, '\0', of->strings_size - at) != NULL;
    return is ? text : "";
}

static struct range *
place_of(struct reader *r, uint32_t type)
{
    switch (type) {
    case SHT_DYNSYM:
        return &r->symbols;
    case SHT_GNU_versym:
        return &r->versions;
    case SHT_GNU_verneed:
        return &r->needs;
    case SHT_DYNAMIC:
        return &r->dynamic;
    default:
        return NULL;
    }
}

static bool
find_sections(struct reader *r, const Elf64_Ehdr *h)
{
    Elf64_Shdr s, strings;
    for (uint64_t i = 0; i < h->e_shnum; i++) {
        if (!get(r, h->e_shoff + i * sizeof(s), &s, sizeof(s))) {
            return false;
        }
        struct range *place = place_of(r, s.sh_type);
        if (place == NULL || !is_inside(r, s.sh_offset, s.sh_size)
            || !get(r, h->e_shoff + (uint64_t)s.sh_link * sizeof(s),
                    &strings, sizeof(strings))
            || !is_inside(r, strings.sh_offset, strings.sh_size))
        {
            continue;
        }
        *place = (struct range){s.sh_offset, s.sh_size, strings.sh_offset,
                                strings.sh_size};
        r->need_count = s.sh_type == SHT_GNU_verneed ? s.sh_info
                                                     : r->need_count;
    }
    return true;
}

/* The version that symbols have under this index, and whose it is. */
static bool
find_version(const struct reader *r, unsigned index, const char **version,
             const char **library)
{
    uint64_t at = r->needs.at;
    for (size_t i = 0; i < r->need_count; i++) {
        Elf64_Verneed need;
        if (!get(r, at, &need, sizeof(need))) {
            return false;
        }
        uint64_t part = at + need.vn_aux;
        for (size_t k = 0; k < need.vn_cnt; k++) {
            Elf64_Vernaux one;
            if (!get(r, part, &one, sizeof(one))) {
                return false;
            }
            if (one.vna_other == index) {
                *version = text_at(r, &r->needs, one.vna_name);
                *library = text_at(r, &r->needs, need.vn_file);
                return true;
            }
            part += one.vna_next;
        }
        at += need.vn_next;
    }
    return false;
}

void
asks_add(struct asks *a, const char *name, const char *version,
         const char *library, unsigned char info)
{
    a->items = mem_resize(a->items, a->count + 1, sizeof(*a->items));
    a->items[a->count++] = (struct ask){
        mem_copy_str(name), mem_copy_str(version), mem_copy_str(library),
        info};
}

static void
read_symbols(const struct reader *r, struct asks *a)
{
    size_t count = r->symbols.size / sizeof(Elf64_Sym);
    for (uint64_t i = 1; i < count; i++) {
        Elf64_Sym s;
        uint16_t index = 0;
        const char *version = NULL;
        const char *library = NULL;
        uint64_t at = r->versions.at + i * sizeof(index);
        if (!get(r, r->symbols.at + i * sizeof(s), &s, sizeof(s))
            || s.st_shndx != SHN_UNDEF)
        {
            continue;
        }
        if (r->versions.size >= (i + 1) * sizeof(index)
            && get(r, at, &index, sizeof(index)))
        {
            find_version(r, index & VERSION_INDEX, &version, &library);
        }
        asks_add(a, text_at(r, &r->symbols, s.st_name), version, library,
                 s.st_info);
    }
}

static void
read_needed(const struct reader *r, struct asks *a)
{
    for (uint64_t i = 0; i < r->dynamic.size / sizeof(Elf64_Dyn); i++) {
        Elf64_Dyn d;
        if (get(r, r->dynamic.at + i * sizeof(d), &d, sizeof(d))
            && d.d_tag == DT_NEEDED)
        {
            list_add(&a->needed, text_at(r, &r->dynamic, d.d_un.d_val));
        }
    }
}

int
object_asks(const char *path, struct asks *a, struct err *e)
{
    struct buf text = BUF_INIT;
    Elf64_Ehdr h;
    if (file_read(path, &text, e) < 0) {
        return -1;
    }
    struct reader r = {.bytes = text.data, .size = text.len};
    bool is_good = get(&r, 0, &h, sizeof(h))
                   && memcmp(h.e_ident, ELFMAG, SELFMAG) == 0
                   && h.e_ident[EI_CLASS] == ELFCLASS64
                   && h.e_ident[EI_DATA] == ELFDATA2LSB
                   && find_sections(&r, &h);
    if (is_good) {
        a->machine = h.e_machine;
        a->flags = h.e_flags;
        read_symbols(&r, a);
        read_needed(&r, a);
    }
    buf_dispose(&text);
    return is_good ? 0
                   : err_set(e, ERR_SYSTEM, "%s is no 64-bit ELF file", path);
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
asks_cover(const struct asks *a, const struct asks *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct ask *wanted = &other->items[i];
        bool is_there = false;
        for (size_t k = 0; k < a->count && !is_there; k++) {
            is_there = strcmp(a->items[k].name, wanted->name) == 0
                       && is_same_text(a->items[k].version, wanted->version)
                       && is_same_text(a->items[k].library, wanted->library);
        }
        if (!is_there) {
            return false;
        }
    }
    return true;
}

void
asks_dispose(struct asks *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->items[i].name);
        free(a->items[i].version);
        free(a->items[i].library);
    }
    free(a->items);
    list_dispose(&a->needed);
    *a = (struct asks)ASKS_INIT;
}
