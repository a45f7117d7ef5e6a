/* elfview: see elfview.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "elfview.h"

#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guard.h"

#if defined(__x86_64__)
#define RELOC_DATA R_X86_64_GLOB_DAT
#define RELOC_CALL R_X86_64_JUMP_SLOT
#define RELOC_WORD R_X86_64_64
#elif defined(__aarch64__)
#define RELOC_DATA R_AARCH64_GLOB_DAT
#define RELOC_CALL R_AARCH64_JUMP_SLOT
#define RELOC_WORD R_AARCH64_ABS64
#else
#error "relocation types of this machine are not known"
#endif

/* glibc adds the bias to the addresses in the dynamic section, musl does
 * not. */
static uintptr_t
absolute(const struct elf *v, uintptr_t address)
{
    return address < v->bias ? address + v->bias : address;
}

static void
read_dynamic(struct elf *v, const ElfW(Dyn) *dynamic)
{
    for (const ElfW(Dyn) *d = dynamic; d->d_tag != DT_NULL; d++) {
        uintptr_t at = absolute(v, (uintptr_t)d->d_un.d_ptr);
        size_t count = d->d_un.d_val / sizeof(ElfW(Rela));
        switch (d->d_tag) {
        case DT_SYMTAB:
            v->symbols = (const ElfW(Sym) *)at;
            break;
        case DT_STRTAB:
            v->strings = (const char *)at;
            break;
        case DT_RELA:
            v->relocs[0].items = (const ElfW(Rela) *)at;
            break;
        case DT_RELASZ:
            v->relocs[0].count = count;
            break;
        case DT_JMPREL:
            v->relocs[1].items = (const ElfW(Rela) *)at;
            break;
        case DT_PLTRELSZ:
            v->relocs[1].count = count;
            break;
        case DT_INIT_ARRAYSZ:
            v->start_count = d->d_un.d_val / sizeof(void *);
            break;
        case DT_FINI_ARRAYSZ:
            v->end_count = d->d_un.d_val / sizeof(void *);
            break;
        case DT_FLAGS_1:
            v->stays = (d->d_un.d_val & DF_1_NODELETE) != 0;
            break;
        default:
            break;
        }
    }
}

/* What only the loader and unwinders look at. It begins every image, up to
 * the strings or the relocations, and ends before the code. */
static void
find_tables(struct elf *v, const ElfW(Dyn) *dynamic)
{
    uintptr_t end = (uintptr_t)(v->segments + v->segment_count);
    const ElfW(Dyn) *d = dynamic;
    v->dynamic = (uintptr_t)dynamic;
    for (; d->d_tag != DT_NULL; d++) {
        uintptr_t strings = (uintptr_t)v->strings;
        if (d->d_tag == DT_STRSZ && strings + d->d_un.d_val > end) {
            end = strings + d->d_un.d_val;
        }
    }
    v->dynamic_end = (uintptr_t)(d + 1);
    for (int t = 0; t < 2; t++) {
        uintptr_t last = (uintptr_t)(v->relocs[t].items
                                     + v->relocs[t].count);
        end = last > end ? last : end;
    }
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        uintptr_t start = v->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0 && start < end
            && start > v->start)
        {
            end = start;
        }
    }
    v->tables_end = end;
}

int
elf_view(void *handle, struct elf *v, struct err *e)
{
    struct link_map *map = NULL;
    Dl_info info;
    memset(v, 0, sizeof(*v));
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map->l_ld == NULL
        || dladdr(map->l_ld, &info) == 0)
    {
        return err_set(e, ERR_SYSTEM, "the loader does not know its image");
    }
    v->bias = (uintptr_t)map->l_addr;
    v->header = info.dli_fbase;
    if (memcmp(v->header->e_ident, ELFMAG, SELFMAG) != 0) {
        return err_set(e, ERR_SYSTEM, "%s does not start with its header",
                       map->l_name);
    }
    v->segments = (const ElfW(Phdr) *)((const char *)v->header
                                       + v->header->e_phoff);
    v->segment_count = v->header->e_phnum;
    v->start = (uintptr_t)v->header;
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        uintptr_t end = v->bias + p->p_vaddr + p->p_memsz;
        if (p->p_type == PT_LOAD && end > v->end) {
            v->end = end;
        }
        if (p->p_type == PT_GNU_EH_FRAME) {
            v->unwinding = v->bias + p->p_vaddr;
        }
        v->has_thread_data |= p->p_type == PT_TLS;
    }
    read_dynamic(v, map->l_ld);
    find_tables(v, map->l_ld);
    if (v->symbols == NULL || v->strings == NULL) {
        return err_set(e, ERR_SYSTEM, "%s has no symbols", map->l_name);
    }
    return 0;
}

/* The name of the symbol that `r` asks another object for, or NULL. */
static const char *
imported(const struct elf *v, const ElfW(Rela) *r)
{
    unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
    if (type != RELOC_DATA && type != RELOC_CALL
        && !(type == RELOC_WORD && r->r_addend == 0))
    {
        return NULL;
    }
    const ElfW(Sym) *s = &v->symbols[ELF64_R_SYM(r->r_info)];
    return s->st_shndx == SHN_UNDEF ? v->strings + s->st_name : NULL;
}

bool
elf_imports(const struct elf *v, const char *symbol)
{
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            const char *name = imported(v, &v->relocs[t].items[i]);
            if (name != NULL && strcmp(name, symbol) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* The loader has made this word read-only after it wrote it. */
static bool
is_sealed(const struct elf *v, uintptr_t at)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        uintptr_t start = v->bias + p->p_vaddr;
        if (p->p_type == PT_GNU_RELRO && at >= start
            && at < start + p->p_memsz)
        {
            return true;
        }
    }
    return false;
}

int
elf_write(const struct elf *v, uintptr_t at, void *value, struct err *e)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *start = (void *)(at & ~(page - 1));
    bool sealed = is_sealed(v, at);
    if (sealed && mprotect(start, page, PROT_READ | PROT_WRITE) < 0) {
        return err_set(e, ERR_SYSTEM, "opening a page of the image:");
    }
    *(void **)at = value;
    if (sealed) {
        (void)mprotect(start, page, PROT_READ);
    }
    return 0;
}

int
elf_open_code(const struct elf *v, bool is_open)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    int rights = PROT_READ | PROT_EXEC | (is_open ? PROT_WRITE : 0);
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        if (p->p_type != PT_LOAD || (p->p_flags & PF_X) == 0) {
            continue;
        }
        uintptr_t start = (v->bias + p->p_vaddr) & ~(page - 1);
        uintptr_t end = v->bias + p->p_vaddr + p->p_memsz;
        if (mprotect((void *)start, end - start, rights) < 0) {
            return -1;
        }
    }
    return 0;
}

bool
elf_has_addresses(const struct elf *v, uintptr_t at, size_t size)
{
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            uintptr_t word = v->relocs[t].items[i].r_offset;
            if (word + sizeof(void *) > at && word < at + size) {
                return true;
            }
        }
    }
    return false;
}

void
elf_each_code(const struct elf *v,
              void (*take)(unsigned char *start, unsigned char *end,
                           void *data),
              void *data)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0) {
            unsigned char *start = (unsigned char *)(v->bias + p->p_vaddr);
            take(start, start + p->p_filesz, data);
        }
    }
}

int
elf_unseal(const struct elf *v, uintptr_t at, size_t len, struct err *e)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = at & ~(page - 1);
    uintptr_t end = (at + len + page - 1) & ~(page - 1);
    bool sealed = is_sealed(v, at) || is_sealed(v, at + len - 1);
    if (sealed
        && mprotect((void *)start, end - start, PROT_READ | PROT_WRITE) < 0)
    {
        return err_set(e, ERR_SYSTEM, "opening a page of the image:");
    }
    return 0;
}

int
elf_redirect(const struct elf *v, const char *symbol, void *to, struct err *e)
{
    int places = 0;
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            const ElfW(Rela) *r = &v->relocs[t].items[i];
            const char *name = imported(v, r);
            if (name == NULL || strcmp(name, symbol) != 0) {
                continue;
            }
            if (elf_write(v, v->bias + r->r_offset, to, e) < 0) {
                return -1;
            }
            places++;
        }
    }
    return places;
}

/* The start files bring one function of their own, and this import. */
bool
elf_has_constructors(const struct elf *v)
{
    return v->start_count > (elf_imports(v, "__cxa_finalize") ? 1u : 0u);
}

bool
elf_holds(const struct elf *v, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    return at >= v->start && at < v->end;
}

bool
elf_is_code(const struct elf *v, const void *address)
{
    uintptr_t at = (uintptr_t)address;
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        uintptr_t start = v->bias + p->p_vaddr;
        if (p->p_type == PT_LOAD && (p->p_flags & PF_X) != 0 && at >= start
            && at < start + p->p_memsz)
        {
            return true;
        }
    }
    return false;
}
