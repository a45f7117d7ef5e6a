/* way_object: PyObject *, for sources that include Python.h: as it is. A
 * parameter is borrowed, a result is a new reference. */
#include <string.h>

#include "mem.h"
#include "way.h"

static bool
is_object(const struct ctype *t)
{
    return t->to != NULL && t->to->record != NULL
           && strcmp(t->to->record, "_object") == 0;
}

/* Objects are nobody's to touch without the GIL. */
static int
check_gil(const struct plan *p, const struct place *place,
          struct diag_list *diags)
{
    static const char *const notes[] = {"nogil", "async", NULL};
    static const char *const words[] = {"CB_NOGIL", "CB_ASYNC"};
    for (size_t i = 0; notes[i] != NULL; i++) {
        if (note_find(&p->f->notes, notes[i]) != NULL) {
            return plan_refuse(
                place,
                mem_format("'%s' is %s and handles a PyObject, which needs "
                           "the GIL",
                           p->f->name, words[i]),
                mem_format("drop %s, and give up the GIL inside with "
                           "Py_BEGIN_ALLOW_THREADS",
                           words[i]),
                diags);
        }
    }
    return 1;
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    if (!is_object(&p->f->parameters[i].type)) {
        return 0;
    }
    p->arguments[i].way = &way_object;
    return check_gil(p, &p->f->parameters[i].place, diags);
}

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    PyObject *o_%s;\n", a->name);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "(o_%s = args[%d]) == NULL", a->name, a->at);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "o_%s", a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_str(out, a->takes_none ? "object | None" : "object");
}

static char *
fall_back(struct argument *a, const struct literal *v)
{
    if (v->kind != LITERAL_NULL) {
        return mem_copy_str("NULL");
    }
    a->initial = mem_format("o_%s = NULL;", a->name);
    a->shown = mem_copy_str("None");
    a->takes_none = true;
    return NULL;
}

const struct way way_object = {
    .name = "object",
    .words = {"PyObject *o", "object",
              "any object, borrowed for the call; the source includes "
              "Python.h. Refuses nothing."},
    .claim = claim,
    .declare = declare,
    .take = take,
    .pass = pass,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* -- results -------------------------------------------------------------- */

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    return is_object(r->type) ? check_gil(p, r->place, diags) : 0;
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    buf_add_fmt(out, "cb_give_object(%s, &cb_sig_%s)", r->value, p->f->name);
}

static void
annotate_result(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    (void)r;
    buf_add_str(out, "Any");
}

const struct giving giving_object = {
    .name = "object",
    .words = {"PyObject *", "Any",
              "a new reference, which Python takes; NULL with an exception "
              "raises it. SystemError for NULL without one."},
    .claim = claim_result,
    .give = give,
    .annotate = annotate_result,
};
