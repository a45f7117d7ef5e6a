/* Functions that fault; the marks say where, for the tests. */
#include <cowbird.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int calls;

int works(void) { return 1; }

CB_NOGIL CB_FAULTS int
null(void)
{
    calls++;
    *(volatile int *)16 = 1; /* null */
    return 0;
}

CB_NOGIL CB_FAULTS int
libc(void)
{
    char *volatile nowhere = (char *)16;
    memset(nowhere, 1, 100000 + (size_t)calls % 2); /* libc */
    return 0;
}

CB_NOGIL CB_FAULTS int
jump(void)
{
    void (*volatile nowhere)(void) = NULL;
    nowhere(); /* jump */
    return 0;
}

CB_NOGIL CB_FAULTS int
zero(void)
{
    volatile int many = 1000, none = 0;
    none = many / none; /* zero */
    return none;
}

CB_NOGIL CB_FAULTS int
trap(void)
{
    __asm__ volatile("ud2"); /* trap */
    return 0;
}

/* A page of a file that ends before it. */
CB_NOGIL CB_FAULTS int
bus(void)
{
    FILE *file = tmpfile();
    volatile char *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fileno(file),
                             0);
    fclose(file);
    return at[0]; /* bus */
}

static volatile int depth;

static int
fall(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    depth = n;
    int below = n > 0 ? fall(n + 1) : 0;
    return below + room[0] + depth;
}

CB_NOGIL CB_FAULTS int deep(void) { return fall(1); }

/* -- what the binding took and gives -------------------------------------- */

typedef struct thing thing;
struct thing {
    int unused;
};

CB_NOGIL thing *thing_open(void) { return calloc(1, sizeof(thing)); }
CB_CLOSES void thing_close(thing *t) { free(t); }

CB_NOGIL CB_FAULTS double
uses(const double *x, size_t n, double *out, size_t m, const thing *t,
     const char *name)
{
    out[0] = x[0];
    out[m + (1u << 30)] = (double)n + name[0] + (t != NULL);
    return 0;
}

CB_NOGIL CB_FAULTS CB_OWNED char *
half_given(CB_OUT CB_OWNED double **items, CB_OUT size_t *n)
{
    *items = (double *)8; /* no memory: free() would not survive it */
    *n = 3;
    *(volatile int *)16 = 1;
    return NULL;
}

CB_NOGIL CB_FAULTS int
raises_first(void)
{
    cb_raise(CB_KeyError, "first");
    *(volatile int *)16 = 1;
    return 0;
}

CB_ASYNC CB_FAULTS int
awaited(void)
{
    *(volatile int *)16 = 1;
    return 0;
}

/* -- what may not land ---------------------------------------------------- */

CB_NOGIL CB_FAULTS int
aborted(void)
{
    abort();
}

int
held(void)
{
    *(volatile int *)16 = 1;
    return 0;
}

static int
by_nothing(const void *a, const void *b)
{
    return a == b ? 0 : *(volatile int *)16;
}

CB_NOGIL CB_FAULTS int
sorted_by(void)
{
    int items[] = {3, 1, 2};
    qsort(items, 3, sizeof(items[0]), by_nothing);
    return items[0];
}

/* A stream's lock is held where this faults. */
CB_NOGIL CB_FAULTS int
deep_in_libc(void)
{
    char room[64];
    FILE *file = fmemopen(room, sizeof(room), "w");
    const char *volatile nowhere = (const char *)16;
    fputs(nowhere, file);
    fprintf(file, "%s", nowhere);
    return 0;
}

static void *
run(void *data)
{
    *(volatile int *)16 = 1;
    return data;
}

CB_NOGIL CB_FAULTS int
own_thread(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, run, NULL);
    pthread_join(thread, NULL);
    return 0;
}

CB_NOGIL CB_FAULTS int
sent(void)
{
    raise(SIGSEGV);
    return 0;
}
