/* commit: the half of a swap (swap.h) that everybody sees, at one instant.
 *
 * First what may still fail, name by name, with a journal; then words only.
 * Whoever calls has the GIL and no Python code runs until the end: dropped
 * objects are let go after the last store.
 */
#include "swap.h"

#include <stdlib.h>
#include <string.h>

#include "attrs.h"
#include "capsule.h"
#include "constants.h"
#include "dispatch.h"
#include "drain.h"
#include "function.h"
#include "image.h"
#include "journal.h"
#include "native.h"
#include "state.h"
#include "threadlocal.h"
#include "twin.h"
#include "typechange.h"

#include "guard.h"

static bool
is_active(const struct swap_item *item)
{
    return item->native != NULL && item->image != NULL;
}

/* Room for every entry that the item can cause. */
static int
reserve(struct swap_item *item, struct journal *j, struct err *e)
{
    size_t names = (size_t)PyDict_GET_SIZE(item->made)
                   + (size_t)PyDict_GET_SIZE(item->native->made) + 5;
    size_t words = PYABI_DEFINE_WORDS + item->removed_count * 2
                   + capsules_words(item) + 2;
    for (size_t i = 0; i < item->change_count; i++) {
        struct function_change *c = &item->changes[i];
        if (function_find_holders(c, e) < 0) {
            return -1;
        }
        words += FUNCTION_WORDS;
        words += c->holders == NULL ? 0 : (size_t)PyList_GET_SIZE(c->holders);
    }
    if (twins_plan(item->native, item->made, &item->twins, &names, e) < 0) {
        return -1;
    }
    if (type_changes_reserve(item->types, j, e) < 0) {
        return -1;
    }
    return journal_reserve(j, names + words, e);
}

/* module.__cowbird__ says which generation serves, and in which tier. */
static int
restamp(struct swap_item *item, struct journal *j)
{
    PyObject *generation = PyUnicode_FromString("generation");
    PyObject *source = PyUnicode_FromString("source");
    PyObject *tier = PyUnicode_FromString("tier");
    int done = -1;
    if (generation != NULL && source != NULL && tier != NULL
        && journal_item(j, item->native->info, generation, item->stamp) == 0
        && journal_item(j, item->native->info, tier, item->tier) == 0
        && journal_item(j, item->native->info, source, item->source) == 0)
    {
        done = 0;
    }
    Py_XDECREF(generation);
    Py_XDECREF(source);
    Py_XDECREF(tier);
    return done;
}

static int
move_names(struct swap_item *item, struct journal *j, struct err *e)
{
    struct attrs a = {pyabi_module(item->native->module)->md_dict,
                      item->native->made, item->made};
    if (attrs_commit(&a, j) < 0 || restamp(item, j) < 0
        || twins_move(item->twins, j) < 0
        || type_changes_move_names(item->types, j) < 0)
    {
        PyErr_Clear();
        return err_set(e, ERR_SYSTEM,
                       "the names of module %s could not be moved",
                       item->order.name);
    }
    return 0;
}

static void
add_name(struct swap_names *names, const char *name)
{
    names->items[names->count++] = name;
}

/* Nothing here can fail. */
static void
store(struct swap_item *item, struct journal *j)
{
    for (size_t i = 0; i < item->change_count; i++) {
        struct function_change *c = &item->changes[i];
        bool is_back = c->is_added || function_is_gone(c->function);
        add_name(is_back ? &item->added : &item->swapped,
                 c->function->def->ml_name);
        function_store(c, j);
    }
    for (size_t i = 0; i < item->removed_count; i++) {
        add_name(&item->dropped, item->removed[i]->def->ml_name);
        function_store_gone(item->removed[i], item->farewells[i], j);
    }
    type_changes_name(item->types, &item->swapped, &item->added,
                      &item->dropped);
    type_changes_store(item->types, j);
    dispatch_return(item->native->image, &item->carry);
    carry_store(&item->carry);
    dispatch_store(item->image, &item->carry);
    threadlocal_join(item->image);
    state_store(item, j);
    capsules_store(item, j);
    struct pyabi_word words[PYABI_DEFINE_WORDS];
    size_t count = pyabi_define(item->native->module, item->image->def,
                                item->image->token, words);
    for (size_t i = 0; i < count; i++) {
        journal_word(j, words[i].at, words[i].value);
    }
    twins_store(item->twins, item->image, j);
}

static bool
moves_conventions(const struct swap_item *item)
{
    for (size_t i = 0; i < item->change_count; i++) {
        if (function_moves_convention(&item->changes[i])) {
            return true;
        }
    }
    return type_changes_move_conventions(item->types);
}

/* A trace of 3.15's JIT calls a function as its flags said when the trace was
 * made, and asks no more (Python/optimizer_bytecodes.c). Whoever is inside one
 * leaves it at the next instruction. */
static void
forget_traces(const struct swap *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (is_active(&s->items[i]) && moves_conventions(&s->items[i])) {
            pyabi_forget_traces();
            return;
        }
    }
}

/* Past the point of return: the records follow. */
static void
settle(struct swap_item *item)
{
    struct native *n = item->native;
    PyObject *old_made = n->made;
    n->generation = item->order.generation;
    image_leave(n->image);
    n->image->has_shared |= carry_moves(&item->carry)
                            || item->image->dispatch_count > 0;
    n->image = item->image;
    n->image->state = IMAGE_CURRENT;
    constants_pin(n->image);
    n->def = item->image->def;
    n->made = item->made;
    PyObject_GC_UnTrack(n->made); /* shadow_hide; the commit wrote into it */
    item->made = old_made; /* let go with the swap */
    free(n->source);
    n->source = item->kept_source;
    item->kept_source = NULL;
    item->image->shadow = item->shadow;
    item->shadow = NULL;
    for (size_t i = 0; i < item->change_count; i++) {
        function_settle(&item->changes[i]);
        if (item->changes[i].is_added) {
            native_keep(n, item->changes[i].function);
            item->changes[i].is_added = false;
        }
    }
    for (size_t i = 0; i < item->removed_count; i++) {
        item->farewells[i] = NULL; /* the stub has it now */
    }
    twins_settle(item->twins);
    type_changes_settle(item->types, n);
    state_settle(item);
    if (capsules_note(n) < 0) {
        PyErr_Clear(); /* out of memory: that table will not follow */
    }
}

/* Hooks that ran at prepare run again only if something may have changed, as
 * objects of a type may have at any time. */
static int
make_ready(struct swap *s, struct swap_item *item, struct err *e)
{
    bool is_quiet = s->openings == drain_openings();
    if (!(is_quiet && state_is_ready(item)) && state_ready(item, e) < 0) {
        return -1;
    }
    return type_changes_ready(item->types, e);
}

int
swap_commit(struct swap *s, struct err *e)
{
    struct journal j = JOURNAL_INIT;
    int done = 0;
    for (size_t i = 0; done == 0 && i < s->count; i++) {
        if (is_active(&s->items[i])) {
            done = make_ready(s, &s->items[i], e);
        }
    }
    for (size_t i = 0; done == 0 && i < s->count; i++) {
        if (is_active(&s->items[i])) {
            done = reserve(&s->items[i], &j, e);
        }
    }
    for (size_t i = 0; done == 0 && i < s->count; i++) {
        if (is_active(&s->items[i])) {
            done = move_names(&s->items[i], &j, e);
        }
    }
    for (size_t i = 0; done == 0 && i < s->count; i++) {
        if (is_active(&s->items[i])) {
            store(&s->items[i], &j);
        }
    }
    if (done < 0) {
        journal_undo(&j);
    }
    if (done == 0) {
        forget_traces(s);
    }
    for (size_t i = 0; done == 0 && i < s->count; i++) {
        if (is_active(&s->items[i])) {
            settle(&s->items[i]);
        }
    }
    journal_dispose(&j);
    return done;
}
