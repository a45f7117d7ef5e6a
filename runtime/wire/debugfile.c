/* debugfile: the half of debuginfo.h that finds units in a file. */
#include "wire/debuginfo.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wire/debugcursor.h"
#include "wire/wiped.h"

/* More than this is C++ that nobody waits for. */
#define FILE_MAX (256u << 20)
#define INFO_MAX (32u << 20)
#define CODES_MAX 65536

/* -- units ---------------------------------------------------------------- */

/* Where each abbreviation begins, by its code. */
static bool
read_abbrevs(struct debug *d, struct debug_unit *u, uint64_t at)
{
    struct cursor c = cursor_at(&d->abbrev, at);
    size_t room = 0;
    while (!c.is_bad) {
        uint64_t code = take_leb(&c, false);
        if (code == 0 || code > CODES_MAX) {
            return code == 0 && !c.is_bad;
        }
        if (code >= room) {
            size_t more = room == 0 ? 64 : room;
            while (code >= more) {
                more *= 2;
            }
            const uint8_t **grown = wiped_grow(u->abbrevs,
                                               room * sizeof(*grown),
                                               more * sizeof(*grown));
            if (grown == NULL) {
                d->is_unread = true;
                return false;
            }
            u->abbrevs = grown;
            room = more;
        }
        u->abbrev_count = room;
        u->abbrevs[code] = c.at;
        (void)take_leb(&c, false);
        (void)take(&c, 1);
        uint64_t attribute = 1, form = 1;
        while ((attribute != 0 || form != 0) && !c.is_bad) {
            attribute = take_leb(&c, false);
            form = take_leb(&c, false);
            if (form == 0x21) {
                (void)take_leb(&c, true);
            }
        }
    }
    return false;
}

/* One unit's header; false where there is no further one. */
static bool
read_unit(struct debug *d, struct cursor *c)
{
    struct debug_unit u = {.start = (uint64_t)(c->at - d->info.at),
                           .word = 4};
    uint64_t len = take(c, 4);
    if (len == 0xffffffff) {
        u.word = 8;
        len = take(c, 8);
    }
    uint64_t body = (uint64_t)(c->at - d->info.at);
    if (c->is_bad || len > d->info.len - body) {
        return false;
    }
    u.end = body + len;
    u.version = (unsigned)take(c, 2);
    unsigned kind = u.version >= 5 ? (unsigned)take(c, 1) : 1;
    u.address = u.version >= 5 ? (unsigned)take(c, 1) : 0;
    uint64_t abbrevs = take(c, u.word);
    if (u.version < 5) {
        u.address = (unsigned)take(c, 1);
    }
    u.first = (uint64_t)(c->at - d->info.at);
    u.strings_base = u.word == 8 ? 16 : 8;
    bool is_read = !c->is_bad && kind == 1 && u.version >= 2
                   && u.version <= 5 && read_abbrevs(d, &u, abbrevs);
    c->at = d->info.at + u.end;
    struct debug_unit *units = NULL;
    if (is_read) {
        units = realloc(d->units, (d->unit_count + 1) * sizeof(*units));
        d->is_unread |= units == NULL;
    }
    if (units == NULL) {
        wiped_free(u.abbrevs, u.abbrev_count * sizeof(*u.abbrevs));
        return true;
    }
    d->units = units;
    units[d->unit_count++] = u;
    struct debug_entry y;
    struct debug_unit *kept = &units[d->unit_count - 1];
    if (debug_read_first(d, kept, &y, &kept->strings_base)) {
        kept->low = y.low;
    }
    return true;
}

/* -- the file ------------------------------------------------------------- */

static void
find_section(struct debug *d, const char *name, const Elf64_Shdr *s)
{
    const struct {
        const char *name;
        struct debug_bytes *bytes;
    } wanted[] = {{".debug_info", &d->info},
                  {".debug_abbrev", &d->abbrev},
                  {".debug_str", &d->strings},
                  {".debug_line", &d->lines},
                  {".debug_line_str", &d->line_strings},
                  {".debug_str_offsets", &d->string_offsets}};
    bool is_there = s->sh_offset <= d->file_len
                    && s->sh_size <= d->file_len - s->sh_offset
                    && (s->sh_flags & SHF_COMPRESSED) == 0;
    for (size_t i = 0; is_there && i < sizeof(wanted) / sizeof(*wanted); i++)
    {
        if (strcmp(name, wanted[i].name) == 0) {
            wanted[i].bytes->at = (const uint8_t *)d->file + s->sh_offset;
            wanted[i].bytes->len = s->sh_size;
        }
    }
}

static void
find_sections(struct debug *d)
{
    const Elf64_Ehdr *h = d->file;
    if (d->file_len < sizeof(*h)
        || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0
        || h->e_ident[EI_CLASS] != ELFCLASS64
        || h->e_ident[EI_DATA] != ELFDATA2LSB
        || h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shoff % 8 != 0
        || h->e_shoff > d->file_len
        || h->e_shnum > (d->file_len - h->e_shoff) / sizeof(Elf64_Shdr)
        || h->e_shstrndx >= h->e_shnum)
    {
        return;
    }
    const Elf64_Shdr *all = (const void *)((const char *)d->file
                                           + h->e_shoff);
    const Elf64_Shdr *names = &all[h->e_shstrndx];
    if (names->sh_offset > d->file_len
        || names->sh_size > d->file_len - names->sh_offset)
    {
        return;
    }
    struct debug_bytes texts = {(const uint8_t *)d->file + names->sh_offset,
                                names->sh_size};
    for (size_t i = 0; i < h->e_shnum; i++) {
        const char *name = text_at(&texts, all[i].sh_name);
        if (name != NULL) {
            find_section(d, name, &all[i]);
        }
    }
}

static void *
map_file(const char *path, size_t *len, bool *is_unread)
{
    struct stat s;
    void *at = MAP_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    *is_unread = fd < 0 && errno != ENOENT;
    if (fd >= 0 && fstat(fd, &s) == 0 && s.st_size > 0
        && s.st_size < (off_t)FILE_MAX)
    {
        *len = (size_t)s.st_size;
        at = mmap(NULL, *len, PROT_READ, MAP_PRIVATE, fd, 0);
        *is_unread = at == MAP_FAILED;
    }
    if (fd >= 0) {
        close(fd);
    }
    return at == MAP_FAILED ? NULL : at;
}

int
debug_open(struct debug *d, const char *path, struct err *e)
{
    memset(d, 0, sizeof(*d));
    d->file = map_file(path, &d->file_len, &d->is_unread);
    if (d->file != NULL) {
        find_sections(d);
    }
    if (d->info.len > 0 && d->info.len < INFO_MAX) {
        struct cursor c = cursor_at(&d->info, 0);
        while (c.at < c.end && read_unit(d, &c)) {
        }
    }
    if (d->unit_count == 0 || d->is_unread) {
        bool is_unread = d->is_unread;
        debug_close(d);
        d->is_unread = is_unread;
        return err_set(e, ERR_SYSTEM,
                       is_unread ? "the debug information of %s could not be "
                                   "read"
                                 : "%s has no debug information",
                       path);
    }
    return 0;
}

int
debug_open_lines(struct debug *d, const char *path)
{
    memset(d, 0, sizeof(*d));
    d->file = map_file(path, &d->file_len, &d->is_unread);
    if (d->file != NULL) {
        find_sections(d);
    }
    if (d->lines.len == 0) {
        debug_close(d);
        return -1;
    }
    return 0;
}

void
debug_close(struct debug *d)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        struct debug_unit *u = &d->units[i];
        wiped_free(u->abbrevs, u->abbrev_count * sizeof(*u->abbrevs));
    }
    free(d->units);
    if (d->file != NULL) {
        munmap(d->file, d->file_len);
    }
    memset(d, 0, sizeof(*d));
}
