/* object_asks: what a shared object asks of others, with the version of each
 * symbol: what a linker has found in the libraries that it was given. Only
 * 64-bit little-endian files; trusts no offset in them.
 */
#ifndef COWBIRD_OBJECT_ASKS_H
#define COWBIRD_OBJECT_ASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "wire/err.h"

struct ask {
    char *name;
    char *version;      /* NULL: any that is there */
    char *library;      /* "libc.so.6"; NULL where `version` is */
    unsigned char info; /* st_info: binding and type */
};

struct asks {
    struct ask *items;
    size_t count;
    struct list needed; /* libraries, in the file's order */
    uint16_t machine;   /* e_machine */
    uint32_t flags;     /* e_flags */
};

#define ASKS_INIT {NULL, 0, LIST_INIT, 0, 0}

/* Fills `a`; ERR_SYSTEM when the file cannot be read as one. */
int object_asks(const char *path, struct asks *a, struct err *e);
/* Whether `other` asks for nothing that `a` does not ask for. */
bool asks_cover(const struct asks *a, const struct asks *other);
void asks_add(struct asks *a, const char *name, const char *version,
              const char *library, unsigned char info);
void asks_dispose(struct asks *a);

#endif
