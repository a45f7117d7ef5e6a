/* migration: see migration.h. */
#include "migration.h"

#include <stdlib.h>
#include <string.h>

#include "image.h"
#include "include/cowbird.h"
#include "wire/buf.h"

#include "guard.h"

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for a migration");
}

/* -- plan ----------------------------------------------------------------- */

void *
migration_hook(const struct layout_pair *p, const char *name)
{
    struct buf text = BUF_INIT;
    buf_add_fmt(&text, "cb_migrate_%s", name);
    uint64_t at = layouts_function(p->is, buf_text(&text));
    buf_dispose(&text);
    return at == 0 ? NULL : (void *)(p->new->elf.bias + at);
}

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
is_same_field(const struct layout_field *x, const struct layout_field *y)
{
    return y != NULL && x->bits == y->bits && strcmp(x->type, y->type) == 0;
}

/* Only what is declared so: a pointer of another type is as likely to be
 * borrowed. */
static bool
is_reference(const struct layouts *l, const struct layout_field *f)
{
    static const char *const names[] = {"_object", "PyObject", "_typeobject",
                                        "PyTypeObject"};
    size_t i = 0;
    while (i < l->name_count && l->names[i].at != f->target) {
        i++;
    }
    for (size_t k = 0; f->target != 0 && i < l->name_count
                       && k < sizeof(names) / sizeof(names[0]); k++)
    {
        if (strcmp(l->names[i].name, names[k]) == 0) {
            return true;
        }
    }
    return false;
}

/* An array has one for each item. */
static int
add_references(struct migration *m, const struct layout_field *from,
               const struct layout_field *to, struct err *e)
{
    const uint64_t word = 8 * sizeof(PyObject *);
    const struct layout_field *any = from != NULL ? from : to;
    size_t count = (size_t)(any->bits / word);
    struct reference *all = realloc(m->references,
                                    (m->reference_count + count + 1)
                                        * sizeof(*all));
    if (all == NULL) {
        return no_memory(e);
    }
    m->references = all;
    for (size_t i = 0; i < count; i++) {
        all[m->reference_count++] = (struct reference){
            from == NULL ? REFERENCE_NONE : (from->bit_at + i * word) / 8,
            to == NULL ? REFERENCE_NONE : (to->bit_at + i * word) / 8};
    }
    return 0;
}

static int
add_pointer(struct migration *m, const struct layout_field *f, struct err *e)
{
    uint64_t *all = realloc(m->pointers,
                            (m->pointer_count + 1) * sizeof(*all));
    if (all == NULL) {
        return no_memory(e);
    }
    m->pointers = all;
    all[m->pointer_count++] = f->bit_at / 8;
    return 0;
}

static int
plan_old(struct migration *m, const struct layouts *l, const struct layout *is,
         struct err *e)
{
    for (size_t i = 0; i < m->was.count; i++) {
        const struct layout_field *x = &m->was.fields[i];
        const struct layout_field *y = find_field(is, x->path);
        bool goes_along = is_same_field(x, y);
        if (goes_along) {
            m->copies[m->copy_count++] = (struct field_copy){
                x->bit_at, y->bit_at, x->bits};
        }
        if (is_reference(l, x)
            && add_references(m, x, goes_along ? y : NULL, e) < 0)
        {
            return -1;
        }
    }
    return 0;
}

static int
plan_new(struct migration *m, const struct layouts *l, const struct layout *is,
         struct err *e)
{
    for (size_t i = 0; i < is->count; i++) {
        const struct layout_field *y = &is->fields[i];
        const struct layout_field *x = find_field(&m->was, y->path);
        int done = 0;
        if (x != NULL && is_same_field(x, y)) {
            continue;
        }
        if (is_reference(l, y)) {
            done = add_references(m, NULL, y, e);
        }
        else if (strncmp(y->type, "pointer", strlen("pointer")) == 0) {
            done = add_pointer(m, y, e);
        }
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

int
migration_plan(struct migration *m, const struct layout_pair *p, size_t was,
               size_t is, struct err *e)
{
    struct layout new = {0};
    int done = layout_read(p->was, was, &m->was, e);
    if (done == 0) {
        done = layout_read(p->is, is, &new, e);
    }
    if (done == 0) {
        m->copies = calloc(m->was.count + 1, sizeof(*m->copies));
        done = m->copies == NULL ? no_memory(e)
                                 : plan_old(m, p->was, &new, e);
    }
    if (done == 0) {
        done = plan_new(m, p->is, &new, e);
    }
    layout_dispose(&new);
    return done;
}

void
migration_dispose(struct migration *m)
{
    free(m->copies);
    free(m->references);
    free(m->pointers);
    layout_dispose(&m->was);
    memset(m, 0, sizeof(*m));
}

/* -- copies --------------------------------------------------------------- */

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

void
migration_keep_carried(const struct migration *m, char *to, const char *from)
{
    for (size_t i = 0; i < m->copy_count; i++) {
        const struct field_copy *c = &m->copies[i];
        copy_bits(to, c->to, from, c->to, c->bits);
    }
}

/* -- references ----------------------------------------------------------- */

static PyObject *
object_at(const char *bytes, uint64_t offset)
{
    PyObject *o = NULL;
    if (bytes != NULL && offset != REFERENCE_NONE) {
        memcpy(&o, bytes + offset, sizeof(o));
    }
    return o;
}

/* A result has references of its own to all but what it has taken along. */
static void
own_begun(const struct migration *m, const char *is)
{
    for (size_t i = 0; i < m->reference_count; i++) {
        const struct reference *r = &m->references[i];
        if (r->from == REFERENCE_NONE) {
            Py_XINCREF(object_at(is, r->to));
        }
    }
}

void
migration_drop(const struct migration *m, const char *was, const char *is)
{
    for (size_t i = 0; i < m->reference_count; i++) {
        const struct reference *r = &m->references[i];
        PyObject *made = object_at(is, r->to);
        if (made != object_at(was, r->from)) {
            Py_XDECREF(made);
        }
    }
}

void
migration_settle(const struct migration *m, const char *was, const char *is,
                 const char *base)
{
    for (size_t i = 0; i < m->reference_count; i++) {
        const struct reference *r = &m->references[i];
        PyObject *old = object_at(was, r->from);
        if (old != object_at(is, r->to)) {
            Py_XDECREF(old);
        }
        if (r->from == REFERENCE_NONE) {
            Py_XDECREF(object_at(base, r->to));
        }
    }
}

bool
migration_replaced(const struct migration *m, const char *is,
                   const char *base)
{
    for (size_t i = 0; i < m->pointer_count; i++) {
        const void *was = NULL;
        memcpy(&was, base + m->pointers[i], sizeof(was));
        if (was != NULL
            && memcmp(is + m->pointers[i], &was, sizeof(was)) != 0)
        {
            return true;
        }
    }
    return false;
}

/* -- the hook ------------------------------------------------------------- */

/* What a hook sees of the old struct. */
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

/* The exception that the hook has set, in one sentence. */
static int
tell_hook(const char *reason, struct err *e)
{
    PyObject *kind = NULL, *value = NULL, *trace = NULL;
    PyErr_Fetch(&kind, &value, &trace);
    PyErr_NormalizeException(&kind, &value, &trace);
    PyObject *words = value == NULL ? NULL : PyObject_Str(value);
    const char *text = words == NULL ? NULL : PyUnicode_AsUTF8(words);
    err_set(e, ERR_REFUSED, "%s, and its migrate hook said no: %s%s%s",
            reason,
            kind == NULL ? "it returned -1 without an exception"
                         : ((PyTypeObject *)kind)->tp_name,
            text == NULL ? "" : ": ", text == NULL ? "" : text);
    PyErr_Clear();
    Py_XDECREF(kind);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    Py_XDECREF(words);
    return -1;
}

int
migration_run(const struct migration *m, const char *was, char *is,
              const char *reason, struct err *e)
{
    typedef int (*hook_fn)(void *self, const struct cb_old *old);
    own_begun(m, is);
    for (size_t i = 0; i < m->copy_count; i++) {
        const struct field_copy *c = &m->copies[i];
        copy_bits(is, c->to, was, c->from, c->bits);
    }
    if (m->hook == NULL) {
        return 0;
    }
    struct old_view view = {{read_old}, &m->was, was};
    hook_fn hook;
    memcpy(&hook, &m->hook, sizeof(hook));
    return hook(is, &view.head) < 0 || PyErr_Occurred() ? tell_hook(reason, e)
                                                        : 0;
}
