/* way_buffer: a pointer that a length follows: Python buffers without a copy,
 * of one dimension or, with rows and columns, of two. */
#include "way.h"

#include <string.h>

#include "handle.h"
#include "mem.h"
#include "structure.h"
#include "types.h"

/* -- the naming rules ----------------------------------------------------- */

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool
ends(const char *text, const char *with)
{
    size_t len = strlen(text), tail = strlen(with);
    return len > tail && strcmp(text + len - tail, with) == 0;
}

bool
way_is_length_name(const char *name, const struct ctype *t)
{
    static const char *const names[]
        = {"n", "len", "length", "size", "count", NULL};
    if (t->shape != SHAPE_SCALAR || !type_is_integer(t->type)) {
        return false;
    }
    for (size_t k = 0; names[k] != NULL; k++) {
        if (strcmp(name, names[k]) == 0) {
            return true;
        }
    }
    const char *type = t->spelling;
    type += begins(type, "const ") ? strlen("const ") : 0;
    return begins(name, "n_") || ends(name, "_len") || ends(name, "_count")
           || strcmp(type, "size_t") == 0;
}

bool
way_is_length(const struct function *f, size_t i)
{
    return i < f->parameter_count
           && way_is_length_name(f->parameters[i].name,
                                 &f->parameters[i].type);
}

/* What the items of an array are when they are structs. */
static struct structure *
struct_of(const struct ctype *t)
{
    return t->to == NULL ? NULL : t->to->structure;
}

static bool
is_pointer(const struct function *f, size_t i)
{
    const struct ctype *t
        = i < f->parameter_count ? &f->parameters[i].type : NULL;
    return t != NULL
           && (struct_of(t) != NULL
               || (t->shape == SHAPE_POINTER
                   && t->type->family != FAMILY_VIEW));
}

/* A pointer that may share the length behind its neighbours; a handle has
 * none. */
static bool
is_array(const struct surface *s, const struct function *f, size_t i)
{
    const struct ctype *t = is_pointer(f, i) ? &f->parameters[i].type : NULL;
    return t != NULL
           && (struct_of(t) != NULL
               || (type_is_number(t->type) && !type_is_char(t->type)))
           && handle_of(s, t) == NULL
           && note_find(&f->parameters[i].notes, "out") == NULL;
}

/* Where the length of the pointer at `i` stands; 0 when it has none. */
static size_t
find_length(const struct surface *s, const struct function *f, size_t i)
{
    size_t at = i + 1;
    while (is_array(s, f, i) && is_array(s, f, at)) {
        at++;
    }
    return way_is_length(f, at) ? at : 0;
}

size_t
way_buffer_length(const struct plan *p, size_t i)
{
    return is_pointer(p->f, i) ? find_length(p->s, p->f, i) : 0;
}

/* Gives the buffers from `i` up to their length at `length` their ways. */
static int
take_buffers(struct plan *p, size_t i, size_t length,
             struct diag_list *diags)
{
    bool is_matrix = way_is_length(p->f, length + 1);
    for (size_t k = i; k < length; k++) {
        p->arguments[k].way = &way_buffer;
        p->arguments[k].buffer = i;
        p->arguments[k].is_matrix = is_matrix;
        const struct parameter *parameter = &p->f->parameters[k];
        struct structure *s = struct_of(&parameter->type);
        if (s != NULL && structure_use(s, &parameter->place, diags) < 0) {
            return -1;
        }
    }
    p->arguments[length].way = &way_length;
    p->arguments[length].buffer = i;
    if (is_matrix) {
        p->arguments[length + 1].way = &way_columns;
        p->arguments[length + 1].buffer = i;
    }
    return (int)(length - i) + (is_matrix ? 2 : 1);
}

static int
claim(struct plan *p, size_t i, struct diag_list *diags)
{
    const struct function *f = p->f;
    if (!is_pointer(f, i)) {
        return 0;
    }
    size_t length = find_length(p->s, f, i);
    const struct parameter *parameter = &f->parameters[i];
    if (length > i + 1 && note_find(&parameter->notes, "default") != NULL) {
        return plan_refuse(
            &parameter->place,
            mem_format("'%s' of '%s' has a default, and the length of the "
                       "buffers behind it comes from it",
                       parameter->name, f->name),
            mem_format("let it stand behind '%s', or give it a length of its "
                       "own",
                       f->parameters[i + 1].name),
            diags);
    }
    if (length > 0) {
        return take_buffers(p, i, length, diags);
    }
    if (type_is_char(parameter->type.type)) {
        return 0;
    }
    return plan_refuse(
        &parameter->place,
        mem_format("'%s' of '%s' is a pointer without a length",
                   parameter->name[0] == '\0' ? "a parameter"
                                              : parameter->name,
                   f->name),
        mem_format("let 'size_t n' follow it (or an integer named n, len, "
                   "count…), pass a plain number, or make '%s' static",
                   f->name),
        diags);
}

/* Its length has been claimed with the buffer. */
static int
claim_none(struct plan *p, size_t i, struct diag_list *diags)
{
    (void)p;
    (void)i;
    (void)diags;
    return 0;
}

/* -- the buffer ----------------------------------------------------------- */

static void
declare(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    Py_buffer b_%s;\n", a->name);
}

static void
clear(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    b_%s.obj = NULL;\n", a->name);
}

static bool
is_text(const struct ctype *t)
{
    return t->is_const && t->type != NULL && type_is_char(t->type);
}

static void
take(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    const char *how = !t->is_const ? "CB_WRITES"
                      : is_text(t) ? "CB_READS | CB_TEXT_TOO"
                                   : "CB_READS";
    const struct structure *s = struct_of(t);
    buf_add_fmt(out,
                "cb_take_buffer(args[%d], &cb_sig_%s, %d,\n"
                "                       &cb_items_%s%s, %s, &b_%s) < 0",
                a->at, p->f->name, a->at, s != NULL ? "s_" : "",
                s != NULL ? s->name : t->type->id, how, a->name);
    if (a->is_matrix) {
        buf_add_fmt(out,
                    "\n        || cb_is_matrix(&b_%s, &cb_sig_%s, %d) < 0",
                    a->name, p->f->name, a->at);
    }
}

/* Buffers that share a length have as many items. */
static void
check(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct argument *first = &p->arguments[a->buffer];
    if (first == a) {
        return;
    }
    buf_add_str(out, "    if (");
    if (a->initial != NULL) {
        buf_add_fmt(out, "b_%s.obj != NULL && ", a->name);
    }
    buf_add_fmt(out,
                "cb_same_%s(&b_%s, &b_%s, &cb_sig_%s, %d, %d) < 0) "
                "{\n        goto done;\n    }\n",
                a->is_matrix ? "shape" : "length", first->name, a->name,
                p->f->name, first->at, a->at);
}

static void
pass(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "b_%s.buf", a->name);
}

static void
release(struct buf *out, const struct plan *p, const struct argument *a)
{
    (void)p;
    buf_add_fmt(out, "    PyBuffer_Release(&b_%s);\n", a->name);
}

static void
annotate(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct ctype *t = &a->parameter->type;
    (void)p;
    buf_add_str(out, is_text(t) ? "str | Buffer" : "Buffer");
    buf_add_str(out, a->takes_none ? " | None" : "");
}

/* Nothing given is NULL and a length of 0, or that of its neighbours. */
static char *
fall_back(struct argument *a, const struct literal *v)
{
    bool is_null = v->kind == LITERAL_NULL
                   || (v->kind == LITERAL_INT && v->integer == 0);
    if (!is_null) {
        return mem_copy_str("NULL");
    }
    a->initial = mem_format(a->is_matrix ? "b_%s.buf = NULL, b_%s.len = 0, "
                                           "b_%s.shape = cb_no_shape;"
                                         : "b_%s.buf = NULL, b_%s.len = 0;",
                            a->name, a->name, a->name);
    a->shown = mem_copy_str("None");
    a->takes_none = true;
    return NULL;
}

const struct way way_buffer = {
    .name = "buffer",
    .words = {"const T *x, size_t n", "Buffer",
              "one parameter: a C-contiguous object with items T (array, "
              "numpy, memoryview, bytes), without a copy. T *x is written in "
              "place and has to be writable. Several pointers before one "
              "length have that length; two lengths are rows and columns; "
              "void takes any items, with the length in bytes; const char "
              "takes str as well. BufferError for what is not contiguous or "
              "not writable, TypeError for no buffer or other items, "
              "ValueError for lengths that differ, OverflowError for one that "
              "the type of the length does not hold."},
    .claim = claim,
    .declare = declare,
    .clear = clear,
    .take = take,
    .check = check,
    .pass = pass,
    .release = release,
    .annotate = annotate,
    .fall_back = fall_back,
};

/* -- its lengths ---------------------------------------------------------- */

/* The C expression of a length. */
static void
add_length(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct argument *b = &p->arguments[a->buffer];
    const struct ctype *t = &b->parameter->type;
    if (a->way == &way_columns) {
        buf_add_fmt(out, "b_%s.shape[1]", b->name);
    }
    else if (b->is_matrix) {
        buf_add_fmt(out, "b_%s.shape[0]", b->name);
    }
    else if (struct_of(t) != NULL) {
        buf_add_fmt(out,
                    "(b_%s.len / (Py_ssize_t)sizeof(struct cb_s_%s))",
                    b->name, struct_of(t)->name);
    }
    else if (type_is_number(t->type)) {
        buf_add_fmt(out, "(b_%s.len / (Py_ssize_t)sizeof(%s))", b->name,
                    t->type->c);
    }
    else {
        buf_add_fmt(out, "b_%s.len", b->name);
    }
}

/* Whether a Py_ssize_t may be too much for the type. */
static bool
is_narrow(const struct type *t)
{
    return strcmp(t->id, "long") != 0 && strcmp(t->id, "ulong") != 0
           && strcmp(t->id, "llong") != 0 && strcmp(t->id, "ullong") != 0;
}

static void
check_length(struct buf *out, const struct plan *p, const struct argument *a)
{
    const struct type *t = a->parameter->type.type;
    const struct argument *b = &p->arguments[a->buffer];
    if (!is_narrow(t)) {
        return;
    }
    buf_add_str(out, "    if (cb_fits(");
    add_length(out, p, a);
    buf_add_fmt(out,
                ", &cb_sig_%s, %d, \"%s\", \"%s\", %s) < 0) {\n"
                "        goto done;\n    }\n",
                p->f->name, b->at, a->name, t->c, t->high);
}

static void
pass_length(struct buf *out, const struct plan *p, const struct argument *a)
{
    buf_add_fmt(out, "(%s)", a->parameter->type.type->c);
    add_length(out, p, a);
}

const struct way way_length = {
    .name = "length",
    .claim = claim_none,
    .is_hidden = true,
    .check = check_length,
    .pass = pass_length,
};

const struct way way_columns = {
    .name = "columns",
    .claim = claim_none,
    .is_hidden = true,
    .check = check_length,
    .pass = pass_length,
};
