/* typemove: see typemove.h. */
#include "typemove.h"

#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "native.h"
#include "typechange.h"
#include "typedonor.h"
#include "typeguard.h"
#include "typeslots.h"
#include "typespec.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    PyErr_Clear();
    return err_set(e, ERR_SYSTEM, "out of memory for a type");
}

/* -- what differs --------------------------------------------------------- */

static const PyMemberDef *
member_of(const PyMemberDef *m, const char *name)
{
    while (m != NULL && m->name != NULL && strcmp(m->name, name) != 0) {
        m++;
    }
    return m == NULL || m->name == NULL ? NULL : m;
}

/* Members that are no attributes: CPython takes offsets from them, and plain
 * C's classes have a digest of their fields. */
static bool
is_layout_member(const char *name)
{
    static const char *const names[] = {"__dictoffset__", "__weaklistoffset__",
                                        "__vectorcalloffset__", "__layout__"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The first member of `a` that lies elsewhere in `b`. Where the structs are
 * known only those matter that are no fields' names. */
static const PyMemberDef *
moved_member(const PyMemberDef *a, const PyMemberDef *b, bool is_known)
{
    for (; a != NULL && a->name != NULL; a++) {
        const PyMemberDef *other = member_of(b, a->name);
        bool is_layout = is_layout_member(a->name);
        if ((is_layout && (other == NULL || other->offset != a->offset))
            || (!is_known && !is_layout && other != NULL
                && (other->offset != a->offset || other->type != a->type)))
        {
            return a;
        }
    }
    return NULL;
}

/* Plain C's classes have their struct's fields under names of their own. */
static void
tell_field(const char *type, const struct layout_change *c, char *text,
           size_t len)
{
    const char *path = strncmp(c->path, "m_", 2) == 0 ? c->path + 2 : c->path;
    layout_change_words(c, type, path, text, len);
}

/* False: the layout is as it was. Else the reason's first half is written. */
static bool
differs(const struct type *t, const PyType_Spec *spec,
        const struct typelayout *found, char *text, size_t len)
{
    const PyMemberDef *members = typespec_slot(spec, Py_tp_members);
    const PyMemberDef *m = moved_member(t->members, members, found->is_known);
    if (m == NULL) {
        m = moved_member(members, t->members, found->is_known);
    }
    if (found->change.kind != LAYOUT_SAME) {
        tell_field(t->name, &found->change, text, len);
        return true;
    }
    if (m != NULL && !is_layout_member(m->name)) {
        const PyMemberDef *is = member_of(members, m->name);
        PyOS_snprintf(text, len, "%s.%s would go from offset %zd to offset "
                      "%zd, or to another type", t->name, m->name, m->offset,
                      is->offset);
        return true;
    }
    if (m != NULL && strcmp(m->name, "__layout__") == 0) {
        PyOS_snprintf(text, len, "the names or types of the fields of %s "
                      "would change", t->name);
        return true;
    }
    if (m != NULL) {
        PyOS_snprintf(text, len, "%s of %s would change", m->name, t->name);
        return true;
    }
    text[0] = '\0';
    return t->basicsize != spec->basicsize || t->itemsize != spec->itemsize;
}

/* "…, and objects would go from 24 to 32 bytes" */
static void
add_sizes(const struct type *t, const PyType_Spec *spec, char *text,
          size_t len)
{
    size_t used = strlen(text);
    bool is_item = t->basicsize == spec->basicsize;
    if (is_item && t->itemsize == spec->itemsize) {
        return;
    }
    PyOS_snprintf(text + used, len - used, "%s%s of %s would go from %d to %d "
                  "bytes", used > 0 ? ", and " : "",
                  is_item ? "items" : "objects", t->name,
                  is_item ? t->itemsize : t->basicsize,
                  is_item ? spec->itemsize : spec->basicsize);
}

/* -- what CPython makes of it --------------------------------------------- */

static struct type_shape
shape_of(const PyTypeObject *donor)
{
    return (struct type_shape){donor->tp_basicsize, donor->tp_itemsize,
                               donor->tp_dictoffset, donor->tp_weaklistoffset,
                               donor->tp_vectorcall_offset};
}

static int
find_shapes(struct type_change *c, const PyType_Spec *spec, struct err *e)
{
    const struct type *t = c->type;
    PyType_Spec like = {t->name, t->basicsize, t->itemsize, t->flags, NULL};
    PyTypeObject *was = donor_make(t, &like, t->slots, t->slot_count,
                                   t->members);
    like.basicsize = spec->basicsize;
    like.itemsize = spec->itemsize;
    PyTypeObject *is = NULL;
    if (was != NULL) {
        is = donor_make(t, &like, t->slots, t->slot_count, c->members);
    }
    if (is != NULL) {
        c->move->was = shape_of(was);
        c->move->is = shape_of(is);
    }
    donor_drop(was);
    donor_drop(is);
    PyErr_Clear();
    return is != NULL ? 0
                      : err_set(e, ERR_REFUSED,
                                "CPython makes no type of the new fields of "
                                "%s: restart the app",
                                t->name);
}

/* Plain C's classes have no struct of the source's that a hook could name. */
static bool
is_plain(const struct type *t)
{
    return member_of(t->members, "__layout__") != NULL;
}

/* Objects of plain C's other classes may hold this one's structs. */
static PyObject *
scope_of(const struct type_change *c, const struct native *n)
{
    PyObject *family = type_family(c->type->object);
    if (!is_plain(c->type)) {
        return family;
    }
    for (const struct type *t = n->types; family != NULL && t != NULL;
         t = t->next)
    {
        int known = PySequence_Contains(family, t->object);
        if (known < 0 || (known == 0 && PyList_Append(family, t->object) < 0))
        {
            Py_CLEAR(family);
        }
    }
    return family;
}

/* There is no hook. What is said leads somewhere. */
static int
refuse(const struct type_change *c, const struct live_objects *live,
       struct err *e)
{
    const struct type_move *m = c->move;
    bool could_move = m->takes_hook && !is_plain(c->type) && live->hidden == 0;
    if (could_move && migrate_fits(m, live, c->type, e) < 0) {
        return -1;
    }
    char words[128];
    return err_set(e, ERR_REFUSED, "%s under %s: %s, or restart the app",
                   m->reason, live_words(live, words, sizeof(words)),
                   could_move ? "add a migrate hook (cowbird help migrate)"
                              : "let go of them and save again");
}

/* C code of another module was compiled against this layout. */
static int
check_below(const struct type_change *c, const struct native *n,
            struct err *e)
{
    PyObject *family = c->move->family;
    for (const struct native *o = native_first(); o != NULL; o = o->next) {
        const struct type *t = o == n ? NULL : o->types;
        for (; t != NULL; t = t->next) {
            if (PySequence_Contains(family, t->object) == 1) {
                return err_set(e, ERR_REFUSED,
                               "%s, and %s of another module is built on it: "
                               "restart the app",
                               c->move->reason, t->name);
            }
        }
    }
    return 0;
}

/* What the objects that live now ask for. */
static int
check_live(struct type_change *c, const struct native *n,
           struct live_objects *live, struct err *e)
{
    struct type_move *m = c->move;
    Py_XDECREF(m->family);
    m->family = scope_of(c, n);
    if (m->family == NULL) {
        return no_memory(e);
    }
    if (check_below(c, n, e) < 0 || live_find(m->family, live, e) < 0) {
        return -1;
    }
    int done = live->count == 0 && live->hidden == 0 ? 0
               : m->how.hook != NULL && live->hidden == 0
                   ? migrate_fits(m, live, c->type, e)
                   : refuse(c, live, e);
    if (done < 0) {
        live_dispose(live);
    }
    return done;
}

int
typemove_plan(struct type_change *c, const PyType_Spec *spec,
              const struct type_loading *l, struct err *e)
{
    const struct type *t = c->type;
    struct typelayout found;
    struct live_objects live = {0};
    char text[sizeof(c->move->reason)];
    if (typelayout_compare(l->layouts, t, spec, &found, e) < 0) {
        return -1;
    }
    if (!differs(t, spec, &found, text, sizeof(text))) {
        return 0;
    }
    add_sizes(t, spec, text, sizeof(text));
    if (t->is_static) {
        return err_set(e, ERR_REFUSED, "%s, and it is a static type: restart "
                       "the app", text);
    }
    c->move = calloc(1, sizeof(*c->move));
    if (c->move == NULL) {
        return no_memory(e);
    }
    memcpy(c->move->reason, text, sizeof(text));
    c->move->basicsize = spec->basicsize;
    c->move->itemsize = spec->itemsize;
    if (find_shapes(c, spec, e) < 0
        || migrate_plan(c->move, l, &found, type_short_name(t), e) < 0
        || check_live(c, l->native, &live, e) < 0)
    {
        return -1;
    }
    live_dispose(&live);
    return typeguard_begin((PyTypeObject *)t->object,
                           c->move->is.basicsize, e);
}

void
typemove_unguard(struct type_change *c)
{
    if (c->move != NULL) {
        typeguard_end((PyTypeObject *)c->type->object);
    }
}

/* -- commit --------------------------------------------------------------- */

int
typemove_ready(struct type_change *c, struct err *e)
{
    struct live_objects live = {0};
    if (c->move == NULL) {
        return 0;
    }
    migrate_drop(c->move);
    int done = check_live(c, c->native, &live, e);
    if (done == 0 && live.count > 0) {
        done = migrate_copy(c->move, &live, c->type, e);
    }
    live_dispose(&live);
    return done;
}

/* What it takes for one type: five words of the object, and those of its
 * slots that lie behind the base's fields. */
static size_t
words_for(PyObject *type)
{
    return 5 + (size_t)PyDict_GET_SIZE(((PyTypeObject *)type)->tp_dict);
}

int
typemove_reserve(struct type_change *c, size_t *words, struct err *e)
{
    if (c->move == NULL) {
        return 0;
    }
    Py_XDECREF(c->move->family);
    c->move->family = type_family(c->type->object);
    if (c->move->family == NULL) {
        return no_memory(e);
    }
    *words += 2 * c->move->object_count; /* and its dict's */
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(c->move->family); i++) {
        *words += words_for(PyList_GET_ITEM(c->move->family, i));
    }
    return 0;
}

static void
set_size(struct journal *j, Py_ssize_t *at, Py_ssize_t value)
{
    journal_word(j, at, (void *)value);
}

/* An offset of a type below: the base's own, or one behind its fields. */
static void
move_offset(struct journal *j, Py_ssize_t *at, Py_ssize_t was, Py_ssize_t is,
            const struct type_move *m)
{
    if (*at == was && was != 0) {
        set_size(j, at, is);
    }
    else if (*at >= m->was.basicsize) {
        set_size(j, at, *at + m->is.basicsize - m->was.basicsize);
    }
}

/* Python's __slots__ (descriptors point into the type's own table). */
static void
move_slots(struct journal *j, PyTypeObject *type, const struct type_move *m)
{
    Py_ssize_t at = 0;
    PyObject *name = NULL;  /* borrowed */
    PyObject *value = NULL; /* borrowed */
    while (PyDict_Next(type->tp_dict, &at, &name, &value)) {
        if (Py_TYPE(value) == &PyMemberDescr_Type
            && PyDescr_TYPE(value) == type)
        {
            PyMemberDef *d = ((PyMemberDescrObject *)value)->d_member;
            if (d->offset >= m->was.basicsize) {
                set_size(j, &d->offset,
                         d->offset + m->is.basicsize - m->was.basicsize);
            }
        }
    }
}

/* One of the module's own below this one has a plan of its own. */
static bool
is_own(const struct native *n, const void *type)
{
    const struct type *t = n->types;
    while (t != NULL && t->object != type) {
        t = t->next;
    }
    return t != NULL;
}

static void
move_type(struct journal *j, PyTypeObject *type, const struct type_change *c)
{
    const struct type_move *m = c->move;
    if ((PyObject *)type == c->type->object) {
        set_size(j, &type->tp_basicsize, m->is.basicsize);
        set_size(j, &type->tp_itemsize, m->is.itemsize);
        set_size(j, &type->tp_dictoffset, m->is.dictoffset);
        set_size(j, &type->tp_weaklistoffset, m->is.weaklistoffset);
        set_size(j, &type->tp_vectorcall_offset, m->is.vectorcall_offset);
        return;
    }
    if ((type->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0
        || is_own(c->native, type))
    {
        return;
    }
    move_offset(j, &type->tp_dictoffset, m->was.dictoffset, m->is.dictoffset,
                m);
    move_offset(j, &type->tp_weaklistoffset, m->was.weaklistoffset,
                m->is.weaklistoffset, m);
    move_offset(j, &type->tp_vectorcall_offset, m->was.vectorcall_offset,
                m->is.vectorcall_offset, m);
    move_slots(j, type, m);
    set_size(j, &type->tp_basicsize,
             type->tp_basicsize + m->is.basicsize - m->was.basicsize);
    if (type->tp_itemsize == m->was.itemsize) {
        set_size(j, &type->tp_itemsize, m->is.itemsize);
    }
}

void
typemove_store(const struct type_change *c, struct journal *j)
{
    const struct type_move *m = c->move;
    if (m == NULL) {
        return;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(m->family); i++) {
        move_type(j, (PyTypeObject *)PyList_GET_ITEM(m->family, i), c);
    }
    migrate_store(m, j);
    /* warm code knows where members lay */
    PyType_Modified((PyTypeObject *)c->type->object);
}

void
typemove_settle(struct type_change *c)
{
    if (c->move != NULL) {
        c->type->basicsize = c->move->basicsize;
        c->type->itemsize = c->move->itemsize;
        migrate_settle(c->move);
    }
}

void
typemove_dispose(struct type_change *c)
{
    struct type_move *m = c->move;
    if (m == NULL) {
        return;
    }
    migrate_drop(m);
    typemove_unguard(c);
    migration_dispose(&m->how);
    Py_CLEAR(m->family);
    free(m);
    c->move = NULL;
}
