/* statics_start: whether two variables begin with the same value; see
 * statics.h.
 *
 * A word that the loader fills in is compared by what it leads to: addresses
 * differ from build to build.
 */
#include "statics.h"

#include <string.h>

#include "symbols.h"

#include "guard.h"

#if defined(__x86_64__)
#define RELOC_RELATIVE R_X86_64_RELATIVE
#elif defined(__aarch64__)
#define RELOC_RELATIVE R_AARCH64_RELATIVE
#endif

/* What the loader writes at one word. */
struct target {
    bool is_there;
    const char *symbol; /* of another object, or NULL */
    uintptr_t address;  /* in this one; of a symbol's: what is added */
};

static struct target
target_at(const struct statics *s, uintptr_t at)
{
    struct target t = {0};
    const struct elf *v = s->elf;
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < v->relocs[k].count; i++) {
            const ElfW(Rela) *r = &v->relocs[k].items[i];
            if (r->r_offset != at) {
                continue;
            }
            t.is_there = true;
            t.address = (uintptr_t)r->r_addend;
            if (ELF64_R_TYPE(r->r_info) != RELOC_RELATIVE) {
                const ElfW(Sym) *to = &v->symbols[ELF64_R_SYM(r->r_info)];
                bool is_own = to->st_shndx != SHN_UNDEF;
                t.symbol = is_own ? NULL : v->strings + to->st_name;
                t.address += is_own ? to->st_value : 0;
            }
            return t;
        }
    }
    return t;
}

static bool
is_same_text(const struct statics *s, uintptr_t a, const struct statics *t,
             uintptr_t b)
{
    size_t a_len = 0;
    size_t b_len = 0;
    const void *x = sections_at(&s->file, a, &a_len);
    const void *y = sections_at(&t->file, b, &b_len);
    size_t least = a_len < b_len ? a_len : b_len;
    if (x == NULL || y == NULL) {
        return false;
    }
    const char *end = memchr(x, '\0', least);
    return end != NULL
           && memcmp(x, y, (size_t)(end - (const char *)x) + 1) == 0;
}

static bool
is_same_target(const struct statics *s, const struct target *a,
               const struct statics *t, const struct target *b)
{
    if (a->is_there != b->is_there) {
        return false;
    }
    if (a->symbol != NULL || b->symbol != NULL) {
        return a->symbol != NULL && b->symbol != NULL
               && strcmp(a->symbol, b->symbol) == 0
               && a->address == b->address;
    }
    const ElfW(Sym) *x = symbols_at(&s->file, a->address);
    const ElfW(Sym) *y = symbols_at(&t->file, b->address);
    if (x == NULL || y == NULL) {
        return x == y && is_same_text(s, a->address, t, b->address);
    }
    const char *x_name = symbols_name(&s->file, x);
    const char *y_name = symbols_name(&t->file, y);
    size_t len = symbols_bare_len(x_name);
    return len == symbols_bare_len(y_name) && memcmp(x_name, y_name, len) == 0
           && a->address - x->st_value == b->address - y->st_value;
}

/* Both of one size. */
static bool
is_same_bytes(const struct static_variable *a,
              const struct static_variable *b, size_t at, size_t len)
{
    static const unsigned char zeros[sizeof(void *)];
    const unsigned char *x = a->initial != NULL ? a->initial + at : zeros;
    const unsigned char *y = b->initial != NULL ? b->initial + at : zeros;
    return memcmp(x, y, len) == 0;
}

bool
statics_same_start(const struct statics *s, const struct static_variable *a,
                   const struct statics *t, const struct static_variable *b)
{
    if (a->size != b->size || a->has_addresses != b->has_addresses) {
        return false;
    }
    for (size_t at = 0; at < a->size;) {
        size_t len = a->size - at < sizeof(void *) ? a->size - at
                                                   : sizeof(void *);
        struct target x = {0};
        struct target y = {0};
        if (a->has_addresses) {
            x = target_at(s, a->address + at);
            y = target_at(t, b->address + at);
        }
        if (x.is_there || y.is_there) {
            if (!is_same_target(s, &x, t, &y)) {
                return false;
            }
        }
        else if (!is_same_bytes(a, b, at, len)) {
            return false;
        }
        at += len;
    }
    return true;
}
