/* kind: see kind.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "wire/kind.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct kind kinds[] = {
#define X(id, name, live, why) {KIND_##id, name, live, why},
    KINDS(X)
#undef X
};

/* Bytes: a PyTypeObject has 408 in 3.9, more later. */
#define LEAST_TYPE 408

/* What the symbols of one file tell. */
struct facts {
    bool is[sizeof(kinds) / sizeof(kinds[0])];
    bool is_multi_phase;
    bool adds_types;      /* by PyModule_AddType: heap types, too */
    bool has_large_object; /* that may be a static type */
};

/* A mangled one, where a namespace is its length and its name. */
static void
take_cxx_symbol(struct facts *f, const char *name, bool is_here)
{
    if (is_here) {
        f->is[KIND_VIRTUAL] |= strncmp(name, "_ZTV", 4) == 0
                               && strncmp(name, "_ZTVSt", 6) != 0
                               && strncmp(name, "_ZTVNSt", 7) != 0;
        f->is[KIND_PYBIND11] |= strstr(name, "8pybind11") != NULL;
        f->is[KIND_NANOBIND] |= strstr(name, "8nanobind") != NULL;
    }
    else {
        f->is[KIND_BOOST] |= strstr(name, "5boost6python") != NULL;
        f->is[KIND_CXX] = true;
    }
}

static void
take_symbol(struct facts *f, const char *name, bool is_here, unsigned binding)
{
    if (name[0] == '_' && name[1] == 'Z') {
        take_cxx_symbol(f, name, is_here);
    }
    if (is_here) {
        f->is_multi_phase |= strncmp(name, "PyModExport_", 12) == 0;
        f->is[KIND_UNIQUE] |= binding == STB_GNU_UNIQUE;
        f->is[KIND_CYTHON] |= strncmp(name, "__pyx_", 6) == 0;
        return;
    }
    f->is[KIND_CXX] |= strcmp(name, "__gxx_personality_v0") == 0;
    f->is[KIND_STATIC] |= strcmp(name, "PyType_Ready") == 0;
    f->adds_types |= strcmp(name, "PyModule_AddType") == 0;
    f->is[KIND_SINGLE] |= strncmp(name, "PyModule_Create2", 16) == 0;
    f->is_multi_phase |= strcmp(name, "PyModuleDef_Init") == 0;
}

struct file {
    const char *data;
    size_t len;
    const ElfW(Shdr) *sections;
    size_t count;
};

static bool
lies_in(const struct file *file, uint64_t offset, uint64_t size)
{
    return offset <= file->len && size <= file->len - offset;
}

static bool
find_sections(struct file *file)
{
    const ElfW(Ehdr) *h = (const ElfW(Ehdr) *)file->data;
    if (file->len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0
        || h->e_shentsize != sizeof(ElfW(Shdr))
        || h->e_shoff % sizeof(uint64_t) != 0
        || !lies_in(file, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize))
    {
        return false;
    }
    file->sections = (const ElfW(Shdr) *)(file->data + h->e_shoff);
    file->count = h->e_shnum;
    return true;
}

/* The strings end with a NUL inside the file, the symbols lie in it. */
static bool
is_sane(const struct file *file, const ElfW(Shdr) *s)
{
    if (s->sh_link >= file->count || s->sh_offset % sizeof(uint64_t) != 0
        || !lies_in(file, s->sh_offset, s->sh_size))
    {
        return false;
    }
    const ElfW(Shdr) *strings = &file->sections[s->sh_link];
    return lies_in(file, strings->sh_offset, strings->sh_size)
           && strings->sh_size > 0
           && file->data[strings->sh_offset + strings->sh_size - 1] == '\0';
}

static void
take_table(struct facts *f, const struct file *file, const ElfW(Shdr) *s)
{
    const ElfW(Shdr) *strings = &file->sections[s->sh_link];
    const ElfW(Sym) *symbols
        = (const ElfW(Sym) *)(file->data + s->sh_offset);
    for (size_t i = 0; i < s->sh_size / sizeof(*symbols); i++) {
        f->has_large_object
            |= ELF64_ST_TYPE(symbols[i].st_info) == STT_OBJECT
               && symbols[i].st_shndx != SHN_UNDEF
               && symbols[i].st_size >= LEAST_TYPE;
        if (symbols[i].st_name < strings->sh_size) {
            take_symbol(f, file->data + strings->sh_offset
                               + symbols[i].st_name,
                        symbols[i].st_shndx != SHN_UNDEF,
                        ELF64_ST_BIND(symbols[i].st_info));
        }
    }
}

/* A file without its symbol table still has the names by which these find
 * each other's modules. */
static void
take_strings(struct facts *f, const struct file *file)
{
    static const struct {
        const char *text;
        enum kind_id id;
    } marks[] = {{"__pybind11_internals_v", KIND_PYBIND11},
                 {"__nb_internals_v", KIND_NANOBIND},
                 {"__pyx_capi__", KIND_CYTHON}};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        f->is[marks[i].id] |= memmem(file->data, file->len, marks[i].text,
                                     strlen(marks[i].text))
                              != NULL;
    }
}

static void
take_file(struct facts *f, struct file *file)
{
    bool has_table = false;
    if (!find_sections(file)) {
        return;
    }
    for (size_t i = 0; i < file->count; i++) {
        const ElfW(Shdr) *s = &file->sections[i];
        bool is_table = s->sh_type == SHT_SYMTAB || s->sh_type == SHT_DYNSYM;
        if (is_table && is_sane(file, s)) {
            take_table(f, file, s);
            has_table |= s->sh_type == SHT_SYMTAB;
        }
    }
    f->is[KIND_STATIC] |= f->adds_types && (!has_table || f->has_large_object);
    if (!has_table) {
        take_strings(f, file);
    }
}

/* The most that is said against it comes first. */
static const struct kind *
judge(const struct facts *f)
{
    static const enum kind_id order[]
        = {KIND_PYBIND11, KIND_NANOBIND, KIND_BOOST, KIND_CYTHON, KIND_UNIQUE,
           KIND_STATIC,   KIND_VIRTUAL,  KIND_CXX};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (f->is[order[i]]) {
            return &kinds[order[i]];
        }
    }
    bool is_single = f->is[KIND_SINGLE] && !f->is_multi_phase;
    return &kinds[is_single ? KIND_SINGLE : KIND_PLAIN];
}

const struct kind *
kind_of(const char *path)
{
    struct facts f = {0};
    struct file file = {0};
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return &kinds[KIND_PLAIN];
    }
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        file.len = (size_t)status.st_size;
        void *data = mmap(NULL, file.len, PROT_READ, MAP_PRIVATE, fd, 0);
        if (data != MAP_FAILED) {
            file.data = data;
            take_file(&f, &file);
            munmap(data, file.len);
        }
    }
    close(fd);
    return judge(&f);
}

const char *
live_word(enum live live)
{
    static const char *const words[] = {
        [LIVE_ALL] = "live",
        [LIVE_BODIES] = "bodies only",
        [LIVE_RESTART] = "restart needed",
    };
    return words[live];
}
