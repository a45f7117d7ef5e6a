/* blame: see blame.h. */
#include "pyabi.h"

#include "blame.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "image.h"

#include "guard.h"

/* A row is free, being written, or known: only then the rest of it counts. */
enum { ROW_FREE, ROW_TAKEN, ROW_KNOWN };

/* Addresses are kept as their complements: whoever looks for words that lead
 * into an image must not find these (look.h). */
struct row {
    atomic_int state;
    uintptr_t not_start, not_end, not_bias;
    uint64_t generation, shown;
    char module[sizeof(((struct blame *)0)->module)];
    char image[sizeof(((struct blame *)0)->image)];
};

#define ROWS 32

struct rows {
    struct row items[ROWS];
    struct rows *_Atomic next; /* never freed: a handler may be walking */
};

static struct rows first_rows;

static struct row *
take_row(void)
{
    struct rows *at = &first_rows;
    for (;;) {
        for (size_t i = 0; i < ROWS; i++) {
            int was = ROW_FREE;
            if (atomic_compare_exchange_strong(&at->items[i].state, &was,
                                               ROW_TAKEN))
            {
                return &at->items[i];
            }
        }
        struct rows *next = atomic_load(&at->next);
        if (next == NULL) {
            struct rows *fresh = calloc(1, sizeof(*fresh));
            if (fresh == NULL) {
                return NULL; /* its crashes are told as nobody's */
            }
            if (atomic_compare_exchange_strong(&at->next, &next, fresh)) {
                next = fresh;
            }
            else {
                free(fresh);
            }
        }
        at = next;
    }
}

void
blame_know(const struct image *i)
{
    struct row *r = take_row();
    if (r == NULL) {
        return;
    }
    r->not_start = ~i->elf.start;
    r->not_end = ~i->elf.end;
    r->not_bias = ~i->elf.bias;
    r->generation = i->generation;
    r->shown = i->shown;
    crash_put_text(r->module, sizeof(r->module), i->name);
    crash_put_text(r->image, sizeof(r->image), i->path);
    atomic_store(&r->state, ROW_KNOWN);
}

static struct row *
row_of(uintptr_t address)
{
    for (struct rows *at = &first_rows; at != NULL;
         at = atomic_load(&at->next))
    {
        for (size_t i = 0; i < ROWS; i++) {
            struct row *r = &at->items[i];
            if (atomic_load(&r->state) == ROW_KNOWN && address >= ~r->not_start
                && address < ~r->not_end)
            {
                return r;
            }
        }
    }
    return NULL;
}

void
blame_forget(const struct image *i)
{
    struct row *r = row_of(i->elf.start);
    if (r != NULL) {
        atomic_store(&r->state, ROW_FREE);
    }
}

bool
blame_find(uintptr_t address, struct blame *b)
{
    const struct row *r = row_of(address);
    if (r != NULL && b != NULL) {
        b->generation = r->generation;
        b->shown = r->shown;
        b->offset = address - ~r->not_bias;
        memcpy(b->module, r->module, sizeof(b->module));
        memcpy(b->image, r->image, sizeof(b->image));
    }
    return r != NULL;
}

struct blame_place
blame_place_of(const void *context)
{
    const ucontext_t *u = context;
    struct blame_place p = {0, 0, 0};
#if defined(__x86_64__)
    p.pc = (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    p.sp = (uintptr_t)u->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
    p.pc = (uintptr_t)u->uc_mcontext.pc;
    p.sp = (uintptr_t)u->uc_mcontext.sp;
    p.link = (uintptr_t)u->uc_mcontext.regs[30];
#else
    (void)u;
#endif
    return p;
}

uintptr_t
blame_caller(const struct blame_place *p)
{
    uintptr_t from = p->link;
#if defined(__x86_64__)
    memcpy(&from, (const void *)p->sp, sizeof(from));
#endif
    return from;
}
