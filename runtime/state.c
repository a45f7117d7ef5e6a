/* state: see state.h. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "journal.h"
#include "native.h"
#include "slots.h"
#include "stub.h"
#include "swap.h"
#include "twin.h"
#include "wipe.h"

#include "guard.h"

/* A state may grow to twice its size, and by so many bytes at least. */
#define ROOM_LEAST 1024

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for a module's state");
}

/* -- room ----------------------------------------------------------------- */

static size_t
room_for(const PyModuleDef *def)
{
    size_t size = (size_t)def->m_size;
    return size + (size > ROOM_LEAST ? size : ROOM_LEAST);
}

/* PyModule_ExecDef takes a block that is there (Objects/moduleobject.c);
 * PyModule_Create2 has made one. The module frees it with PyMem_Free. */
int
state_make_room(struct native *n, const PyModuleDef *def)
{
    struct pyabi_module *m = pyabi_module(n->module);
    if (def->m_size < 0
        || (m->md_state == NULL && !image_is_multi_phase(n->image)))
    {
        return 0;
    }
    size_t room = room_for(def);
    void *block = PyMem_Realloc(m->md_state, room);
    if (block == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    size_t begun = m->md_state == NULL ? 0 : (size_t)def->m_size;
    memset((char *)block + begun, 0, room - begun);
    m->md_state = block;
    n->state_room = room;
    return 0;
}

/* -- which struct --------------------------------------------------------- */

static bool
note_exec(void *data, int id, void *value)
{
    if (id == SLOTS_EXEC || id == Py_mod_exec) {
        candidates_note(data, value);
    }
    return true;
}

static void
note_def(struct candidates *c, const PyModuleDef *def)
{
    const PyMethodDef *m = def->m_methods;
    for (; m != NULL && m->ml_name != NULL; m++) {
        candidates_note(c, (const void *)m->ml_meth);
    }
    (void)slots_each(def->m_slots, SLOTS_OF_MODULE, note_exec, c);
    candidates_note(c, (const void *)def->m_traverse);
    candidates_note(c, (const void *)def->m_clear);
    candidates_note(c, (const void *)def->m_free);
}

static int
begin(struct candidates *c, const struct layouts *l, const struct image *i,
      const PyModuleDef *def, struct err *e)
{
    if (candidates_begin(c, l, i, (uint64_t)def->m_size, CANDIDATE_PLAIN, e)
        < 0)
    {
        return -1;
    }
    note_def(c, def);
    candidates_drop_foreign(c);
    return 0;
}

/* The struct that a hook is for is no longer in doubt. */
static long
choose_new(const struct candidates *is, const struct layout_pair *p)
{
    long found = -1;
    for (size_t i = 0; i < is->l->name_count; i++) {
        if (is->could[i] && migration_hook(p, is->l->names[i].name) != NULL) {
            if (found >= 0) {
                return -1;
            }
            found = (long)i;
        }
    }
    return found >= 0 ? found : candidates_choose(is, "state");
}

static long
choose_old(const struct candidates *was, const struct candidates *is, long new)
{
    long same = new < 0 ? -1 : layouts_find(was->l, is->l->names[new].name);
    return same >= 0 && was->could[same] ? same
                                         : candidates_choose(was, "state");
}

/* What both generations' states are. */
struct found {
    long was, is; /* the structs; -1: not known */
    struct layout_change change;
};

static int
find(const struct swap_item *item, struct found *f, struct err *e)
{
    const struct layout_pair *p = &item->layouts;
    struct candidates was = {0}, is = {0};
    f->was = f->is = -1;
    if (!layout_pair_is_known(p)) {
        return 0;
    }
    int done = begin(&was, p->was, p->old, item->native->def, e);
    if (done == 0) {
        done = begin(&is, p->is, p->new, item->image->def, e);
    }
    if (done == 0) {
        long new = choose_new(&is, p);
        long old = choose_old(&was, &is, new);
        if (candidates_are_pair(&was, old, &is, new)) {
            f->was = old;
            f->is = new;
            done = layout_compare(p->was, (size_t)old, p->is, (size_t)new,
                                  &f->change, e);
        }
        else {
            done = candidates_compare(&was, p->is, &f->change, e);
        }
    }
    candidates_end(&was);
    candidates_end(&is);
    return done;
}

/* -- what differs --------------------------------------------------------- */

/* "State.more would be new, 8 bytes at offset 8, and the module state of hot
 * would go from 8 to 16 bytes" */
static void
tell_change(const struct swap_item *item, const struct found *f,
            struct state_move *m)
{
    const char *name = f->was < 0 ? "a struct of the module state"
                                  : item->layouts.was->names[f->was].name;
    size_t used = 0;
    if (f->change.kind != LAYOUT_SAME) {
        layout_change_words(&f->change, name, f->change.path, m->reason,
                            sizeof(m->reason));
        used = strlen(m->reason);
    }
    if (m->was_size != m->is_size) {
        PyOS_snprintf(m->reason + used, sizeof(m->reason) - used,
                      "%sthe module state of %s would go from %zu to %zu "
                      "bytes", used > 0 ? ", and " : "", item->order.name,
                      m->was_size, m->is_size);
    }
    else {
        PyOS_snprintf(m->reason + used, sizeof(m->reason) - used,
                      ", in the module state of %s", item->order.name);
    }
}

static int
refuse(const struct found *f, const struct state_move *m, struct err *e)
{
    if (m->is_size == 0) {
        return err_set(e, ERR_REFUSED,
                       "%s, and the new code does not know what it holds: "
                       "restart the app",
                       m->reason);
    }
    if (f->was < 0) {
        return err_set(e, ERR_REFUSED,
                       "%s, and no debug information tells which struct it "
                       "is: restart the app",
                       m->reason);
    }
    if (m->how.hook == NULL) {
        return err_set(e, ERR_REFUSED,
                       "%s: add a migrate hook (cowbird help migrate), or "
                       "restart the app",
                       m->reason);
    }
    if (m->room < m->is_size) {
        return err_set(e, ERR_REFUSED,
                       "%s, and it lies in %zu bytes and can't move "
                       "elsewhere; keep what grows in memory that a field "
                       "points at, or restart the app",
                       m->reason, m->room);
    }
    return 0;
}

/* -- plan ----------------------------------------------------------------- */

static int
make_plan(struct swap_item *item, const struct found *f, struct err *e)
{
    const struct layout_pair *p = &item->layouts;
    struct state_move *m = item->state;
    if (m->was_size > 0) {
        if (f->is >= 0) {
            m->how.hook = migration_hook(p, p->is->names[f->is].name);
        }
        if (refuse(f, m, e) < 0) {
            return -1;
        }
        return migration_plan(&m->how, p, (size_t)f->was, (size_t)f->is, e);
    }
    /* Nothing is lost: the new init's state becomes the module's. */
    return m->room >= m->is_size
               ? 0
               : err_set(e, ERR_REFUSED,
                         "%s and has no room for it: restart the app",
                         m->reason);
}

int
state_plan(struct swap_item *item, struct err *e)
{
    const PyModuleDef *old = item->native->def;
    const PyModuleDef *new = item->image->def;
    struct found f = {.was = -1, .is = -1};
    if (new->m_size > 0 && !item->native->counts_calls) {
        native_count_calls(item->native);
        (void)stub_count_new(true);
    }
    if (old->m_size <= 0 && new->m_size <= 0) {
        return 0;
    }
    if (old->m_size > 0 && new->m_size > 0 && find(item, &f, e) < 0) {
        return -1;
    }
    if (old->m_size == new->m_size && f.change.kind == LAYOUT_SAME) {
        return 0;
    }
    struct state_move *m = calloc(1, sizeof(*m));
    if (m == NULL) {
        return no_memory(e);
    }
    item->state = m;
    m->was_size = old->m_size > 0 ? (size_t)old->m_size : 0;
    m->is_size = new->m_size > 0 ? (size_t)new->m_size : 0;
    m->room = item->native->state_room;
    tell_change(item, &f, m);
    return make_plan(item, &f, e);
}

/* -- copies --------------------------------------------------------------- */

static char *
block_of(PyObject *module)
{
    return pyabi_module(module)->md_state;
}

static void
free_copies(struct state_move *m)
{
    wiped_free(m->was, m->was != NULL ? m->was_size : 0);
    wiped_free(m->is, m->is != NULL ? m->is_size : 0);
    wiped_free(m->base, m->base != NULL ? m->is_size : 0);
    m->was = m->is = m->base = NULL;
}

/* They were not used. */
static void
drop_copies(struct state_move *m)
{
    if (m->is_run) {
        m->is_run = false;
        m->is_spoiled |= migration_replaced(&m->how, m->is, m->base);
        migration_drop(&m->how, m->was, m->is);
    }
    free_copies(m);
}

int
state_ready(struct swap_item *item, struct err *e)
{
    struct state_move *m = item->state;
    if (m == NULL) {
        return 0;
    }
    drop_copies(m);
    if (twin_lives(item->native)) { /* a state of the old layout, too */
        return err_set(e, ERR_REFUSED,
                       "%s, and %s was imported more than once: restart the "
                       "app",
                       m->reason, item->order.name);
    }
    native_watch(item->native);
    if (m->is_spoiled) {
        return err_set(e, ERR_REFUSED,
                       "%s, and it was used while its migrate hook ran: save "
                       "again",
                       m->reason);
    }
    const char *made = block_of(item->shadow);
    if (made == NULL && m->is_size > 0) {
        return err_set(e, ERR_BUG, "the init of %s has left no state",
                       item->order.name);
    }
    m->was = malloc(m->was_size + 1);
    m->is = malloc(m->is_size + 1);
    m->base = malloc(m->is_size + 1);
    if (m->was == NULL || m->is == NULL || m->base == NULL) {
        drop_copies(m);
        return no_memory(e);
    }
    memcpy(m->was, block_of(item->native->module), m->was_size);
    memcpy(m->is, made, m->is_size);
    memcpy(m->base, made, m->is_size);
    m->is_run = true;
    return migration_run(&m->how, m->was, m->is, m->reason, e);
}

bool
state_is_ready(const struct swap_item *item)
{
    return item->state == NULL
           || (item->state->is != NULL && !native_was_called(item->native)
               && !twin_lives(item->native));
}

void
state_store(const struct swap_item *item, struct journal *j)
{
    const struct state_move *m = item->state;
    if (m == NULL) {
        return;
    }
    char *now = block_of(item->native->module);
    char *made = block_of(item->shadow);
    journal_bytes(j, now, m->is, m->is_size, m->was, m->was_size);
    journal_bytes(j, made, made, m->is_size, m->base, m->is_size);
    if (m->room > m->is_size) {
        memset(now + m->is_size, 0, m->room - m->is_size);
    }
    /* what is the module's now is not the shadow's any more */
    memset(made, 0, m->is_size);
    migration_keep_carried(&m->how, made, m->base);
}

void
state_settle(struct swap_item *item)
{
    struct state_move *m = item->state;
    if (m != NULL) {
        migration_settle(&m->how, m->was, m->is, m->base);
        m->has_moved = m->how.hook != NULL;
        m->is_run = false;
        free_copies(m);
    }
}

bool
state_lets_shadow_go(struct swap_item *item)
{
    if (item->state != NULL) {
        drop_copies(item->state);
    }
    return item->state == NULL || !item->state->is_spoiled;
}

void
state_dispose(struct swap_item *item)
{
    if (item->state != NULL) {
        drop_copies(item->state);
        migration_dispose(&item->state->how);
        free(item->state);
        item->state = NULL;
    }
}
