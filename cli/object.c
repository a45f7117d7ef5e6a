/* object: see object.h. */
#include "object.h"

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

struct object {
    const uint8_t *bytes; /* the whole file, mapped */
    size_t size;
    const Elf64_Sym *symbols; /* .dynsym, or NULL */
    size_t symbol_count;
    const char *strings; /* .dynstr */
    size_t strings_size;
    const Elf64_Sym *all; /* .symtab, unless stripped: local ones too */
    size_t all_count;
    uint64_t all_strings; /* where in the file */
    uint64_t all_strings_size;
    const Elf64_Dyn *dynamic;
    size_t dynamic_count;
    const uint32_t *table; /* .gnu.hash, or NULL */
    size_t table_count;    /* words */
    uint32_t *buckets; /* without one: an index of ours, chained by `next` */
    uint32_t *next;
    size_t bucket_count;
};

static const void *
range(const struct object *f, uint64_t at, uint64_t size)
{
    return at > f->size || size > f->size - at ? NULL : f->bytes + at;
}

static const char *
string(const struct object *f, uint64_t at)
{
    if (at >= f->strings_size
        || memchr(f->strings + at, '\0', f->strings_size - at) == NULL)
    {
        return "";
    }
    return f->strings + at;
}

/* Section headers are there unless somebody stripped them with care; without
 * them nothing is known, and nothing known is no error to anybody. */
static void
find_sections(struct object *f, const Elf64_Ehdr *h)
{
    for (size_t i = 0; i < h->e_shnum; i++) {
        const Elf64_Shdr *s = range(
            f, h->e_shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
        if (s == NULL || (uintptr_t)s % _Alignof(Elf64_Shdr) != 0) {
            return;
        }
        const void *content = range(f, s->sh_offset, s->sh_size);
        if (content == NULL || (uintptr_t)content % 8 != 0) {
            continue;
        }
        if (s->sh_type == SHT_DYNSYM && s->sh_link < h->e_shnum) {
            const Elf64_Shdr *link = range(
                f, h->e_shoff + s->sh_link * sizeof(*s), sizeof(*s));
            const char *strings
                = link == NULL ? NULL
                               : range(f, link->sh_offset, link->sh_size);
            if (strings != NULL) {
                f->symbols = content;
                f->symbol_count = s->sh_size / sizeof(Elf64_Sym);
                f->strings = strings;
                f->strings_size = link->sh_size;
            }
        }
        else if (s->sh_type == SHT_SYMTAB && s->sh_link < h->e_shnum) {
            const Elf64_Shdr *link = range(
                f, h->e_shoff + s->sh_link * sizeof(*s), sizeof(*s));
            f->all = link == NULL ? NULL : content;
            f->all_count = s->sh_size / sizeof(Elf64_Sym);
            f->all_strings = link == NULL ? 0 : link->sh_offset;
            f->all_strings_size = link == NULL ? 0 : link->sh_size;
        }
        else if (s->sh_type == SHT_GNU_HASH) {
            f->table = content;
            f->table_count = s->sh_size / sizeof(uint32_t);
        }
        else if (s->sh_type == SHT_DYNAMIC) {
            f->dynamic = content;
            f->dynamic_count = s->sh_size / sizeof(Elf64_Dyn);
        }
    }
}

static const Elf64_Ehdr *
header(const struct object *f)
{
    const Elf64_Ehdr *h = range(f, 0, sizeof(*h));
    if (h == NULL || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0
        || h->e_ident[EI_CLASS] != ELFCLASS64
        || h->e_ident[EI_DATA] != ELFDATA2LSB)
    {
        return NULL;
    }
    return h;
}

struct object *
object_open(const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        err_set(e, ERR_SYSTEM, "reading %s:", path);
        if (fd >= 0) {
            close(fd);
        }
        return NULL;
    }
    struct object *f = mem_new(sizeof(*f));
    f->size = (size_t)st.st_size;
    void *bytes = f->size == 0 ? MAP_FAILED
                               : mmap(NULL, f->size, PROT_READ, MAP_PRIVATE,
                                      fd, 0);
    close(fd);
    f->bytes = bytes == MAP_FAILED ? NULL : bytes;
    f->size = f->bytes == NULL ? 0 : f->size;
    const Elf64_Ehdr *h = header(f);
    if (h == NULL) {
        err_set(e, ERR_SYSTEM, "%s is no 64-bit ELF file", path);
        object_free(f);
        return NULL;
    }
    find_sections(f, h);
    return f;
}

int
object_type(const struct object *f)
{
    return header(f)->e_type;
}

void
object_undefined(const struct object *f, struct list *names)
{
    for (size_t i = 1; i < f->symbol_count; i++) {
        const Elf64_Sym *s = &f->symbols[i];
        if (s->st_shndx == SHN_UNDEF
            && ELF64_ST_BIND(s->st_info) == STB_GLOBAL)
        {
            const char *name = string(f, s->st_name);
            if (name[0] != '\0') {
                list_add(names, name);
            }
        }
    }
}

void
object_needed(const struct object *f, struct list *names,
              struct list *run_paths)
{
    for (size_t i = 0; i < f->dynamic_count; i++) {
        const Elf64_Dyn *d = &f->dynamic[i];
        if (d->d_tag == DT_NULL) {
            break;
        }
        if (d->d_tag == DT_NEEDED) {
            list_add(names, string(f, d->d_un.d_val));
        }
        else if (d->d_tag == DT_RPATH || d->d_tag == DT_RUNPATH) {
            list_add(run_paths, string(f, d->d_un.d_val));
        }
    }
}

bool
object_runs_at_load(const struct object *f)
{
    for (size_t i = 0; i < f->symbol_count; i++) {
        if (ELF64_ST_TYPE(f->symbols[i].st_info) == STT_GNU_IFUNC) {
            return true;
        }
    }
    for (size_t i = 0; i < f->dynamic_count; i++) {
        switch (f->dynamic[i].d_tag) {
        case DT_NULL:
            return false;
        case DT_NEEDED:
        case DT_INIT:
        case DT_INIT_ARRAY:
        case DT_INIT_ARRAYSZ:
        case DT_PREINIT_ARRAY:
        case DT_PREINIT_ARRAYSZ:
        case DT_TEXTREL:
            if (f->dynamic[i].d_tag == DT_NEEDED
                || f->dynamic[i].d_un.d_val != 0)
            {
                return true;
            }
        }
    }
    return true; /* it has no end: nothing is known */
}

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
        size_t b = hash(string(f, s->st_name)) % f->bucket_count;
        f->next[i] = f->buckets[b];
        f->buckets[b] = (uint32_t)i;
    }
}

static bool
is_called(const struct object *f, uint32_t index, const char *name)
{
    return strcmp(string(f, f->symbols[index].st_name), name) == 0;
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
    const char *strings = range(f, f->all_strings, f->all_strings_size);
    const Elf64_Sym *found = NULL;
    for (size_t i = 0; strings != NULL && i < f->all_count; i++) {
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

void
object_free(struct object *f)
{
    if (f == NULL) {
        return;
    }
    if (f->bytes != NULL) {
        munmap((void *)f->bytes, f->size);
    }
    free(f->buckets);
    free(f->next);
    free(f);
}

bool
object_is_one(const char *path)
{
    char start[SELFMAG] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool is_elf = read(fd, start, SELFMAG) == SELFMAG
                  && memcmp(start, ELFMAG, SELFMAG) == 0;
    close(fd);
    return is_elf;
}

/* The file offset of the program header that can say it, or 0. */
static off_t
find_stack_header(int fd, const Elf64_Ehdr *h, Elf64_Phdr *found)
{
    off_t spare = 0;
    for (size_t i = 0; i < h->e_phnum; i++) {
        Elf64_Phdr p;
        off_t at = (off_t)(h->e_phoff + i * sizeof(p));
        if (pread(fd, &p, sizeof(p), at) != (ssize_t)sizeof(p)) {
            return 0;
        }
        if (p.p_type == PT_GNU_STACK) {
            *found = p;
            return at;
        }
        if (p.p_type == PT_GNU_RELRO) {
            *found = p;
            spare = at;
        }
    }
    return spare;
}

int
object_forbid_executable_stack(const char *path, struct err *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return err_set(e, ERR_SYSTEM, "opening %s:", path);
    }
    int status = -1;
    Elf64_Ehdr h;
    Elf64_Phdr p;
    if (pread(fd, &h, sizeof(h), 0) != (ssize_t)sizeof(h)
        || h.e_phentsize != sizeof(Elf64_Phdr))
    {
        err_set(e, ERR_SYSTEM, "%s has no program headers", path);
        goto done;
    }
    off_t at = find_stack_header(fd, &h, &p);
    if (at == 0) {
        err_set(e, ERR_SYSTEM,
                "%s has no room to say that its stack is not executable",
                path);
        goto done;
    }
    p = (Elf64_Phdr){.p_type = PT_GNU_STACK,
                     .p_flags = PF_R | PF_W,
                     .p_align = 16};
    if (pwrite(fd, &p, sizeof(p), at) != (ssize_t)sizeof(p)) {
        err_set(e, ERR_SYSTEM, "writing %s:", path);
        goto done;
    }
    status = 0;
done:
    close(fd);
    return status;
}
