/* object_asks: see object_asks.h. Versions: the ELF symbol versioning of
 * glibc's loader (elf.h: Elf64_Verneed, Elf64_Vernaux; LSB 5.0, 10.7). */
#include "object_asks.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "object.h"
#include "object_file.h"

/* An index of a version without the bit that hides it. */
#define VERSION_INDEX 0x7fff

/* Copies what lies there: the chain's offsets keep no alignment. */
static bool
get(const struct object *f, uint64_t at, void *to, size_t size)
{
    bool is = at <= f->needs_size && size <= f->needs_size - at;
    if (is) {
        memcpy(to, f->needs + at, size);
    }
    return is;
}

/* The version that symbols have under this index, and whose it is. */
static bool
find_version(const struct object *f, unsigned index, const char **version,
             const char **library)
{
    uint64_t at = 0;
    for (size_t i = 0; i < f->need_count; i++) {
        Elf64_Verneed need;
        if (!get(f, at, &need, sizeof(need))) {
            return false;
        }
        uint64_t part = at + need.vn_aux;
        for (size_t k = 0; k < need.vn_cnt; k++) {
            Elf64_Vernaux one;
            if (!get(f, part, &one, sizeof(one))) {
                return false;
            }
            if (one.vna_other == index) {
                *version = object_string(f, one.vna_name);
                *library = object_string(f, need.vn_file);
                return true;
            }
            part += one.vna_next;
        }
        at += need.vn_next;
    }
    return false;
}

void
asks_add(struct asks *a, const char *name, const char *version,
         const char *library, unsigned char info)
{
    a->items = mem_resize(a->items, a->count + 1, sizeof(*a->items));
    a->items[a->count++] = (struct ask){
        mem_copy_str(name), mem_copy_str(version), mem_copy_str(library),
        info};
}

static void
read_symbols(const struct object *f, struct asks *a)
{
    for (size_t i = 1; i < f->symbol_count; i++) {
        const Elf64_Sym *s = &f->symbols[i];
        const char *version = NULL;
        const char *library = NULL;
        if (s->st_shndx != SHN_UNDEF) {
            continue;
        }
        if (i < f->version_count) {
            find_version(f, f->versions[i] & VERSION_INDEX, &version,
                         &library);
        }
        asks_add(a, object_string(f, s->st_name), version, library,
                 s->st_info);
    }
}

int
object_asks(const char *path, struct asks *a, struct err *e)
{
    struct list run_paths = LIST_INIT;
    struct object *f = object_open(path, e);
    if (f == NULL) {
        return -1;
    }
    a->machine = (uint16_t)object_machine(f);
    a->flags = object_flags(f);
    read_symbols(f, a);
    object_needed(f, &a->needed, &run_paths);
    list_dispose(&run_paths);
    object_free(f);
    return 0;
}

static bool
is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
asks_cover(const struct asks *a, const struct asks *other)
{
    for (size_t i = 0; i < other->count; i++) {
        const struct ask *wanted = &other->items[i];
        bool is_there = false;
        for (size_t k = 0; k < a->count && !is_there; k++) {
            is_there = strcmp(a->items[k].name, wanted->name) == 0
                       && is_same_text(a->items[k].version, wanted->version)
                       && is_same_text(a->items[k].library, wanted->library);
        }
        if (!is_there) {
            return false;
        }
    }
    return true;
}

void
asks_dispose(struct asks *a)
{
    for (size_t i = 0; i < a->count; i++) {
        free(a->items[i].name);
        free(a->items[i].version);
        free(a->items[i].library);
    }
    free(a->items);
    list_dispose(&a->needed);
    *a = (struct asks)ASKS_INIT;
}
