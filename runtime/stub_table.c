/* stub_table: 512 jumps through a slot, 512 calls that say what is gone, and
 * 512 calls that are counted and may be held up before.
 *
 * CPython's copy of a function pointer is for ever the address of a jump
 * here; swapping the code behind it is one store into the slot. Every C
 * function that CPython calls takes at most six words and returns one, so
 * one shape serves them all: the compiler makes each stub a jump that leaves
 * the arguments where they are. That needs -O2, and no sanitizer may
 * put code of its own before the jump.
 *
 * A thread's first call is told to the engine: a load and a branch that is
 * never taken, which no measurement has found (2.0 ns a call either way).
 *
 * Where it matters whether a call is on its way (drain.h), the slot holds the
 * counting call; it begins and ends with the GIL held, wherever it was let go
 * of in between.
 *
 * Slots are read and written with the GIL held. When the table is full, stub.c
 * loads another copy of this file's image; it finds the table by the one
 * exported name below.
 */
#include "stub_table.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("O2")
#endif

#define BARE __attribute__((no_sanitize_thread, no_sanitize_address))
/* A stack that is looked at must show each call by an address of its own. */
#define APART __attribute__((noinline))
#define WORDS void *a, void *b, void *c, void *d, void *e, void *f

typedef void *(*code_fn)(WORDS);

static void *slots[STUB_TABLE_LEN];
static void *codes[STUB_TABLE_LEN];
static long calls[STUB_TABLE_LEN];
static int is_shut;
/* How many counted calls the thread is in, and one more; 0: it has made no
 * call yet. Reached by one instruction: the loader has room set aside for a
 * few words of libraries that come late (glibc: 1,664 bytes). */
static __thread long depth __attribute__((tls_model("initial-exec")));

/* One body for all: a call of its own in each would take compilers long. */
BARE APART static void *
count_call(WORDS, unsigned n)
{
    if (__builtin_expect(is_shut, 0)) {
        cowbird_stub_table.on_gate(cowbird_stub_table.owner, n);
    }
    calls[n]++;
    depth++;
    void *result = ((code_fn)codes[n])(a, b, c, d, e, f);
    depth--;
    calls[n]--;
    return result;
}

/* A thread's first call; as above, one body for all. */
BARE APART static void *
first_call(WORDS, unsigned n)
{
    depth = 1;
    cowbird_stub_table.on_thread();
    return ((code_fn)slots[n])(a, b, c, d, e, f);
}

#define STUB(n) \
    BARE static void *stub_##n(WORDS) \
    { \
        if (__builtin_expect(depth == 0, 0)) { \
            return first_call(a, b, c, d, e, f, n); \
        } \
        return ((code_fn)slots[n])(a, b, c, d, e, f); \
    }
#define COUNTED(n) \
    BARE APART static void *counted_##n(WORDS) \
    { \
        return count_call(a, b, c, d, e, f, n); \
    }
#define GONE(n) \
    BARE static void *gone_##n(void) \
    { \
        return cowbird_stub_table.on_gone(cowbird_stub_table.owner, n); \
    }
#define STUB_NAME(n) (void *)stub_##n,
#define COUNTED_NAME(n) (void *)counted_##n,
#define GONE_NAME(n) (void *)gone_##n,

/* The numbers are octal, 0000 to 0777. */
#define EACH_8(M, p) \
    M(p##0) M(p##1) M(p##2) M(p##3) M(p##4) M(p##5) M(p##6) M(p##7)
#define EACH_64(M, p) \
    EACH_8(M, p##0) \
    EACH_8(M, p##1) \
    EACH_8(M, p##2) \
    EACH_8(M, p##3) \
    EACH_8(M, p##4) \
    EACH_8(M, p##5) \
    EACH_8(M, p##6) \
    EACH_8(M, p##7)
#define EACH_512(M) \
    EACH_64(M, 00) \
    EACH_64(M, 01) \
    EACH_64(M, 02) \
    EACH_64(M, 03) \
    EACH_64(M, 04) \
    EACH_64(M, 05) \
    EACH_64(M, 06) \
    EACH_64(M, 07)

EACH_512(STUB)
EACH_512(COUNTED)
EACH_512(GONE)

static long
own_depth(void)
{
    return depth > 0 ? depth - 1 : 0;
}

static void *const stubs[STUB_TABLE_LEN] = {EACH_512(STUB_NAME)};
static void *const counted[STUB_TABLE_LEN] = {EACH_512(COUNTED_NAME)};
static void *const gones[STUB_TABLE_LEN] = {EACH_512(GONE_NAME)};

struct stub_table cowbird_stub_table = {
    .slots = slots,
    .codes = codes,
    .calls = calls,
    .stubs = stubs,
    .counted = counted,
    .is_shut = &is_shut,
    .gones = gones,
    .depth = own_depth,
};
