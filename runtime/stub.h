/* stub: one address that CPython keeps for ever, and the code behind it now.
 *
 * A stub is taken when a function is first published and lives as long as
 * anything may hold its address: normally for ever. All with the GIL.
 */
#ifndef COWBIRD_STUB_H
#define COWBIRD_STUB_H

#include <stddef.h>

#include "wire/err.h"

struct stub {
    void **slot;    /* the stub jumps to *slot */
    void *entry;    /* the address to hand out */
    void *gone;     /* *slot while the code is removed */
    char *farewell; /* what a call then raises; owned, NULL while not gone */
    void *failure;  /* what the caller takes for "an exception is set" */
    struct stub *next_free; /* borrowed; meaningful while it is free */
};

/* Tables of STUB_TABLE_LEN; beyond this many stubs are refused. */
#define STUB_TABLES_MAX 128

/* A stub that jumps to `code`; NULL with `e` filled when there is none. */
struct stub *stub_take(void *code, struct err *e);
/* Only when nobody can hold its address any more. */
void stub_give_back(struct stub *s);
/* How many are taken. */
size_t stub_count(void);

#endif
