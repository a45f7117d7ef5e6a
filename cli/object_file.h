/* object_file: an object's parts, for object*.c alone. Tables are NULL and
 * counts 0 where the file has none; all lie inside the mapped file, aligned.
 */
#ifndef COWBIRD_OBJECT_FILE_H
#define COWBIRD_OBJECT_FILE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct object {
    const uint8_t *bytes; /* the whole file, mapped */
    size_t size;
    const Elf64_Sym *symbols; /* .dynsym, or NULL */
    size_t symbol_count;
    const char *strings; /* .dynstr */
    size_t strings_size;
    const Elf64_Sym *all; /* .symtab, unless stripped: local ones too */
    size_t all_count;
    const char *all_strings; /* .strtab */
    size_t all_strings_size;
    const uint16_t *versions; /* .gnu.version: one a symbol of .dynsym */
    size_t version_count;
    const char *needs; /* .gnu.version_r: its names are in .dynstr */
    size_t needs_size;
    size_t need_count;
    const Elf64_Dyn *dynamic;
    size_t dynamic_count;
    const uint32_t *table; /* .gnu.hash, or NULL */
    size_t table_count;    /* words */
    uint32_t *buckets; /* without one: an index of ours, chained by `next` */
    uint32_t *next;
    size_t bucket_count;
};

/* NULL where the file has no such section. */
const Elf64_Shdr *object_section(const struct object *f, size_t index);
const char *object_section_name(const struct object *f,
                                const Elf64_Shdr *s);
/* The text at `at` of a table; "" when none starts there. */
const char *object_text(const char *table, size_t size, uint64_t at);
/* Of .dynstr. */
const char *object_string(const struct object *f, uint64_t at);

#endif
