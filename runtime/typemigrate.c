/* typemigrate: the half of typemove.h that moves live objects.
 *
 * Each object's bytes are copied; the hook fills a copy in the new layout,
 * into which fields of an unchanged name and type were carried. Then all
 * copies are written back in one go. An object keeps its place: what does not
 * fit into the memory that it has is refused.
 */
#include "typemove.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "type.h"
#include "wipe.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for moving objects");
}

/* -- plan ----------------------------------------------------------------- */

int
migrate_plan(struct type_move *m, const struct type_loading *l,
             const struct typelayout *found, const char *short_name,
             struct err *e)
{
    const struct layout_pair *p = l->layouts;
    if (!found->is_known || found->is_inside || m->was.itemsize != 0
        || m->is.itemsize != 0)
    {
        return 0;
    }
    struct migration *how = &m->how;
    m->takes_hook = true;
    how->hook = migration_hook(p, p->is->names[found->is].name);
    if (how->hook == NULL) {
        how->hook = migration_hook(p, short_name);
    }
    return how->hook == NULL ? 0
                             : migration_plan(how, p, (size_t)found->was,
                                              (size_t)found->is, e);
}

/* -- room ----------------------------------------------------------------- */

/* How many bytes an object has from its head on. */
static size_t
size_of(const PyObject *o)
{
    return (size_t)Py_TYPE(o)->tp_basicsize + pyabi_bytes_behind(o);
}

/* How many it may have. */
static size_t
room_of(const PyObject *o)
{
    const PyTypeObject *type = Py_TYPE(o);
    size_t asked = size_of(o);
    size_t before = pyabi_bytes_before(type);
    if (type->tp_alloc != PyType_GenericAlloc || type->tp_itemsize != 0) {
        return asked; /* nobody knows where it lies */
    }
    switch (pyabi_allocator()) {
    case PYABI_PYMALLOC:
        if (before + asked <= 512) { /* Objects/obmalloc.c */
            return ((before + asked + 15) & ~(size_t)15) - before;
        }
        break;
    case PYABI_MALLOC:
        break;
    default:
        return asked;
    }
    return malloc_usable_size((char *)(uintptr_t)o - before) - before;
}

static size_t
next_size(const struct type_move *m, const PyObject *o)
{
    return size_of(o) + (size_t)(m->is.basicsize - m->was.basicsize);
}

int
migrate_fits(const struct type_move *m, const struct live_objects *live,
             const struct type *t, struct err *e)
{
    for (size_t i = 0; i < live->count; i++) {
        const PyTypeObject *type = Py_TYPE(live->objects[i]);
        size_t room = room_of(live->objects[i]);
        size_t size = next_size(m, live->objects[i]);
        if (room < size) {
            char words[128];
            return err_set(e, ERR_REFUSED,
                           "%s under %s: those of %s lie in %zu bytes and "
                           "would need %zu, and no hook can move them "
                           "elsewhere; keep what grows in a struct that they "
                           "point at, or restart the app",
                           m->reason, live_words(live, words, sizeof(words)),
                           type->tp_name, room, size);
        }
        if ((PyObject *)type != t->object
            && type->tp_base != (PyTypeObject *)t->object
            && type->tp_basicsize < m->was.basicsize)
        {
            return err_set(e, ERR_REFUSED, "%s under objects of %s, which is "
                           "laid out otherwise: restart the app",
                           m->reason, type->tp_name);
        }
    }
    return 0;
}

/* -- copies --------------------------------------------------------------- */

static int
copy_one(const struct type_move *m, struct moved_object *to, PyObject *o,
         struct err *e)
{
    const struct layout *layout = &m->how.was;
    size_t was = to->was_size = size_of(o);
    size_t is = to->is_size = next_size(m, o);
    size_t head = layout->count > 0 ? (size_t)layout->fields[0].bit_at / 8
                                    : sizeof(PyObject);
    size_t least = sizeof(PyObject) > head ? sizeof(PyObject) : head;
    to->object = o;
    to->behind = pyabi_behind_place(o);
    to->was = malloc(was);
    to->is = calloc(1, is);
    if (to->was == NULL || to->is == NULL) {
        return no_memory(e);
    }
    memcpy(to->was, o, was);
    memcpy(to->is, o, least);
    memset(to->was, 0, sizeof(PyObject)); /* no object to who looks for some */
    memset(to->is, 0, sizeof(PyObject));
    memcpy(to->is + m->is.basicsize, to->was + m->was.basicsize,
           was - (size_t)m->was.basicsize);
    return migration_run(&m->how, to->was, to->is, m->reason, e);
}

/* Whether nothing but reference counts has changed since. */
static bool
is_as_copied(const struct type_move *m, const struct live_objects *now)
{
    bool is_same = now->count == m->object_count && now->hidden == 0;
    for (size_t i = 0; is_same && i < now->count; i++) {
        const struct moved_object *o = &m->objects[i];
        is_same = now->objects[i] == o->object
                  && pyabi_behind_place(o->object) == o->behind
                  && memcmp((const char *)o->object + sizeof(PyObject),
                            o->was + sizeof(PyObject),
                            o->was_size - sizeof(PyObject))
                         == 0;
    }
    return is_same;
}

int
migrate_copy(struct type_move *m, const struct live_objects *live,
             const struct type *t, struct err *e)
{
    int done = 0;
    struct live_objects now = {0};
    m->objects = calloc(live->count, sizeof(*m->objects));
    if (m->objects == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; done == 0 && i < live->count; i++) {
        m->object_count = i + 1;
        done = copy_one(m, &m->objects[i], live->objects[i], e);
    }
    if (done == 0) {
        done = live_find(m->family, &now, e);
    }
    if (done == 0 && !is_as_copied(m, &now)) {
        done = err_set(e, ERR_REFUSED,
                       "objects of %s changed while its migrate hook ran: "
                       "save again",
                       t->name);
    }
    live_dispose(&now);
    return done;
}

void
migrate_store(const struct type_move *m, struct journal *j)
{
    const size_t head = sizeof(PyObject);
    for (size_t i = 0; i < m->object_count; i++) {
        const struct moved_object *o = &m->objects[i];
        journal_bytes(j, (char *)o->object + head, o->is + head,
                      o->is_size - head, o->was + head, o->was_size - head);
        if (o->behind != NULL) { /* the types have their new sizes already */
            journal_word(j, o->behind,
                         (char *)o->object + Py_TYPE(o->object)->tp_basicsize);
        }
    }
}

static void
free_objects(struct type_move *m)
{
    for (size_t i = 0; i < m->object_count; i++) {
        const struct moved_object *o = &m->objects[i];
        wiped_free(o->was, o->was_size);
        wiped_free(o->is, o->is_size);
    }
    free(m->objects);
    m->objects = NULL;
    m->object_count = 0;
}

void
migrate_settle(struct type_move *m)
{
    for (size_t i = 0; i < m->object_count; i++) {
        const struct moved_object *o = &m->objects[i];
        migration_settle(&m->how, o->was, o->is, NULL);
    }
    m->moved_count = m->object_count;
    free_objects(m);
}

void
migrate_drop(struct type_move *m)
{
    for (size_t i = 0; i < m->object_count; i++) {
        const struct moved_object *o = &m->objects[i];
        if (o->is != NULL && o->was != NULL) {
            migration_drop(&m->how, o->was, o->is);
        }
    }
    free_objects(m);
}
