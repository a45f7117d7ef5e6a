/* enumeration: see enumeration.h. */
#include "enumeration.h"

#include <string.h>

#include "bindgen_call.h"
#include "path.h"
#include "pyname.h"
#include "way.h"

bool
enumeration_is(const struct ctype *t)
{
    return t->shape == SHAPE_SCALAR && t->enumeration != NULL
           && t->enumeration->name[0] != '\0';
}

bool
enumeration_is_needed(const struct enumeration *e)
{
    return e->name[0] != '\0' && (e->is_here || e->is_used);
}

bool
enumeration_is_same(const struct enumeration *a, const struct enumeration *b)
{
    bool is_same = a->member_count == b->member_count
                   && a->is_unsigned == b->is_unsigned;
    for (size_t i = 0; is_same && i < a->member_count; i++) {
        is_same = strcmp(a->members[i].name, b->members[i].name) == 0
                  && a->members[i].value == b->members[i].value;
    }
    return is_same;
}

/* Python's enum keeps "mro" for itself. */
static bool
is_member(const struct member *m)
{
    return !m->is_hidden && strcmp(m->name, "mro") != 0;
}

static size_t
count_members(const struct enumeration *e)
{
    size_t count = 0;
    for (size_t i = 0; i < e->member_count; i++) {
        count += is_member(&e->members[i]);
    }
    return count;
}

static const char *
word_of(bool is)
{
    return is ? "true" : "false";
}

void
enumeration_write(struct buf *out, const struct enumeration *e)
{
    size_t count = count_members(e);
    bool is_public = e->name[0] != '_';
    buf_add_fmt(out,
                "/* %s:%u */\n"
                "static const struct cb_member cb_members_%s[] = {\n",
                path_base(e->path), e->place.line, e->name);
    for (size_t i = 0; i < e->member_count; i++) {
        if (is_member(&e->members[i])) {
            buf_add_fmt(out, "    {\"%s\", (long long)0x%llxULL},\n",
                        e->members[i].name,
                        (unsigned long long)e->members[i].value);
        }
    }
    buf_add_fmt(out,
                "    {NULL, 0},\n};\n"
                "static PyObject *cb_objects_%s[%zu] = {Py_None};\n"
                "static struct cb_enum cb_enum_%s = {\n    \"%s\", ",
                e->name, count + 1, e->name, e->name);
    if (e->doc == NULL) {
        buf_add_str(out, "NULL");
    }
    else {
        buf_add_str(out, "\"");
        call_add_literal(out, e->doc);
        buf_add_str(out, "\"");
    }
    buf_add_fmt(out,
                ",\n    cb_members_%s, %zu, %s, %s, %s, cb_objects_%s,\n};"
                "\n\n",
                e->name, count, word_of(e->is_unsigned), word_of(is_public),
                word_of(is_public && e->is_here), e->name);
}

void
enumeration_write_exec(struct buf *out, const struct enumeration *e)
{
    buf_add_fmt(out,
                "    if (cb_add_enum(module, &cb_enum_%s) < 0) {\n"
                "        return -1;\n    }\n",
                e->name);
}

void
enumeration_annotate(struct buf *out, const struct enumeration *e)
{
    for (size_t i = 0; i < e->member_count; i++) {
        const struct member *m = &e->members[i];
        if (!is_member(m) || pyname_is_keyword(m->name)) {
            continue;
        }
        if (e->is_unsigned) {
            buf_add_fmt(out, "    %s = %llu\n", m->name,
                        (unsigned long long)m->value);
        }
        else {
            buf_add_fmt(out, "    %s = %lld\n", m->name, m->value);
        }
    }
}

/* -- as a result ---------------------------------------------------------- */

static int
claim_result(struct plan *p, struct result *r, struct diag_list *diags)
{
    (void)p;
    (void)diags;
    if (!enumeration_is(r->type)) {
        return 0;
    }
    r->type->enumeration->is_used = true;
    return 1;
}

static void
give(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_fmt(out, "cb_give_enum(&cb_enum_%s, (long long)%s)",
                r->type->enumeration->name, r->value);
}

static void
annotate(struct buf *out, const struct plan *p, const struct result *r)
{
    (void)p;
    buf_add_str(out, r->type->enumeration->name);
}

const struct giving giving_enumeration = {
    .name = "enum",
    .words = {"enum E", "E, int",
              "a member of the IntEnum of the enum's name; a value that is "
              "none is an int."},
    .claim = claim_result,
    .give = give,
    .annotate = annotate,
};
