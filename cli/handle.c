/* handle: see handle.h. The object itself is in
 * runtime/include/cowbird_handles.h. */
#include "handle.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "way.h"

/* -- which they are ------------------------------------------------------- */

bool
handle_is_closer(const struct function *f)
{
    return note_find(&f->notes, "closes") != NULL;
}

static bool
is_pointer_to_record(const struct ctype *t)
{
    return t->to != NULL && t->to->record != NULL
           && strcmp(t->to->record, "_object") != 0; /* PyObject */
}

const struct handle *
handle_of(const struct surface *s, const struct ctype *t)
{
    for (size_t i = 0; is_pointer_to_record(t) && i < s->handle_count; i++) {
        if (strcmp(s->handles[i].record, t->to->record) == 0) {
            return &s->handles[i];
        }
    }
    return NULL;
}

/* The function that ends the record, or NULL. */
static const struct function *
find_closer(const struct surface *surfaces, size_t count, const char *record)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < surfaces[i].function_count; k++) {
            const struct function *f = &surfaces[i].functions[k];
            if (handle_is_closer(f) && f->parameter_count == 1
                && is_pointer_to_record(&f->parameters[0].type)
                && strcmp(f->parameters[0].type.to->record, record) == 0)
            {
                return f;
            }
        }
    }
    return NULL;
}

/* As it was written, when that is a typedef's name; else NULL. */
static const char *
typedef_name(const struct ctype *t)
{
    const char *text = t->spelling;
    text += strncmp(text, "const ", strlen("const ")) == 0 ? 6 : 0;
    return strchr(text, ' ') == NULL ? text : NULL;
}

/* One place where a pointer stands. */
static void
mention(struct surface *s, const struct surface *surfaces, size_t count,
        const struct ctype *t)
{
    if (!is_pointer_to_record(t)) {
        return;
    }
    const char *name = typedef_name(t->to);
    struct handle *h = (struct handle *)handle_of(s, t);
    if (h == NULL) {
        const struct function *closer = find_closer(surfaces, count,
                                                    t->to->record);
        if (t->to->is_complete && closer == NULL) {
            return;
        }
        s->handles = mem_resize(s->handles, s->handle_count + 1,
                                sizeof(*s->handles));
        h = &s->handles[s->handle_count++];
        *h = (struct handle){mem_copy_str(t->to->record),
                             mem_copy_str(t->to->record), closer};
    }
    if (name != NULL && strcmp(h->name, h->record) == 0) {
        free(h->name);
        h->name = mem_copy_str(name);
    }
}

void
handle_find(struct surface *surfaces, size_t count)
{
    for (size_t to = 0; to < count; to++) {
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < surfaces[i].function_count; k++) {
                const struct function *f = &surfaces[i].functions[k];
                mention(&surfaces[to], surfaces, count, &f->result);
                for (size_t j = 0; j < f->parameter_count; j++) {
                    const struct ctype *t = &f->parameters[j].type;
                    mention(&surfaces[to], surfaces, count, t);
                    if (t->to != NULL) {
                        mention(&surfaces[to], surfaces, count, t->to);
                    }
                }
            }
        }
    }
}

static int
check_closer(const struct plan *p, struct diag_list *diags)
{
    const struct function *f = p->f;
    const struct handle *h = f->parameter_count != 1
                                 ? NULL
                                 : handle_of(p->s, &f->parameters[0].type);
    if (h == NULL) {
        return plan_refuse(
            &f->place,
            mem_format("'%s' is CB_CLOSES and does not take one handle alone",
                       f->name),
            mem_copy_str("let its only parameter be a pointer to the struct "
                         "that it ends: CB_CLOSES void store_close(store *s)"),
            diags);
    }
    if (h->closer != f && strcmp(h->closer->name, f->name) != 0) {
        return plan_refuse(
            &f->place,
            mem_format("'%s' is CB_CLOSES for '%s', and '%s' is as well",
                       f->name, h->name, h->closer->name),
            mem_copy_str("a handle ends by one function: drop CB_CLOSES from "
                         "the other"),
            diags);
    }
    return 0;
}

int
handle_check(const struct plan *p, struct diag_list *diags)
{
    for (size_t i = 0; i < p->s->handle_count; i++) {
        if (strcmp(p->s->handles[i].name, p->f->name) == 0) {
            return plan_refuse(
                &p->f->place,
                mem_format("'%s' is the name of a class too, of the handle "
                           "'struct %s'",
                           p->f->name, p->s->handles[i].record),
                mem_copy_str("rename the function, or give the struct a "
                             "typedef of another name"),
                diags);
        }
    }
    return handle_is_closer(p->f) ? check_closer(p, diags) : 0;
}

/* -- the classes ---------------------------------------------------------- */

void
handle_write_declarations(struct buf *out, const struct surface *s)
{
    for (size_t i = 0; i < s->handle_count; i++) {
        const struct handle *h = &s->handles[i];
        buf_add_fmt(out,
                    "static struct cb_class cb_class_%s = {\"%s\", NULL};\n",
                    h->name, h->name);
    }
    buf_add_str(out, s->handle_count > 0 ? "\n" : "");
}

/* close(), and what ends one that nobody holds. */
static void
add_closing(struct buf *out, const struct handle *h)
{
    const char *close = h->closer->name;
    buf_add_fmt(out,
                "static PyObject *\n"
                "cb_close_%s(PyObject *self, PyObject *none)\n{\n"
                "    (void)none;\n"
                "    if (!cb_is_open(self)) {\n"
                "        Py_RETURN_NONE;\n    }\n"
                "    return cb_call_%s(NULL, &self, 1, NULL);\n}\n\n"
                "static PyObject *\n"
                "cb_exit_%s(PyObject *self, PyObject *what)\n{\n"
                "    (void)what;\n"
                "    PyObject *done = cb_close_%s(self, NULL);\n"
                "    if (done == NULL) {\n        return NULL;\n    }\n"
                "    Py_DECREF(done);\n    Py_RETURN_NONE;\n}\n\n",
                h->name, close, h->name, h->name);
    buf_add_fmt(out,
                "static void\ncb_finalize_%s(PyObject *self)\n{\n"
                "    if (cb_is_owned(self)) {\n"
                "        cb_finish(self, cb_close_%s);\n    }\n}\n\n",
                h->name, h->name);
}

static void
add_methods(struct buf *out, const struct handle *h)
{
    buf_add_fmt(out, "static PyMethodDef cb_methods_%s[] = {\n", h->name);
    if (h->closer != NULL) {
        buf_add_fmt(out,
                    "    {\"close\", cb_close_%s, METH_NOARGS,\n"
                    "     \"close($self)\\n--\\n\\nCalls %s(), unless that "
                    "has been done.\"},\n"
                    "    {\"__enter__\", cb_enter, METH_NOARGS, NULL},\n"
                    "    {\"__exit__\", cb_exit_%s, METH_VARARGS, NULL},\n",
                    h->name, h->closer->name, h->name);
    }
    buf_add_str(out, "    {NULL, NULL, 0, NULL},\n};\n\n");
}

/* All classes have the same slots, so that any of them may gain or lose its
 * closing function while there are objects. */
static void
add_class(struct buf *out, const struct handle *h, const char *name)
{
    bool has_closer = h->closer != NULL;
    if (has_closer) {
        add_closing(out, h);
    }
    add_methods(out, h);
    buf_add_fmt(
        out,
        "static PyType_Slot cb_slots_%s[] = {\n"
        "    {Py_tp_dealloc, (void *)(uintptr_t)cb_handle_dealloc},\n"
        "    {Py_tp_finalize, (void *)(uintptr_t)cb_finalize%s%s},\n"
        "    {Py_tp_new, (void *)(uintptr_t)cb_handle_new},\n"
        "    {Py_tp_repr, (void *)(uintptr_t)cb_handle_repr},\n"
        "    {Py_tp_methods, (void *)cb_methods_%s},\n"
        "    {0, NULL},\n};\n\n"
        "static PyType_Spec cb_spec_%s = {\n"
        "    .name = \"%s.%s\",\n"
        "    .basicsize = sizeof(struct cb_handle),\n"
        "    .flags = Py_TPFLAGS_DEFAULT,\n"
        "    .slots = cb_slots_%s,\n};\n\n",
        h->name, has_closer ? "_" : "", has_closer ? h->name : "", h->name,
        h->name, name, h->name, h->name);
}

void
handle_write_classes(struct buf *out, const struct surface *s,
                     const char *name)
{
    for (size_t i = 0; i < s->handle_count; i++) {
        add_class(out, &s->handles[i], name);
    }
}

void
handle_write_exec(struct buf *out, const struct surface *s)
{
    for (size_t i = 0; i < s->handle_count; i++) {
        const char *name = s->handles[i].name;
        buf_add_fmt(out,
                    "    if (cb_add_class(module, &cb_class_%s, &cb_spec_%s) "
                    "< 0) {\n        return -1;\n    }\n",
                    name, name);
    }
}
