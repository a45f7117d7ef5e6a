/* symbols: the names of an object file's symbol table, and where they lead.
 * Any thread. */
#ifndef COWBIRD_SYMBOLS_H
#define COWBIRD_SYMBOLS_H

#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sections;

/* How many there are, and where. */
size_t symbols_of(const struct sections *s, const ElfW(Sym) **items);
/* NULL: it has none, or none that is in the file. */
const char *symbols_name(const struct sections *s, const ElfW(Sym) *symbol);
/* gcc numbers the variables of functions: "count.3". */
size_t symbols_bare_len(const char *name);
/* The generated binding's, or cowbird.h's macros': no name of the source's. */
bool symbols_is_binding(const char *name);
/* A function or an object with a size and a name of the source's. */
bool symbols_is_place(const struct sections *s, const ElfW(Sym) *symbol);
/* The function or object that `address` lies in, or NULL. */
const ElfW(Sym) *symbols_at(const struct sections *s, uintptr_t address);

#endif
