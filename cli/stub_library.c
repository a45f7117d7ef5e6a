/* stub_library: see stub_library.h. What a linker looks at in a shared library
 * are its section headers (bfd/elflink.c, elf_link_add_object_symbols,
 * binutils 2.40): symbols, strings, versions, and the soname among the dynamic
 * words. */
#include "stub_library.h"

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "list.h"
#include "object_asks.h"
#include "wire/buf.h"

#define ALIGNMENT 8
/* Of versions: 0 is local, 1 the file itself. */
#define FIRST_VERSION 2

enum section {
    NO_SECTION,
    STRINGS,
    SYMBOLS,
    VERSIONS,
    DEFINITIONS,
    DYNAMIC,
    NAMES,
    SECTIONS
};

struct stub {
    struct buf content[SECTIONS];
    Elf64_Shdr headers[SECTIONS];
    struct list versions;
};

static uint32_t
add_text(struct stub *s, enum section to, const char *text)
{
    struct buf *b = &s->content[to];
    if (b->len == 0) {
        buf_add(b, "", 1);
    }
    uint32_t at = (uint32_t)b->len;
    buf_add(b, text, strlen(text) + 1);
    return at;
}

/* Of the System V ABI, which symbol versions are found by. */
static uint32_t
hash(const char *name)
{
    uint32_t h = 0;
    for (; *name != '\0'; name++) {
        h = (h << 4) + (uint8_t)*name;
        h = (h ^ ((h & 0xf0000000) >> 24)) & 0x0fffffff;
    }
    return h;
}

static uint16_t
index_of(struct stub *s, const char *version)
{
    size_t i = 0;
    while (i < s->versions.count
           && strcmp(s->versions.items[i], version) != 0)
    {
        i++;
    }
    if (i == s->versions.count) {
        list_add(&s->versions, version);
    }
    return (uint16_t)(i + FIRST_VERSION);
}

static void
add_symbol(struct stub *s, const struct ask *a)
{
    Elf64_Sym symbol = {0};
    uint16_t version = index_of(s, a->version);
    symbol.st_name = add_text(s, STRINGS, a->name);
    symbol.st_info = ELF64_ST_INFO(STB_GLOBAL, ELF64_ST_TYPE(a->info));
    symbol.st_shndx = SHN_ABS;
    buf_add(&s->content[SYMBOLS], &symbol, sizeof(symbol));
    buf_add(&s->content[VERSIONS], &version, sizeof(version));
}

static void
add_definition(struct stub *s, const char *name, uint16_t index, bool is_last)
{
    Elf64_Verdef d = {.vd_version = VER_DEF_CURRENT,
                      .vd_flags = index == 1 ? VER_FLG_BASE : 0,
                      .vd_ndx = index,
                      .vd_cnt = 1,
                      .vd_hash = hash(name),
                      .vd_aux = sizeof(d),
                      .vd_next = is_last ? 0
                                         : sizeof(d) + sizeof(Elf64_Verdaux)};
    Elf64_Verdaux part = {add_text(s, STRINGS, name), 0};
    buf_add(&s->content[DEFINITIONS], &d, sizeof(d));
    buf_add(&s->content[DEFINITIONS], &part, sizeof(part));
}

static void
fill(struct stub *s, const char *library, const struct asks *a)
{
    const Elf64_Sym none = {0};
    const uint16_t local = 0;
    buf_add(&s->content[SYMBOLS], &none, sizeof(none));
    buf_add(&s->content[VERSIONS], &local, sizeof(local));
    for (size_t i = 0; i < a->count; i++) {
        const struct ask *one = &a->items[i];
        if (one->library != NULL && strcmp(one->library, library) == 0) {
            add_symbol(s, one);
        }
    }
    add_definition(s, library, 1, s->versions.count == 0);
    for (size_t i = 0; i < s->versions.count; i++) {
        add_definition(s, s->versions.items[i], (uint16_t)(i + FIRST_VERSION),
                       i + 1 == s->versions.count);
    }
    const Elf64_Dyn dynamic[]
        = {{.d_tag = DT_SONAME,
            .d_un.d_val = add_text(s, STRINGS, library)},
           {.d_tag = DT_NULL}};
    buf_add(&s->content[DYNAMIC], dynamic, sizeof(dynamic));
}

static void
describe(struct stub *s)
{
    static const struct {
        const char *name;
        uint32_t type, link;
        size_t entry;
    } kinds[SECTIONS] = {
        [STRINGS] = {".dynstr", SHT_STRTAB, 0, 0},
        [SYMBOLS] = {".dynsym", SHT_DYNSYM, STRINGS, sizeof(Elf64_Sym)},
        [VERSIONS] = {".gnu.version", SHT_GNU_versym, SYMBOLS, 2},
        [DEFINITIONS] = {".gnu.version_d", SHT_GNU_verdef, STRINGS, 0},
        [DYNAMIC] = {".dynamic", SHT_DYNAMIC, STRINGS, sizeof(Elf64_Dyn)},
        [NAMES] = {".shstrtab", SHT_STRTAB, 0, 0},
    };
    for (int i = STRINGS; i < SECTIONS; i++) {
        s->headers[i] = (Elf64_Shdr){
            .sh_name = add_text(s, NAMES, kinds[i].name),
            .sh_type = kinds[i].type,
            .sh_flags = i == NAMES ? 0 : SHF_ALLOC,
            .sh_link = kinds[i].link,
            .sh_addralign = ALIGNMENT,
            .sh_entsize = kinds[i].entry};
    }
    s->headers[SYMBOLS].sh_info = 1; /* the first that is not local */
    s->headers[DEFINITIONS].sh_info = (uint32_t)s->versions.count + 1;
    if (s->versions.count == 0) {
        /* the linker takes no tables of versions without one */
        s->headers[VERSIONS].sh_type = SHT_NULL;
        s->headers[DEFINITIONS].sh_type = SHT_NULL;
    }
}

static void
align(struct buf *b)
{
    static const char zeros[ALIGNMENT];
    buf_add(b, zeros, (ALIGNMENT - b->len % ALIGNMENT) % ALIGNMENT);
}

static void
join(struct stub *s, const struct asks *a, struct buf *out)
{
    Elf64_Ehdr h = {.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3,
                                ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                    .e_type = ET_DYN, .e_machine = a->machine,
                    .e_version = EV_CURRENT, .e_flags = a->flags,
                    .e_ehsize = sizeof(h), .e_shentsize = sizeof(Elf64_Shdr),
                    .e_shnum = SECTIONS, .e_shstrndx = NAMES};
    buf_add(out, &h, sizeof(h));
    for (int i = STRINGS; i < SECTIONS; i++) {
        align(out);
        s->headers[i].sh_offset = s->headers[i].sh_addr = out->len;
        s->headers[i].sh_size = s->content[i].len;
        buf_add(out, s->content[i].data, s->content[i].len);
    }
    s->headers[NAMES].sh_addr = 0;
    align(out);
    h.e_shoff = out->len;
    buf_add(out, s->headers, sizeof(s->headers));
    memcpy(out->data, &h, sizeof(h));
}

int
stub_library_write(const char *path, const char *library,
                   const struct asks *a, struct err *e)
{
    struct stub s = {.versions = LIST_INIT};
    struct buf out = BUF_INIT;
    fill(&s, library, a);
    describe(&s);
    join(&s, a, &out);
    int status = file_write_new(path, out.data, out.len, e);
    for (int i = 0; i < SECTIONS; i++) {
        buf_dispose(&s.content[i]);
    }
    list_dispose(&s.versions);
    buf_dispose(&out);
    return status;
}
