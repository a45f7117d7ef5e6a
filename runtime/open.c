/* open: the first step of a swap: the new images and what their files tell.
 * It needs no Python, and takes most of the time. */
#include "swap.h"

#include "carry.h"
#include "constants.h"
#include "definition.h"
#include "dispatch.h"
#include "facts.h"
#include "gil.h"
#include "identity.h"
#include "image.h"
#include "native.h"
#include "single.h"
#include "threadlocal.h"
#include "type.h"
#include "wire/kind.h"

#include "guard.h"

/* Before anything of it is loaded: what its constructors do can't be taken
 * back. */
static int
check_kind(const struct swap_item *item, const struct image *old,
           struct err *e)
{
    const struct kind *kind = old->kind;
    if (kind->live != LIVE_RESTART) {
        kind = kind_of(item->order.artefact);
    }
    if (kind->live != LIVE_RESTART) {
        return 0;
    }
    return err_set(e, ERR_REFUSED, "restart needed for %s (%s): %s",
                   item->order.source, kind->name, kind->why);
}

/* What the two files tell of variables and structs. */
static int
plan_carry(struct swap_item *item, struct image *old, struct err *e)
{
    if (item->was != NULL && item->was->image != old) {
        facts_drop(item->was); /* an importer came in between */
        item->was = NULL;
    }
    item->was = item->was != NULL ? item->was : facts_take(old);
    item->is = item->is != NULL ? item->is : facts_take(item->image);
    if (item->was == NULL || item->is == NULL) {
        return err_set(e, ERR_SYSTEM, "out of memory for a swap");
    }
    if (layout_pair_open(&item->layouts, item->was, item->is, e) < 0
        || facts_read_statics(item->was, e) < 0
        || facts_read_statics(item->is, e) < 0)
    {
        return -1;
    }
    if (constants_turn(item->image, old, &item->was->statics,
                       &item->is->statics, e) < 0
        || carry_plan(&item->carry, item->was, item->is,
                      item->order.saved[0] != '\0', e) < 0)
    {
        return -1;
    }
    constants_leave(item->image, &item->carry);
    if (dispatch_turn(item->image, old, &item->was->statics,
                      &item->is->statics, &item->carry, e) < 0
        || dispatch_plan_return(old, &item->carry, e) < 0)
    {
        return -1;
    }
    item->carry.has_state |= item->image->dispatch_count > 0;
    if (threadlocal_plan(item->image, old, &item->was->statics,
                         &item->is->statics, &item->carry, e) < 0)
    {
        return -1;
    }
    return identity_read(item->image, e);
}

/* Everything that needs no Python: it takes most of the time. */
static int
open_image(struct swap_item *item, struct image *old, struct err *e)
{
    const struct order *o = &item->order;
    if (check_kind(item, old, e) < 0) {
        return -1;
    }
    struct image_place place = {o->artefact, o->name, o->stem, o->source,
                                o->generation, o->shown};
    item->image = image_open(&place, e);
    if (item->image == NULL || type_watch(item->image, e) < 0
        || single_watch(item->image, e) < 0
        || definition_watch(item->image, e) < 0)
    {
        return -1;
    }
    if (image_is_multi_phase(item->image) != image_is_multi_phase(old)) {
        return err_set(e, ERR_REFUSED,
                       "the init of %s goes from %s-phase to %s-phase: "
                       "restart the app",
                       o->source,
                       image_is_multi_phase(old) ? "multi" : "single",
                       image_is_multi_phase(old) ? "single" : "multi");
    }
    return plan_carry(item, old, e);
}

/* The image that serves the order's module here, if the order changes it;
 * it goes on serving: only this thread swaps, but for importers (catch_up). */
static struct image *
old_image(const struct swap_item *item)
{
    const struct native *n = native_find(item->order.name);
    bool is_moved = n != NULL && n->is_live && n->fixed == NULL
                    && n->generation != item->order.generation;
    return is_moved ? n->image : NULL;
}

void
swap_open(struct swap *s)
{
    for (size_t i = 0; i < s->count; i++) {
        struct swap_item *item = &s->items[i];
        PyGILState_STATE gil = gil_take();
        struct image *old = old_image(item);
        PyGILState_Release(gil);
        if (old != NULL && !image_runs_at_load(item->order.artefact)) {
            (void)open_image(item, old, &item->fault);
            if (item->image != NULL) {
                item->image->has_run = false;
            }
        }
    }
}

int
swap_open_rest(struct swap_item *item, struct err *e)
{
    struct image *old = item->native->image;
    int done = 0;
    if (err_is_set(&item->fault)) {
        *e = item->fault;
        done = -1;
    }
    else if (item->image == NULL) {
        done = open_image(item, old, e);
    }
    else if (item->carry.old != old && item->image->dispatch_count > 0) {
        done = err_set(e, ERR_REFUSED,
                       "an import has changed %s meanwhile: save it again",
                       item->order.source);
    }
    else if (item->carry.old != old) {
        carry_dispose(&item->carry);
        done = plan_carry(item, old, e);
    }
    if (item->image != NULL) {
        image_keep(item->image);
        item->is_kept = true;
    }
    return done;
}
