/* elfview: a loaded shared object, read in memory.
 *
 * Knows which symbols it takes from elsewhere and where the loader wrote
 * their addresses, and can write another one there. Reads only what the
 * loader has mapped; never the file. With the GIL.
 */
#ifndef COWBIRD_ELFVIEW_H
#define COWBIRD_ELFVIEW_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/err.h"

struct elf_relocs {
    const ElfW(Rela) *items; /* borrowed from the image */
    size_t count;
};

struct elf {
    uintptr_t bias;       /* what the loader added to each address */
    uintptr_t start, end; /* everything that is mapped */
    const ElfW(Ehdr) *header;
    const ElfW(Phdr) *segments;
    size_t segment_count;
    const ElfW(Sym) *symbols;
    const char *strings;
    struct elf_relocs relocs[2]; /* data, then calls */
    uintptr_t tables_end; /* from `start` to here are the loader's tables */
    uintptr_t dynamic, dynamic_end; /* and here */
    uintptr_t unwinding;  /* and its table for unwinders; 0: none */
    size_t start_count;   /* functions that the loader calls first */
    size_t end_count;     /* functions that the loader calls at its end */
    bool stays;           /* it asks never to be unloaded */
    bool has_thread_data; /* it has thread-local variables */
};

/* `handle` is dlopen's. */
int elf_view(void *handle, struct elf *v, struct err *e);
/* Whether it takes `symbol` from elsewhere. */
bool elf_imports(const struct elf *v, const char *symbol);
/* Everywhere the image holds the address of `symbol`, writes `to` instead:
 * returns how many places, or -1. */
int elf_redirect(const struct elf *v, const char *symbol, void *to,
                 struct err *e);
/* Writes one word of it, be it one that the loader has made read-only. */
int elf_write(const struct elf *v, uintptr_t at, void *value, struct err *e);
/* Opens its code for writing, or closes it. -1: the system lets nobody. */
int elf_open_code(const struct elf *v, bool is_open);
/* For good: from then on the words there can be written without fail. */
int elf_unseal(const struct elf *v, uintptr_t at, size_t len, struct err *e);
/* Whether the loader writes an address into the `size` bytes that the file has
 * at `at` (as it counts them, without the bias). */
bool elf_has_addresses(const struct elf *v, uintptr_t at, size_t size);
/* Calls `take` with the bytes of each segment of code. */
void elf_each_code(const struct elf *v,
                   void (*take)(unsigned char *start, unsigned char *end,
                                void *data),
                   void *data);
/* Whether it has code of its own that the loader calls first. */
bool elf_has_constructors(const struct elf *v);
/* Whether `address` lies in the image; in its code. */
bool elf_holds(const struct elf *v, const void *address);
bool elf_is_code(const struct elf *v, const void *address);

#endif
