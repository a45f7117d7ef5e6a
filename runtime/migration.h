/* migration: how one struct's bytes become those of the struct that it is
 * after a save, with the source's own hook (cowbird.h, MIGRATING).
 *
 * Works on copies: fields of an unchanged name and type are taken along, then
 * the hook fills in the rest. References to Python's objects are kept count of
 * through all of it, so that a result can be dropped as well as used. What is
 * done to the live bytes is the caller's (typemigrate.c, state.c). With the
 * GIL.
 */
#ifndef COWBIRD_MIGRATION_H
#define COWBIRD_MIGRATION_H

#include "pyabi.h"

#include "structs.h"
#include "wire/err.h"

/* Bits that a field of an unchanged name and type takes along. */
struct field_copy {
    uint64_t from, to, bits;
};

#define REFERENCE_NONE UINT64_MAX

/* A pointer to one of Python's objects, by its offsets in bytes: it goes
 * along, or the old struct alone has it, or the new one. */
struct reference {
    uint64_t from, to; /* REFERENCE_NONE: not in this one */
};

struct migration {
    void *hook; /* or NULL */
    struct field_copy *copies;
    size_t copy_count;
    struct reference *references;
    size_t reference_count;
    uint64_t *pointers; /* of other kinds, that the new struct alone has, by
                           their offsets in bytes */
    size_t pointer_count;
    struct layout was; /* the old struct */
};

/* The new image's hook for the struct `name`, or NULL. */
void *migration_hook(const struct layout_pair *p, const char *name);
/* What goes where by itself; `was` and `is` are the structs. -1 when out of
 * memory. */
int migration_plan(struct migration *m, const struct layout_pair *p,
                   size_t was, size_t is, struct err *e);
/* Makes `is`, which holds what the new struct begins with, of `was`, and runs
 * the hook. -1 with ERR_REFUSED when it said no (`reason` says what for); the
 * result is to be dropped either way. */
int migration_run(const struct migration *m, const char *was, char *is,
                  const char *reason, struct err *e);
/* The result is not used: what it alone has is let go of. */
void migration_drop(const struct migration *m, const char *was,
                    const char *is);
/* The result is: lets go of what it has not taken, of the old bytes and of
 * those that it began with (`base`; NULL: zeros). */
void migration_settle(const struct migration *m, const char *was,
                      const char *is, const char *base);
/* Whether the hook has put something else where `base` has such a pointer, and
 * so may have freed what is there. */
bool migration_replaced(const struct migration *m, const char *is,
                        const char *base);
/* The bits of `from` that the new struct has of the old one, and no others. */
void migration_keep_carried(const struct migration *m, char *to,
                            const char *from);
void migration_dispose(struct migration *m);

#endif
