/* threadlocal: see threadlocal.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "threadlocal.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "carry.h"
#include "image.h"
#include "pins.h"
#include "statics.h"
#include "symbols.h"

#include "guard.h"

static const char again[]
    = "reset in every thread: thread-local variables are kept while all of "
      "the module's stay as they are";

static const ElfW(Phdr) *
segment_of(const struct elf *v)
{
    for (size_t i = 0; i < v->segment_count; i++) {
        if (v->segments[i].p_type == PT_TLS) {
            return &v->segments[i];
        }
    }
    return NULL;
}

/* -- what both have ------------------------------------------------------- */

static const struct dwarf_variable *
said_of(const struct statics *s, uintptr_t offset)
{
    for (size_t i = 0; i < s->said_count; i++) {
        if (s->said[i].is_of_thread && s->said[i].address == offset) {
            return &s->said[i];
        }
    }
    return NULL;
}

static bool
is_of_thread(const struct statics *s, const ElfW(Sym) *symbol)
{
    return ELF64_ST_TYPE(symbol->st_info) == STT_TLS
           && symbol->st_shndx != SHN_UNDEF
           && symbols_name(&s->file, symbol) != NULL;
}

/* Not so what a compiler makes for itself, which has no type: it guards
 * objects that C++ constructs for each thread. */
static bool
is_same_type(const struct statics *was, const struct statics *is,
             uintptr_t offset)
{
    const struct dwarf_variable *from = said_of(was, offset);
    const struct dwarf_variable *to = said_of(is, offset);
    return from != NULL && to != NULL && from->type != 0 && to->type != 0
           && strcmp(from->name, to->name) == 0
           && dwarf_digest(&was->dwarf, from->type)
                  == dwarf_digest(&is->dwarf, to->type);
}

/* Every one of `is` is in `was`, and as it was. */
static bool
has_all(const struct statics *was, const struct statics *is, size_t *number)
{
    const ElfW(Sym) *from = NULL;
    const ElfW(Sym) *to = NULL;
    size_t were = symbols_of(&was->file, &from);
    size_t are = symbols_of(&is->file, &to);
    *number = 0;
    for (size_t i = 0; i < are; i++) {
        if (!is_of_thread(is, &to[i])) {
            continue;
        }
        const char *name = symbols_name(&is->file, &to[i]);
        size_t k = 0;
        while (k < were
               && (!is_of_thread(was, &from[k])
                   || from[k].st_value != to[i].st_value
                   || from[k].st_size != to[i].st_size
                   || strcmp(symbols_name(&was->file, &from[k]), name) != 0))
        {
            k++;
        }
        if (k == were || !is_same_type(was, is, to[i].st_value)) {
            return false;
        }
        *number += 1;
    }
    return true;
}

static bool
is_filled_in(const struct elf *v, const ElfW(Phdr) *p)
{
    return elf_has_addresses(v, p->p_vaddr, p->p_filesz);
}

/* Addresses in the first bytes would be each image's own. */
static bool
starts_same(const struct elf *was, const struct elf *is)
{
    const ElfW(Phdr) *from = segment_of(was);
    const ElfW(Phdr) *to = segment_of(is);
    return from != NULL && to != NULL && from->p_memsz == to->p_memsz
           && from->p_filesz == to->p_filesz && from->p_align == to->p_align
           && !is_filled_in(was, from) && !is_filled_in(is, to)
           && memcmp((void *)(was->bias + from->p_vaddr),
                     (void *)(is->bias + to->p_vaddr), to->p_filesz)
                  == 0;
}

/* -- the words ------------------------------------------------------------ */

static size_t
module_of(const struct image *i)
{
    size_t number = 0;
    return dlinfo(i->handle, RTLD_DI_TLS_MODID, &number) == 0 ? number : 0;
}

/* Calls `take` with each word that holds the number of the image's own; false
 * when code finds its variables in another way. */
static bool
each_word(const struct image *i, void (*take)(const struct elf *v,
                                              uintptr_t at, void *data),
          void *data)
{
#if defined(__x86_64__)
    const struct elf *v = &i->elf;
    size_t own = module_of(i);
    for (int t = 0; t < 2; t++) {
        for (size_t k = 0; k < v->relocs[t].count; k++) {
            const ElfW(Rela) *r = &v->relocs[t].items[k];
            const ElfW(Sym) *s = &v->symbols[ELF64_R_SYM(r->r_info)];
            uintptr_t at = v->bias + r->r_offset;
            unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
            bool is_own = ELF64_R_SYM(r->r_info) == 0
                          || s->st_shndx != SHN_UNDEF;
            if (is_own && (type == R_X86_64_TPOFF64
                           || type == R_X86_64_TLSDESC))
            {
                return false;
            }
            if (type == R_X86_64_DTPMOD64 && own != 0
                && *(size_t *)at == own)
            {
                take(v, at, data);
            }
        }
    }
    return own != 0;
#else
    (void)i;
    (void)take;
    (void)data;
    return false;
#endif
}

static void
pass_word(const struct elf *v, uintptr_t at, void *data)
{
    (void)v;
    (void)at;
    (void)data;
}

static void
open_word(const struct elf *v, uintptr_t at, void *data)
{
    bool *is_open = data;
    *is_open &= elf_unseal(v, at, sizeof(size_t), NULL) == 0;
}

static void
write_word(const struct elf *v, uintptr_t at, void *data)
{
    /* whoever has written there since may have sealed the page again */
    (void)elf_write(v, at, *(void *const *)data, NULL);
}

/* -- the steps ------------------------------------------------------------ */

static int
tell(const struct statics *is, struct carry *carry, struct err *e)
{
    for (size_t i = 0; i < is->said_count; i++) {
        const struct dwarf_variable *v = &is->said[i];
        if (v->is_of_thread
            && carry_tell(carry, strdup(v->name), strdup(again)) < 0)
        {
            return err_set(e, ERR_SYSTEM, "out of memory for variables");
        }
    }
    return 0;
}

int
threadlocal_plan(struct image *now, const struct image *old,
                 const struct statics *was, const struct statics *is,
                 struct carry *carry, struct err *e)
{
    size_t were = 0;
    size_t are = 0;
    bool is_open = true;
    now->thread_home = 0;
    if (!old->elf.has_thread_data || !now->elf.has_thread_data) {
        return 0;
    }
    if (starts_same(&old->elf, &now->elf) && has_all(was, is, &are)
        && has_all(is, was, &were) && were == are && are > 0
        && each_word(old, pass_word, NULL)
        && each_word(now, open_word, &is_open) && is_open)
    {
        now->thread_home = old->thread_home != 0 ? old->thread_home
                                                 : module_of(old);
        return 0;
    }
    return tell(is, carry, e);
}

void
threadlocal_join(struct image *now)
{
    if (now->thread_home == 0) {
        return;
    }
    (void)each_word(now, write_word, &now->thread_home);
    if (now->pin == pin_threads) {
        now->pin = NULL; /* where they are has it, or another */
    }
}
