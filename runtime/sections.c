/* sections: see sections.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include "sections.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"

static bool
lies_in(const struct sections *s, uint64_t offset, uint64_t size)
{
    return offset <= s->len && size <= s->len - offset;
}

static bool
find(struct sections *s)
{
    const char *file = s->file;
    const ElfW(Ehdr) *h = s->file;
    if (s->len < sizeof(*h) || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0
        || h->e_shentsize != sizeof(ElfW(Shdr)) || h->e_shnum == 0
        || h->e_shstrndx >= h->e_shnum
        || !lies_in(s, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize))
    {
        return false;
    }
    s->items = (const ElfW(Shdr) *)(file + h->e_shoff);
    s->count = h->e_shnum;
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *item = &s->items[i];
        if (item->sh_type != SHT_NOBITS
            && !lies_in(s, item->sh_offset, item->sh_size))
        {
            return false;
        }
        if (item->sh_type == SHT_SYMTAB && item->sh_link < s->count) {
            s->symbols = item;
        }
    }
    s->names = file + s->items[h->e_shstrndx].sh_offset;
    return true;
}

bool
sections_open(struct sections *s, const char *path)
{
    struct stat status;
    memset(s, 0, sizeof(*s));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        s->is_unread = true;
        return false;
    }
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        s->len = (size_t)status.st_size;
        s->file = mmap(NULL, s->len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (s->file == MAP_FAILED) {
        s->file = NULL;
        s->is_unread = true;
        return false;
    }
    if (s->file == NULL || !find(s)) {
        sections_close(s);
        return false;
    }
    return true;
}

const unsigned char *
sections_named(const struct sections *s, const char *name, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *item = &s->items[i];
        if (strcmp(s->names + item->sh_name, name) == 0
            && item->sh_type != SHT_NOBITS
            && (item->sh_flags & SHF_COMPRESSED) == 0)
        {
            *len = item->sh_size;
            return (const unsigned char *)s->file + item->sh_offset;
        }
    }
    return NULL;
}

const unsigned char *
sections_at(const struct sections *s, uintptr_t address, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < s->count; i++) {
        const ElfW(Shdr) *item = &s->items[i];
        if ((item->sh_flags & SHF_ALLOC) != 0 && item->sh_type != SHT_NOBITS
            && address >= item->sh_addr
            && address - item->sh_addr < item->sh_size)
        {
            *len = item->sh_size - (address - item->sh_addr);
            return (const unsigned char *)s->file + item->sh_offset
                   + (address - item->sh_addr);
        }
    }
    return NULL;
}

void
sections_close(struct sections *s)
{
    if (s->file != NULL) {
        munmap(s->file, s->len);
    }
    memset(s, 0, sizeof(*s));
}
