/* elffile: see elffile.h. */
#include "pyabi.h"

#include "elffile.h"

#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wipe.h"

#include "guard.h"

/* The file's bytes of `address`, at least `size` of them; or NULL. */
static const void *
at_address(const struct elffile *f, uint64_t address, uint64_t size)
{
    const ElfW(Ehdr) *h = f->file;
    const ElfW(Phdr) *p
        = (const ElfW(Phdr) *)((const char *)f->file + h->e_phoff);
    for (size_t i = 0; i < h->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && address >= p[i].p_vaddr
            && size <= p[i].p_filesz
            && address - p[i].p_vaddr <= p[i].p_filesz - size
            && p[i].p_offset <= f->len
            && p[i].p_filesz <= f->len - p[i].p_offset)
        {
            return (const char *)f->file + p[i].p_offset
                   + (address - p[i].p_vaddr);
        }
    }
    return NULL;
}

static bool
is_sane(const struct elffile *f)
{
    const ElfW(Ehdr) *h = f->file;
    return f->len > sizeof(*h) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0
           && h->e_phentsize == sizeof(ElfW(Phdr)) && h->e_phoff <= f->len
           && (uint64_t)h->e_phnum * h->e_phentsize <= f->len - h->e_phoff;
}

/* As the loader counts it: from the first segment's page to the last one's
 * end, and where that is to begin at more than a page's border, as much more
 * to move it about (glibc from 2.35 on, elf/dl-map-segments.h). */
static uint64_t
span(const struct elffile *f)
{
    const ElfW(Ehdr) *h = f->file;
    const ElfW(Phdr) *p
        = (const ElfW(Phdr) *)((const char *)f->file + h->e_phoff);
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    uint64_t first = UINT64_MAX;
    uint64_t end = 0;
    uint64_t more = 0;
    for (size_t i = 0; i < h->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD) {
            uint64_t start = p[i].p_vaddr & ~(page - 1);
            uint64_t stop = p[i].p_vaddr + p[i].p_memsz;
            first = start < first ? start : first;
            end = stop > end ? stop : end;
            more = p[i].p_align > page && p[i].p_align > more ? p[i].p_align
                                                              : more;
        }
    }
    return end > first ? end - first + more : 0;
}

static const ElfW(Dyn) *
dynamic(const struct elffile *f, size_t *count)
{
    const ElfW(Ehdr) *h = f->file;
    const ElfW(Phdr) *p
        = (const ElfW(Phdr) *)((const char *)f->file + h->e_phoff);
    for (size_t i = 0; i < h->e_phnum; i++) {
        if (p[i].p_type == PT_DYNAMIC) {
            *count = p[i].p_filesz / sizeof(ElfW(Dyn));
            return at_address(f, p[i].p_vaddr, p[i].p_filesz);
        }
    }
    return NULL;
}

/* The strings end with a NUL inside the file. */
static bool
read_names(struct elffile *f, const ElfW(Dyn) *d, size_t count,
           const char *strings, uint64_t strings_len)
{
    f->needed = calloc(count + 1, sizeof(*f->needed));
    if (f->needed == NULL || strings_len == 0
        || strings[strings_len - 1] != '\0')
    {
        return false;
    }
    for (size_t i = 0; i < count && d[i].d_tag != DT_NULL; i++) {
        if (d[i].d_tag == DT_NEEDED && d[i].d_un.d_val < strings_len) {
            f->needed[f->needed_count++] = strings + d[i].d_un.d_val;
        }
    }
    f->has_crt = memmem(strings, strings_len, "\0__cxa_finalize", 16) != NULL;
    return true;
}

static bool
read_dynamic(struct elffile *f)
{
    size_t count = 0;
    const ElfW(Dyn) *d = dynamic(f, &count);
    uint64_t strings_at = 0;
    uint64_t strings_len = 0;
    for (size_t i = 0; d != NULL && i < count && d[i].d_tag != DT_NULL; i++) {
        if (d[i].d_tag == DT_STRTAB) {
            strings_at = d[i].d_un.d_ptr;
        }
        else if (d[i].d_tag == DT_STRSZ) {
            strings_len = d[i].d_un.d_val;
        }
        else if (d[i].d_tag == DT_INIT_ARRAYSZ) {
            f->start_count = d[i].d_un.d_val / sizeof(void *);
        }
    }
    const char *strings = d == NULL ? NULL
                                    : at_address(f, strings_at, strings_len);
    return strings != NULL && read_names(f, d, count, strings, strings_len);
}

bool
elffile_read(struct elffile *f, const char *path)
{
    struct stat status;
    memset(f, 0, sizeof(*f));
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    if (fstat(fd, &status) == 0 && status.st_size > 0) {
        f->len = (size_t)status.st_size;
        f->file = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (f->file == MAP_FAILED) {
        f->file = NULL;
    }
    if (f->file == NULL || !is_sane(f)) {
        return false;
    }
    f->span = span(f);
    return read_dynamic(f);
}

void
elffile_dispose(struct elffile *f)
{
    if (f->file != NULL) {
        munmap(f->file, f->len);
    }
    wiped_free(f->needed, f->needed_count * sizeof(*f->needed));
    memset(f, 0, sizeof(*f));
}
