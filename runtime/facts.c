/* facts: see facts.h. */
#include "facts.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "image.h"

#include "guard.h"

static struct facts *_Atomic dropped;

struct facts *
facts_take(struct image *i)
{
    struct facts *f = atomic_exchange(&i->facts, NULL);
    if (f == NULL) {
        f = calloc(1, sizeof(*f));
    }
    if (f != NULL) {
        f->image = i;
    }
    return f;
}

int
facts_read_statics(struct facts *f, struct err *e)
{
    if (f->has_statics) {
        return 0;
    }
    if (statics_read(&f->statics, f->image->path, &f->image->elf, e) < 0) {
        statics_dispose(&f->statics);
        return -1;
    }
    f->has_statics = true;
    return 0;
}

/* Without debug information the layouts are not known, which is no error. */
int
facts_read_layouts(struct facts *f, struct err *e)
{
    struct err why = ERR_INIT;
    if (f->has_layouts) {
        return 0;
    }
    if (layouts_open(&f->layouts, f->image->path, &why) < 0
        && f->layouts.debug.is_unread)
    {
        return err_set(e, ERR_SYSTEM, "%s", why.text);
    }
    f->has_layouts = true;
    return 0;
}

static void
free_facts(struct facts *f)
{
    if (f != NULL) {
        statics_dispose(&f->statics);
        layouts_close(&f->layouts);
        free(f);
    }
}

void
facts_keep(struct facts *f, struct image *i)
{
    if (f != NULL) {
        facts_drop(atomic_exchange(&i->facts, f));
    }
}

void
facts_drop(struct facts *f)
{
    if (f == NULL) {
        return;
    }
    f->next = atomic_load(&dropped);
    while (!atomic_compare_exchange_weak(&dropped, &f->next, f)) {
    }
}

void
facts_sweep(void)
{
    struct facts *f = atomic_exchange(&dropped, NULL);
    while (f != NULL) {
        struct facts *next = f->next;
        free_facts(f);
        f = next;
    }
}

void
facts_forget(struct image *i)
{
    free_facts(atomic_exchange(&i->facts, NULL));
}
