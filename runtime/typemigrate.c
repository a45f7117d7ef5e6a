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

#include "image.h"
#include "include/cowbird.h"
#include "type.h"
#include "wire/buf.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for moving objects");
}

/* -- plan ----------------------------------------------------------------- */

static const struct layout_field *
find_field(const struct layout *l, const char *path)
{
    for (size_t i = 0; i < l->count; i++) {
        if (strcmp(l->fields[i].path, path) == 0) {
            return &l->fields[i];
        }
    }
    return NULL;
}

static bool
is_object(const struct layouts *l, const struct layout_field *f)
{
    long head = layouts_find(l, "_object");
    return head >= 0 && f->target != 0 && f->target == l->names[head].at;
}

/* Which bits go where by themselves, and which references go. */
static int
plan_fields(struct type_move *m, const struct layouts *l,
            const struct layout *was, const struct layout *is, struct err *e)
{
    m->copies = calloc(was->count + 1, sizeof(*m->copies));
    m->drops = calloc(was->count + 1, sizeof(*m->drops));
    if (m->copies == NULL || m->drops == NULL) {
        return no_memory(e);
    }
    for (size_t i = 0; i < was->count; i++) {
        const struct layout_field *x = &was->fields[i];
        const struct layout_field *y = find_field(is, x->path);
        if (y != NULL && x->bits == y->bits && strcmp(x->type, y->type) == 0)
        {
            m->copies[m->copy_count++] = (struct field_copy){
                x->bit_at, y->bit_at, x->bits};
        }
        else if (is_object(l, x)) {
            m->drops[m->drop_count++] = x->bit_at / 8;
        }
    }
    return 0;
}

static void *
find_hook(const struct layout_pair *p, const char *name)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "cb_migrate_%s", name);
    uint64_t at = layouts_function(&p->is, buf_text(&text));
    buf_dispose(&text);
    return at == 0 ? NULL : (void *)(p->new->elf.bias + at);
}

int
migrate_plan(struct type_move *m, const struct type_loading *l,
             const struct typelayout *found, const char *short_name,
             struct err *e)
{
    const struct layout_pair *p = l->layouts;
    struct layout was = {0}, is = {0};
    if (!found->is_known || found->is_inside || m->was.itemsize != 0
        || m->is.itemsize != 0)
    {
        return 0;
    }
    m->hook = find_hook(p, p->is.names[found->is].name);
    if (m->hook == NULL) {
        m->hook = find_hook(p, short_name);
    }
    if (m->hook == NULL) {
        return 0;
    }
    m->fields = &p->was;
    m->struct_was = (size_t)found->was;
    int done = layout_read(&p->was, (size_t)found->was, &was, e);
    if (done == 0) {
        done = layout_read(&p->is, (size_t)found->is, &is, e);
    }
    if (done == 0) {
        done = plan_fields(m, &p->was, &was, &is, e);
    }
    layout_dispose(&was);
    layout_dispose(&is);
    return done;
}

/* -- room ----------------------------------------------------------------- */

/* How many bytes an object may have from its head on. */
static size_t
room_of(const PyObject *o)
{
    const PyTypeObject *type = Py_TYPE(o);
    size_t asked = (size_t)type->tp_basicsize;
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
    return (size_t)(Py_TYPE(o)->tp_basicsize + m->is.basicsize
                    - m->was.basicsize);
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
            return err_set(e, ERR_REFUSED,
                           "%s: objects of %s lie in %zu bytes and would need "
                           "%zu, and the hook can't move them elsewhere; keep "
                           "what grows in a struct that they point at, or "
                           "restart the app",
                           m->reason, type->tp_name, room, size);
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

/* What a hook sees of the old object. */
struct old_view {
    struct cb_old head;
    const struct layout *layout;
    const char *bytes;
};

static int
read_old(const struct cb_old *old, const char *field, void *to, size_t size)
{
    const struct old_view *v = (const struct old_view *)(const void *)old;
    const struct layout_field *f = find_field(v->layout, field);
    if (f == NULL || f->bit_at % 8 != 0 || f->bits != 8 * (uint64_t)size) {
        return 0;
    }
    memcpy(to, v->bytes + f->bit_at / 8, size);
    return 1;
}

static void
copy_bits(char *to, uint64_t to_bit, const char *from, uint64_t from_bit,
          uint64_t bits)
{
    if (((to_bit | from_bit | bits) & 7) == 0) {
        memcpy(to + to_bit / 8, from + from_bit / 8, bits / 8);
        return;
    }
    for (uint64_t i = 0; i < bits; i++) {
        uint64_t at = to_bit + i;
        unsigned value = (unsigned char)from[(from_bit + i) / 8]
                             >> ((from_bit + i) % 8)
                         & 1u;
        unsigned byte = (unsigned char)to[at / 8] & ~(1u << (at % 8));
        to[at / 8] = (char)(byte | value << (at % 8));
    }
}

/* The exception that the hook has set, in one sentence. */
static int
tell_hook(const struct type_move *m, const struct type *t, struct err *e)
{
    PyObject *kind = NULL, *value = NULL, *trace = NULL;
    PyErr_Fetch(&kind, &value, &trace);
    PyObject *words = value == NULL ? NULL : PyObject_Str(value);
    const char *text = words == NULL ? NULL : PyUnicode_AsUTF8(words);
    err_set(e, ERR_REFUSED, "%s, and its migrate hook said no: %s%s%s",
            m->reason,
            kind == NULL ? "it returned -1 without an exception"
                         : ((PyTypeObject *)kind)->tp_name,
            text == NULL ? "" : ": ", text == NULL ? "" : text);
    (void)t;
    PyErr_Clear();
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    Py_XDECREF(words);
    return -1;
}

static int
copy_one(const struct type_move *m, struct moved_object *to, PyObject *o,
         const struct layout *layout, const struct type *t, struct err *e)
{
    typedef int (*hook_fn)(void *self, const struct cb_old *old);
    size_t was = (size_t)Py_TYPE(o)->tp_basicsize;
    size_t head = layout->count > 0 ? (size_t)layout->fields[0].bit_at / 8
                                    : sizeof(PyObject);
    size_t least = sizeof(PyObject) > head ? sizeof(PyObject) : head;
    to->object = o;
    to->was = malloc(was);
    to->is = calloc(1, next_size(m, o));
    if (to->was == NULL || to->is == NULL) {
        return no_memory(e);
    }
    memcpy(to->was, o, was);
    memcpy(to->is, o, least);
    memset(to->was, 0, sizeof(PyObject)); /* no object to who looks for some */
    memset(to->is, 0, sizeof(PyObject));
    for (size_t i = 0; i < m->copy_count; i++) {
        const struct field_copy *c = &m->copies[i];
        copy_bits(to->is, c->to, to->was, c->from, c->bits);
    }
    memcpy(to->is + m->is.basicsize, to->was + m->was.basicsize,
           was - (size_t)m->was.basicsize);
    struct old_view view = {{read_old}, layout, to->was};
    hook_fn hook;
    memcpy(&hook, &m->hook, sizeof(hook));
    return hook(to->is, &view.head) < 0 || PyErr_Occurred()
               ? tell_hook(m, t, e)
               : 0;
}

/* Whether nothing but reference counts has changed since. */
static bool
is_as_copied(const struct type_move *m, const struct live_objects *now)
{
    bool is_same = now->count == m->object_count && now->hidden == 0;
    for (size_t i = 0; is_same && i < now->count; i++) {
        const struct moved_object *o = &m->objects[i];
        is_same = now->objects[i] == o->object
                  && memcmp((const char *)o->object + sizeof(PyObject),
                            o->was + sizeof(PyObject),
                            (size_t)Py_TYPE(o->object)->tp_basicsize
                                - sizeof(PyObject))
                         == 0;
    }
    return is_same;
}

int
migrate_copy(struct type_move *m, const struct live_objects *live,
             const struct type *t, struct err *e)
{
    struct layout layout;
    struct live_objects now = {0};
    m->objects = calloc(live->count, sizeof(*m->objects));
    if (m->objects == NULL) {
        return no_memory(e);
    }
    int done = layout_read(m->fields, m->struct_was, &layout, e);
    for (size_t i = 0; done == 0 && i < live->count; i++) {
        m->object_count = i + 1;
        done = copy_one(m, &m->objects[i], live->objects[i], &layout, t, e);
    }
    layout_dispose(&layout);
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
migrate_store(const struct type_move *m)
{
    const size_t head = sizeof(PyObject);
    for (size_t i = 0; i < m->object_count; i++) {
        const struct moved_object *o = &m->objects[i];
        /* the types have their new sizes already */
        memcpy((char *)o->object + head, o->is + head,
               (size_t)Py_TYPE(o->object)->tp_basicsize - head);
    }
}

/* References that no field holds any more. */
void
migrate_drop(struct type_move *m)
{
    for (size_t i = 0; i < m->object_count; i++) {
        for (size_t k = 0; k < m->drop_count; k++) {
            PyObject *gone = NULL;
            memcpy(&gone, m->objects[i].was + m->drops[k], sizeof(gone));
            Py_XDECREF(gone);
        }
    }
    m->object_count = 0;
}
