/* object: see object.h. */
#include "object.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "object_file.h"

static const void *
range(const struct object *f, uint64_t at, uint64_t size)
{
    return at > f->size || size > f->size - at ? NULL : f->bytes + at;
}

const char *
object_text(const char *table, size_t size, uint64_t at)
{
    bool is_there = at < size && memchr(table + at, '\0', size - at) != NULL;
    return is_there ? table + at : "";
}

const char *
object_string(const struct object *f, uint64_t at)
{
    return object_text(f->strings, f->strings_size, at);
}

/* NULL when the file has no such header. */
static const Elf64_Shdr *
section(const struct object *f, const Elf64_Ehdr *h, uint64_t index)
{
    const Elf64_Shdr *s = index >= h->e_shnum
                              ? NULL
                              : range(f, h->e_shoff + index * sizeof(*s),
                                      sizeof(*s));
    return (uintptr_t)s % _Alignof(Elf64_Shdr) == 0 ? s : NULL;
}

static size_t
alignment_of(uint32_t type)
{
    return type == SHT_GNU_versym ? _Alignof(uint16_t)
                                  : _Alignof(Elf64_Sym);
}

static void
take_section(struct object *f, const Elf64_Shdr *s, const void *content,
             const Elf64_Shdr *link)
{
    const char *strings
        = link == NULL ? NULL : range(f, link->sh_offset, link->sh_size);
    bool has_names = s->sh_type == SHT_DYNSYM || s->sh_type == SHT_SYMTAB;
    if (has_names && strings == NULL) {
        return;
    }
    switch (s->sh_type) {
    case SHT_DYNSYM:
        f->symbols = content;
        f->symbol_count = s->sh_size / sizeof(Elf64_Sym);
        f->strings = strings;
        f->strings_size = link->sh_size;
        break;
    case SHT_SYMTAB:
        f->all = content;
        f->all_count = s->sh_size / sizeof(Elf64_Sym);
        f->all_strings = strings;
        f->all_strings_size = link->sh_size;
        break;
    case SHT_GNU_versym:
        f->versions = content;
        f->version_count = s->sh_size / sizeof(uint16_t);
        break;
    case SHT_GNU_verneed:
        f->needs = content;
        f->needs_size = s->sh_size;
        f->need_count = s->sh_info;
        break;
    case SHT_GNU_HASH:
        f->table = content;
        f->table_count = s->sh_size / sizeof(uint32_t);
        break;
    case SHT_DYNAMIC:
        f->dynamic = content;
        f->dynamic_count = s->sh_size / sizeof(Elf64_Dyn);
        break;
    }
}

/* Section headers are there unless somebody stripped them with care; without
 * them nothing is known, and nothing known is no error to anybody. */
static void
find_sections(struct object *f, const Elf64_Ehdr *h)
{
    for (size_t i = 0; i < h->e_shnum; i++) {
        const Elf64_Shdr *s = section(f, h, i);
        if (s == NULL) {
            return;
        }
        const void *content = s->sh_type == SHT_NOBITS
                                  ? NULL
                                  : range(f, s->sh_offset, s->sh_size);
        if (content != NULL
            && (uintptr_t)content % alignment_of(s->sh_type) == 0)
        {
            take_section(f, s, content, section(f, h, s->sh_link));
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

const Elf64_Shdr *
object_section(const struct object *f, size_t index)
{
    const Elf64_Ehdr *h = header(f);
    return index < h->e_shnum ? section(f, h, index) : NULL;
}

const char *
object_section_name(const struct object *f, const Elf64_Shdr *s)
{
    const Elf64_Shdr *names = object_section(f, header(f)->e_shstrndx);
    const char *text = names == NULL ? NULL
                                     : range(f, names->sh_offset,
                                             names->sh_size);
    return text == NULL ? "" : object_text(text, names->sh_size, s->sh_name);
}

unsigned
object_machine(const struct object *f)
{
    return header(f)->e_machine;
}

uint32_t
object_flags(const struct object *f)
{
    return header(f)->e_flags;
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
            const char *name = object_string(f, s->st_name);
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
            list_add(names, object_string(f, d->d_un.d_val));
        }
        else if (d->d_tag == DT_RPATH || d->d_tag == DT_RUNPATH) {
            list_add(run_paths, object_string(f, d->d_un.d_val));
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
