/* Of object.h: what a file that is not linked yet keeps for itself, and what
 * it leaves to others. */
#include "object.h"

#include <string.h>

#include "object_file.h"

static const char *
name_of(const struct object *f, const Elf64_Sym *s)
{
    return object_text(f->all_strings, f->all_strings_size, s->st_name);
}

/* What the loader writes alone, addresses in tables, is no state. */
static bool
is_state(const struct object *f, const Elf64_Sym *s)
{
    static const char read_only[] = ".data.rel.ro";
    int type = ELF64_ST_TYPE(s->st_info);
    const Elf64_Shdr *in = object_section(f, s->st_shndx);
    return ELF64_ST_BIND(s->st_info) == STB_LOCAL
           && (type == STT_OBJECT || type == STT_TLS) && in != NULL
           && (in->sh_flags & SHF_WRITE) != 0
           && strncmp(object_section_name(f, in), read_only,
                      sizeof(read_only) - 1)
                  != 0;
}

void
object_own_state(const struct object *f, struct list *names)
{
    for (size_t i = 1; i < f->all_count; i++) {
        const char *name = name_of(f, &f->all[i]);
        /* gcc's n.3 and clang's f.n are inside functions */
        if (is_state(f, &f->all[i]) && strchr(name, '.') == NULL) {
            list_add(names, name);
        }
    }
}

void
object_given_names(const struct object *f, struct list *names)
{
    for (size_t i = 1; i < f->all_count; i++) {
        const Elf64_Sym *s = &f->all[i];
        if (s->st_shndx != SHN_UNDEF && s->st_shndx != SHN_COMMON
            && ELF64_ST_BIND(s->st_info) == STB_GLOBAL)
        {
            list_add(names, name_of(f, s));
        }
    }
}

void
object_open_names(const struct object *f, struct list *names)
{
    for (size_t i = 1; i < f->all_count; i++) {
        const Elf64_Sym *s = &f->all[i];
        if (s->st_shndx == SHN_UNDEF
            && ELF64_ST_BIND(s->st_info) != STB_LOCAL)
        {
            list_add(names, name_of(f, s));
        }
    }
}

bool
object_starts_itself(const struct object *f)
{
    const Elf64_Shdr *s;
    for (size_t i = 1; (s = object_section(f, i)) != NULL; i++) {
        const char *name = object_section_name(f, s);
        if (s->sh_type == SHT_INIT_ARRAY || s->sh_type == SHT_FINI_ARRAY
            || s->sh_type == SHT_PREINIT_ARRAY
            || strncmp(name, ".ctors", 6) == 0
            || strncmp(name, ".dtors", 6) == 0)
        {
            return true;
        }
    }
    return false;
}
