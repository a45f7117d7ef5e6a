/* stub: see stub.h. */
#include "pyabi.h"

#include "stub.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "copy.h"
#include "stub_table.h"

#include "guard.h"

static struct stub *free_stubs; /* borrowed from tables that never go away */
static size_t taken_count;
static size_t table_count;

/* A call of a function that a save has removed. */
static void *
raise_gone(void *owner, unsigned n)
{
    struct stub *s = (struct stub *)owner + n;
    PyErr_SetString(PyExc_RuntimeError, s->farewell == NULL
                                            ? "this function was removed"
                                            : s->farewell);
    return s->failure;
}

/* The table of this image first, then those of fresh copies of it. */
static struct stub_table *
load_table(struct err *e)
{
    if (table_count == 0) {
        return &cowbird_stub_table;
    }
    if (table_count == STUB_TABLES_MAX) {
        err_set(e, ERR_REFUSED,
                "all %d function slots are taken: restart the app",
                STUB_TABLES_MAX * STUB_TABLE_LEN);
        return NULL;
    }
    Dl_info own;
    if (dladdr(&cowbird_stub_table, &own) == 0 || own.dli_fname == NULL) {
        err_set(e, ERR_SYSTEM, "the guest cannot find its own file");
        return NULL;
    }
    void *handle = copy_open(own.dli_fname, e);
    if (handle == NULL) {
        return NULL;
    }
    struct stub_table *table = dlsym(handle, "cowbird_stub_table");
    if (table == NULL || table == &cowbird_stub_table) {
        err_set(e, ERR_BUG, "a copy of %s has no stubs", own.dli_fname);
        return NULL;
    }
    return table;
}

static int
add_table(struct err *e)
{
    struct stub_table *table = load_table(e);
    if (table == NULL) {
        return -1;
    }
    struct stub *s = calloc(STUB_TABLE_LEN, sizeof(*s));
    if (s == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for function slots");
    }
    table->on_gone = raise_gone;
    table->owner = s;
    for (size_t i = STUB_TABLE_LEN; i-- > 0;) {
        s[i].slot = &table->slots[i];
        s[i].entry = table->stubs[i];
        s[i].gone = table->gones[i];
        s[i].next_free = free_stubs;
        free_stubs = &s[i];
    }
    table_count++;
    return 0;
}

struct stub *
stub_take(void *code, struct err *e)
{
    if (free_stubs == NULL && add_table(e) < 0) {
        return NULL;
    }
    struct stub *s = free_stubs;
    free_stubs = s->next_free;
    s->next_free = NULL;
    s->failure = NULL;
    *s->slot = code;
    taken_count++;
    return s;
}

void
stub_give_back(struct stub *s)
{
    if (s == NULL) {
        return;
    }
    free(s->farewell);
    s->farewell = NULL;
    *s->slot = s->gone;
    s->next_free = free_stubs;
    free_stubs = s;
    taken_count--;
}

size_t
stub_count(void)
{
    return taken_count;
}
