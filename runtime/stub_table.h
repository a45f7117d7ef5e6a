/* stub_table: the face of one table of jumps, see stub_table.c. */
#ifndef COWBIRD_STUB_TABLE_H
#define COWBIRD_STUB_TABLE_H

#define STUB_TABLE_LEN 512

struct stub_table {
    void **slots;         /* where each stub jumps to */
    void **codes;         /* what each counted call goes to */
    long *calls;          /* how many of these have not come back */
    void *const *stubs;   /* what CPython is given */
    void *const *counted; /* what a slot holds where calls are counted */
    void *const *gones;   /* what a slot holds when its code was removed */
    /* Called by gones[n] with `owner` and n; its result is returned to the
     * caller of the stub. */
    void *(*on_gone)(void *owner, unsigned n);
    /* Called by counted[n], while the gate is shut, before the call goes on;
     * keeps the GIL or takes it again. */
    void (*on_gate)(void *owner, unsigned n);
    /* Called by each thread before its first call through this table. */
    void (*on_thread)(void);
    int *is_shut;
    void *owner;
    /* How many counted calls of this table the thread is in. */
    long (*depth)(void);
};

/* Exported, so that a second copy of the image can be asked for its own. */
extern __attribute__((visibility("default"))) struct stub_table
    cowbird_stub_table;

#endif
