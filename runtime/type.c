/* type: see type.h. Here so far: whose init runs. A module's types are made
 * as CPython makes them, anew with each generation. */
#include "type.h"

#include "guard.h"

static struct type_loading *current;

int
type_watch(struct image *image, struct err *e)
{
    (void)image;
    (void)e;
    return 0;
}

struct type_loading *
type_loading_begin(struct type_loading *l)
{
    struct type_loading *outer = current;
    current = l;
    return outer;
}

void
type_loading_end(struct type_loading *outer)
{
    current = outer;
}

void
type_loading_abandon(void)
{
    current = NULL;
}

size_t
type_changes_count(const struct type_change *c)
{
    (void)c;
    return 0;
}

int
type_changes_reserve(struct type_change *c, struct journal *j, struct err *e)
{
    (void)c;
    (void)j;
    (void)e;
    return 0;
}

int
type_changes_move_names(struct type_change *c, struct journal *j)
{
    (void)c;
    (void)j;
    return 0;
}

void
type_changes_store(const struct type_change *c, struct journal *j)
{
    (void)c;
    (void)j;
}

void
type_changes_settle(struct type_change *c, struct native *n)
{
    (void)c;
    (void)n;
}

void
type_changes_free(struct type_change *c)
{
    (void)c;
}
