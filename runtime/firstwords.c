/* firstwords: see firstwords.h. */
#include "firstwords.h"

#include <stdlib.h>
#include <string.h>

#include "statics.h"
#include "wipe.h"

#include "guard.h"

#define WORD sizeof(uintptr_t)
#define NEAR_WORDS 32

/* What the loader makes of the word at `address` before anything runs; false
 * when it is not the image's own. */
static bool
first_word(const struct elf *v, uintptr_t address, uintptr_t file,
           uintptr_t *word)
{
    *word = file;
#if defined(__x86_64__)
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < v->relocs[t].count; i++) {
            const ElfW(Rela) *r = &v->relocs[t].items[i];
            if (r->r_offset + WORD <= address
                || r->r_offset >= address + WORD)
            {
                continue;
            }
            const ElfW(Sym) *s = &v->symbols[ELF64_R_SYM(r->r_info)];
            unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
            *word = v->bias + (uintptr_t)r->r_addend;
            if (type == R_X86_64_64 && s->st_shndx != SHN_UNDEF) {
                *word += s->st_value;
            }
            else if (type != R_X86_64_RELATIVE) {
                return false;
            }
            return r->r_offset == address;
        }
    }
    return true;
#else
    (void)v;
    (void)address;
    return false;
#endif
}

/* What is neither code nor text may change, and be held by its address. */
static bool
may_change(const struct sections *s, uintptr_t address)
{
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *home = &s->items[i];
        if ((home->sh_flags & SHF_ALLOC) != 0 && address >= home->sh_addr
            && address < home->sh_addr + home->sh_size)
        {
            const char *name = s->names + home->sh_name;
            return (home->sh_flags & SHF_WRITE) != 0
                   && strcmp(name, ".data.ro") != 0; /* tcc's text */
        }
    }
    return true;
}

uintptr_t *
firstwords_of(const struct statics *s, uintptr_t address, size_t size)
{
    const struct elf *v = s->elf;
    size_t len = 0;
    bool has_code = false;
    const unsigned char *file = sections_at(&s->file, address, &len);
    uintptr_t *words = calloc(size / WORD, WORD);
    for (size_t i = 0; words != NULL && i < size / WORD; i++) {
        uintptr_t word = 0;
        if (file != NULL && (i + 1) * WORD <= len) {
            memcpy(&word, file + i * WORD, WORD);
        }
        bool is_known = first_word(v, address + i * WORD, word, &words[i]);
        has_code |= elf_is_code(v, (void *)words[i]);
        if (!is_known
            || (elf_holds(v, (void *)words[i])
                && may_change(&s->file, words[i] - v->bias)))
        {
            wiped_free(words, size);
            return NULL;
        }
    }
    if (words != NULL && !has_code) {
        wiped_free(words, size);
        words = NULL;
    }
    return words;
}

uintptr_t
firstwords_end(const struct elf *v, uintptr_t address)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        if (p->p_type == PT_LOAD && address >= p->p_vaddr
            && address < p->p_vaddr + p->p_memsz)
        {
            return p->p_vaddr + p->p_memsz;
        }
    }
    return address;
}

bool
firstwords_may_have_code(const struct statics *s, uintptr_t address)
{
    const struct elf *v = s->elf;
    uintptr_t end = firstwords_end(v, address);
    for (size_t i = 0; i < NEAR_WORDS && address + WORD <= end; i++) {
        uintptr_t word;
        memcpy(&word, (void *)(v->bias + address), WORD);
        if (elf_is_code(v, (void *)word)) {
            return true;
        }
        address += WORD;
    }
    return false;
}
