/* stub: one address that CPython keeps for ever, and the code behind it now.
 *
 * A stub is taken when a function is first published and lives as long as
 * anything may hold its address: normally for ever. All with the GIL.
 */
#ifndef COWBIRD_STUB_H
#define COWBIRD_STUB_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/err.h"

struct stub {
    void **slot;    /* where the code's address goes: the stub, or the count
                       that it jumps to, calls *slot */
    void *entry;    /* the address to hand out */
    void *gone;     /* *slot while the code is removed */
    char *farewell; /* what a call then raises; owned, NULL while not gone */
    void *failure;  /* what the caller takes for "an exception is set" */
    struct stub *next_free; /* borrowed; meaningful while it is free */

    /* The rest is stub.c's. */
    void **jump, **code;    /* of the table: `slot` is one of the two */
    void *counted;
    long *calls;
    bool is_counted;
    bool is_shut; /* its calls are held up */
    bool has_passed; /* one has gone on while gates were shut */
    void *over;   /* what its calls go through first; or NULL */
};

/* Tables of STUB_TABLE_LEN; beyond this many stubs are refused. */
#define STUB_TABLES_MAX 128
/* Calls are held up for so long at most; then they go on by themselves. */
#define STUB_GATE_NS 128000000u

/* A stub that jumps to `code`; NULL with `e` filled when there is none. */
struct stub *stub_take(void *code, struct err *e);
/* Only when nobody can hold its address any more. */
void stub_give_back(struct stub *s);
/* How many are taken. */
size_t stub_count(void);

/* From now on its calls are counted; before any plan that holds its slot.
 * Accepts NULL, and a second time. */
void stub_begin_count(struct stub *s);
/* Whether stubs that are taken from now on are counted; the old answer. */
bool stub_count_new(bool is_wanted);
/* How many of its calls have begun and not ended. Accepts NULL. */
long stub_calls(const struct stub *s);
/* How many counted calls this thread is in. Async-signal-safe. */
long stub_own_calls(void);
/* Holds up calls that begin now, or lets them go. Calls of a thread that is
 * in a counted call already are never held up. Only for what Python code
 * calls: never what a garbage collection may. */
void stub_gate(struct stub *s, bool is_shut);
/* Its calls go to `over` from now on, six words as they are, which goes on to
 * stub_under(), until stub_take_off. A swap meanwhile changes what lies under
 * it. Never on a slot that a plan may hold: those of module functions are
 * looked up when they are stored. */
void stub_lay_over(struct stub *s, void *over);
void stub_take_off(struct stub *s);
/* What is called where nothing lies over it. */
void *stub_under(const struct stub *s);
/* In the child of a fork: only this thread's calls are on their way. */
void stub_forked(void);

#endif
