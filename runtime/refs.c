/* refs: see refs.h. */
#include "pyabi.h"

#include "refs.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "sections.h"
#include "wipe.h"

#include "guard.h"

/* x86-64 psABI, table 4.10: those whose four bytes are a distance from here,
 * be it to the data or to its entry in the GOT. */
#define IS_DISTANCE(type)                                                     \
    ((type) == 2 || (type) == 4 || (type) == 9 || (type) == 41                \
     || (type) == 42)
#define IS_ADDRESS(type) ((type) == 1)

struct patch {
    unsigned char *at;
    int32_t value;
};

struct search {
    const struct image *image;
    const struct refs_move *moves;
    size_t move_count;
    struct sections file;
    struct patch *patches; /* owned */
    size_t count, room;
    bool has_list; /* of references in code */
};

static const struct refs_move *
move_of(const struct search *s, uintptr_t at)
{
    for (size_t i = 0; i < s->move_count; i++) {
        if (at >= s->moves[i].from && at - s->moves[i].from < s->moves[i].size)
        {
            return &s->moves[i];
        }
    }
    return NULL;
}

static int
unknown(const struct search *s, const struct refs_move *m, struct err *e)
{
    return err_set(e, ERR_REFUSED,
                   "%s reaches the static type %s in a way that cannot be "
                   "turned: restart the app",
                   s->image->source, m->name);
}

/* How many bytes of the instruction stand behind the distance at `at`: an
 * immediate operand. Asked only where it matters, for words at the border of
 * a type (Py_INCREF adds to its first). */
static unsigned
immediate_len(const unsigned char *at)
{
    bool is_short = at[-3] == 0x66 || at[-4] == 0x66;
    switch (at[-2]) {
    case 0x80:
    case 0x83:
    case 0xc0:
    case 0xc1:
    case 0xc6:
    case 0x6b:
        return 1;
    case 0x81:
    case 0xc7:
    case 0x69:
        return is_short ? 2 : 4;
    case 0xf6: /* a test has one, its neighbours have none */
        return (at[-1] & 0x38) == 0 ? 1 : 0;
    case 0xf7:
        return (at[-1] & 0x38) != 0 ? 0 : is_short ? 2 : 4;
    default:
        return 0;
    }
}

static int
add_patch(struct search *s, unsigned char *at, int64_t value, struct err *e)
{
    if (s->count == s->room) {
        size_t room = s->room * 2 + 64;
        struct patch *more = realloc(s->patches, room * sizeof(*more));
        if (more == NULL) {
            return err_set(e, ERR_SYSTEM, "out of memory for a static type");
        }
        s->patches = more;
        s->room = room;
    }
    s->patches[s->count++] = (struct patch){at, (int32_t)value};
    return 0;
}

/* One place in the code: what it reaches is read off the loaded image, which
 * the linker may have rewritten since the entry was made. */
static int
look_at_code(struct search *s, uintptr_t place, struct err *e)
{
    unsigned char *at = (unsigned char *)place;
    int32_t distance;
    memcpy(&distance, at, sizeof(distance));
    uintptr_t next = place + sizeof(distance);
    uintptr_t target = next + (uintptr_t)(intptr_t)distance;
    const struct refs_move *m = move_of(s, target);
    if (m == NULL || move_of(s, target + 4) != m) {
        target += immediate_len(at);
        m = move_of(s, target);
    }
    if (m == NULL) {
        return 0;
    }
    int64_t moved = distance + ((int64_t)m->to - (int64_t)m->from);
    if (moved != (int32_t)moved) {
        return err_set(e, ERR_REFUSED,
                       "the static type %s lies too far from the new code of "
                       "%s: restart the app",
                       m->name, s->image->source);
    }
    return add_patch(s, at, moved, e);
}

static const void *
at_offset(const struct search *s, uint64_t offset)
{
    return (const char *)s->file.file + offset;
}

/* What an entry says that it reaches, as loaded; 0: it does not say. */
static uintptr_t
said_target(const struct search *s, const ElfW(Shdr) *list,
            const ElfW(Rela) *r)
{
    if (list->sh_link >= s->file.count) {
        return 0;
    }
    const ElfW(Shdr) *table = &s->file.items[list->sh_link];
    size_t index = ELF64_R_SYM(r->r_info);
    const ElfW(Sym) *symbols = at_offset(s, table->sh_offset);
    if (index >= table->sh_size / sizeof(*symbols)
        || symbols[index].st_shndx == SHN_UNDEF)
    {
        return 0;
    }
    return s->image->elf.bias + symbols[index].st_value
           + (uintptr_t)r->r_addend;
}

static int
look_at_entry(struct search *s, const ElfW(Shdr) *list,
              const ElfW(Shdr) *home, const ElfW(Rela) *r, struct err *e)
{
    unsigned type = (unsigned)ELF64_R_TYPE(r->r_info);
    uintptr_t place = s->image->elf.bias + r->r_offset;
    bool is_code = (home->sh_flags & SHF_EXECINSTR) != 0;
    if (r->r_offset < home->sh_addr
        || r->r_offset + 4 > home->sh_addr + home->sh_size)
    {
        return 0; /* of a section that the linker has dropped */
    }
    if (is_code && IS_DISTANCE(type)) {
        return look_at_code(s, place, e);
    }
    if ((home->sh_flags & SHF_WRITE) != 0 && IS_ADDRESS(type)) {
        return 0; /* a word, and all words are looked at */
    }
    uintptr_t target = said_target(s, list, r);
    const struct refs_move *m = target == 0 ? NULL : move_of(s, target);
    return m == NULL ? 0 : unknown(s, m, e);
}

static int
look_at_list(struct search *s, const ElfW(Shdr) *list, struct err *e)
{
    if (list->sh_type != SHT_RELA || (list->sh_flags & SHF_ALLOC) != 0
        || list->sh_info >= s->file.count)
    {
        return 0;
    }
    const ElfW(Shdr) *home = &s->file.items[list->sh_info];
    if ((home->sh_flags & SHF_ALLOC) == 0) {
        return 0; /* for debuggers */
    }
    s->has_list |= (home->sh_flags & SHF_EXECINSTR) != 0;
    const ElfW(Rela) *items = at_offset(s, list->sh_offset);
    for (size_t i = 0; i < list->sh_size / sizeof(*items); i++) {
        if (look_at_entry(s, list, home, &items[i], e) < 0) {
            return -1;
        }
    }
    return 0;
}

static int
search(struct search *s, struct err *e)
{
    bool is_readable = sections_open(&s->file, s->image->path);
    for (size_t i = 0; is_readable && i < s->file.count; i++) {
        if (look_at_list(s, &s->file.items[i], e) < 0) {
            return -1;
        }
    }
    if (!s->has_list) {
        return err_set(e, ERR_REFUSED,
                       "the artefact of %s does not say where its code uses "
                       "the static type %s: restart the app",
                       s->image->source, s->moves[0].name);
    }
    return 0;
}

static int
write_code(const struct search *s, struct err *e)
{
    if (s->count == 0) {
        return 0;
    }
    if (elf_open_code(&s->image->elf, true) < 0) {
        return err_set(e, ERR_REFUSED,
                       "this system lets nobody change code that is loaded, "
                       "which a static type of %s needs: restart the app",
                       s->image->source);
    }
    for (size_t i = 0; i < s->count; i++) {
        memcpy(s->patches[i].at, &s->patches[i].value, sizeof(int32_t));
    }
    (void)elf_open_code(&s->image->elf, false);
    return 0;
}

/* The shadow types stay as they are: they refer to each other. */
static int
write_words(const struct search *s, struct err *e)
{
    const struct elf *v = &s->image->elf;
    for (size_t i = 0; i < v->segment_count; i++) {
        const ElfW(Phdr) *p = &v->segments[i];
        if (p->p_type != PT_LOAD || (p->p_flags & PF_W) == 0) {
            continue;
        }
        uintptr_t word = sizeof(void *);
        uintptr_t at = (v->bias + p->p_vaddr + word - 1) & ~(word - 1);
        uintptr_t end = v->bias + p->p_vaddr + p->p_memsz;
        for (; at + word <= end; at += word) {
            uintptr_t value = *(uintptr_t *)at;
            const struct refs_move *m = move_of(s, value);
            if (m != NULL && move_of(s, at) == NULL
                && elf_write(v, at, (void *)(value - m->from + m->to), e) < 0)
            {
                return -1;
            }
        }
    }
    return 0;
}

int
refs_move(const struct image *image, const struct refs_move *moves,
          size_t count, struct err *e)
{
    struct search s = {.image = image, .moves = moves, .move_count = count};
    int done = -1;
#if defined(__x86_64__)
    done = search(&s, e);
    if (done == 0) {
        done = write_code(&s, e);
    }
    if (done == 0) {
        done = write_words(&s, e);
    }
#else
    (void)search;
    (void)write_code;
    (void)write_words;
    err_set(e, ERR_REFUSED,
            "static types such as %s are swapped on x86-64 alone: restart "
            "the app",
            moves[0].name);
#endif
    sections_close(&s.file);
    wiped_free(s.patches, s.room * sizeof(*s.patches));
    return done;
}
