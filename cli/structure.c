/* structure: see structure.h. */
#include "structure.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bindgen_call.h"
#include "enumeration.h"
#include "mem.h"
#include "path.h"
#include "pyname.h"
#include "types.h"

static bool
is_text(const struct field *f)
{
    return f->count > 0 && f->type.structure == NULL
           && type_is_char(f->type.type);
}

/* What makes a word of Python a name there. */
static const char *
tail_of(const struct field *f)
{
    return pyname_is_keyword(f->name) ? "_" : "";
}

static size_t
size_of(const struct field *f)
{
    return f->type.structure != NULL ? f->type.structure->size
                                     : type_size(f->type.type);
}

bool
structure_is_same(const struct structure *a, const struct structure *b)
{
    bool is_same = a->size == b->size && a->field_count == b->field_count;
    for (size_t i = 0; is_same && i < a->field_count; i++) {
        const struct field *x = &a->fields[i], *y = &b->fields[i];
        is_same = strcmp(x->name, y->name) == 0 && x->offset == y->offset
                  && x->count == y->count && x->type.type == y->type.type
                  && (x->type.structure == NULL)
                         == (y->type.structure == NULL);
    }
    return is_same;
}

int
structure_use(struct structure *s, const struct place *where,
              struct diag_list *diags)
{
    if (s->name[0] == '\0') {
        return plan_refuse(where,
                           mem_copy_str("the struct has no name for a class"),
                           mem_copy_str("give it a tag: struct point {…}"),
                           diags);
    }
    if (s->flaw != NULL) {
        return plan_refuse(
            &s->flaw_place,
            mem_format("'%s' cannot be a class: %s", s->name, s->flaw),
            mem_copy_str("use numbers, arrays of them, char[n] and structs of "
                         "these; or hide the fields in another file, and "
                         "Python holds the pointer alone"),
            diags);
    }
    s->is_used = true;
    for (size_t i = 0; i < s->field_count; i++) {
        struct ctype *t = &s->fields[i].type;
        if (t->structure != NULL
            && structure_use(t->structure, where, diags) < 0)
        {
            return -1;
        }
        if (t->enumeration != NULL) {
            t->enumeration->is_used = true;
        }
    }
    return 0;
}

/* -- the struct again ----------------------------------------------------- */

/* "struct point { double x; double y; }" */
static char *
declaration(const struct structure *s)
{
    struct buf out = BUF_INIT;
    buf_add_fmt(&out, "struct %s {", s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        buf_add_fmt(&out, " %s %s", f->type.spelling, f->name);
        if (f->count > 0) {
            buf_add_fmt(&out, "[%zu]", f->count);
        }
        buf_add_str(&out, ";");
    }
    buf_add_str(&out, " }");
    return buf_take(&out);
}

/* Its fields have names of ours, which no header defines as macros. */
static void
add_declaration(struct buf *out, const struct structure *s)
{
    buf_add_fmt(out, "/* %s:%u */\nstruct cb_s_%s {\n", path_base(s->path),
                s->place.line, s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        buf_add_str(out, "    ");
        call_add_ctype(out, &f->type);
        buf_add_fmt(out, " m_%s", f->name);
        if (f->count > 0) {
            buf_add_fmt(out, "[%zu]", f->count);
        }
        buf_add_str(out, ";\n");
    }
    buf_add_fmt(out, "};\nCB_IS_LAYOUT(sizeof(struct cb_s_%s) == %zu);\n",
                s->name, s->size);
    for (size_t i = 0; i < s->field_count; i++) {
        buf_add_fmt(out,
                    "CB_IS_LAYOUT(offsetof(struct cb_s_%s, m_%s) == %zu);\n",
                    s->name, s->fields[i].name, s->fields[i].offset);
    }
}

/* -- its format (PEP 3118) ------------------------------------------------ */

static void
add_padding(struct buf *out, size_t count)
{
    if (count > 0) {
        buf_add_fmt(out, "%zux", count);
    }
}

static void
add_format(struct buf *out, const struct structure *s)
{
    size_t at = 0;
    buf_add_str(out, "T{");
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        size_t items = f->count > 0 ? f->count : 1;
        add_padding(out, f->offset - at);
        at = f->offset + size_of(f) * items;
        if (is_text(f)) {
            buf_add_fmt(out, "%zus", f->count);
        }
        else if (f->count > 0) {
            buf_add_fmt(out, "(%zu)", f->count);
        }
        if (f->type.structure != NULL) {
            add_format(out, f->type.structure);
        }
        else if (!is_text(f)) {
            buf_add_str(out, type_is_char(f->type.type)
                                 ? "b"
                                 : f->type.type->item);
        }
        buf_add_fmt(out, ":%s%s:", f->name, tail_of(f));
    }
    add_padding(out, s->size - at);
    buf_add_str(out, "}");
}

/* -- the class ------------------------------------------------------------ */

static void
add_fields(struct buf *out, const struct structure *s)
{
    buf_add_fmt(out, "static const char *const cb_fieldnames_%s[] = {",
                s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        buf_add_fmt(out, "%s\"%s%s\"", i > 0 ? ",\n    " : "\n    ",
                    s->fields[i].name, tail_of(&s->fields[i]));
    }
    buf_add_fmt(out,
                "};\nstatic struct cb_struct cb_struct_%s;\n"
                "static const struct cb_field cb_fields_%s[] = {\n",
                s->name, s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        const struct ctype *t = &f->type;
        buf_add_str(out, "    {");
        if (t->structure != NULL) {
            buf_add_fmt(out, "NULL, &cb_struct_%s, NULL", t->structure->name);
        }
        else if (enumeration_is(t)) {
            buf_add_fmt(out, "&cb_scalar_%s, NULL, &cb_enum_%s", t->type->id,
                        t->enumeration->name);
        }
        else {
            buf_add_fmt(out, "&cb_scalar_%s, NULL, NULL", t->type->id);
        }
        buf_add_fmt(out, ", %zu, %zu, %zu,\n     %s, &cb_struct_%s, %zu},\n",
                    f->offset, size_of(f), f->count,
                    is_text(f) ? "true" : "false", s->name, i);
    }
    buf_add_str(out, "};\n");
}

static void
add_struct(struct buf *out, const struct structure *s)
{
    struct buf format = BUF_INIT;
    add_format(&format, s);
    buf_add_fmt(out,
                "static const struct cb_items cb_items_s_%s = {\n"
                "    \"%s\", sizeof(struct cb_s_%s), _Alignof(struct "
                "cb_s_%s),\n    \"%s\",\n    &cb_struct_%s,\n};\n",
                s->name, s->name, s->name, s->name, buf_text(&format),
                s->name);
    buf_dispose(&format);
    buf_add_fmt(out,
                "static struct cb_struct cb_struct_%s = {\n"
                "    {\"%s\", %zu, 0, 0, cb_fieldnames_%s},\n"
                "    cb_fields_%s, sizeof(struct cb_s_%s), "
                "_Alignof(struct cb_s_%s),\n"
                "    CB_DATA_AT(struct cb_s_%s), &cb_items_s_%s, NULL,\n};\n",
                s->name, s->name, s->field_count, s->name, s->name, s->name,
                s->name, s->name, s->name);
}

/* "point(x=0.0, n=0)": what inspect.signature reads. */
static void
add_signature(struct buf *out, const struct structure *s)
{
    buf_add_fmt(out, "%s(", s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        const struct type *t = f->type.type;
        const char *shown = is_text(f)                           ? "''"
                            : f->count > 0 || t == NULL          ? "..."
                            : t->family == FAMILY_FLOATING       ? "0.0"
                            : t->family == FAMILY_BOOL           ? "False"
                                                                 : "0";
        buf_add_fmt(out, "%s%s%s=%s", i > 0 ? ", " : "", f->name,
                    tail_of(f), shown);
    }
    buf_add_str(out, ")\n--\n\n");
}

static void
add_doc(struct buf *out, const struct structure *s)
{
    struct buf text = BUF_INIT;
    char *made = s->doc == NULL ? declaration(s) : NULL;
    add_signature(&text, s);
    buf_add_str(&text, made != NULL ? made : s->doc);
    buf_add_fmt(out, "static const char cb_structdoc_%s[]\n    = \"",
                s->name);
    call_add_literal(out, buf_text(&text));
    buf_add_str(out, "\";\n");
    buf_dispose(&text);
    free(made);
}

static void
add_getters(struct buf *out, const struct structure *s)
{
    buf_add_fmt(out, "static PyGetSetDef cb_getsets_%s[] = {\n", s->name);
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        buf_add_fmt(out,
                    "    {\"%s%s\", cb_get_field, %s, \"%s\",\n"
                    "     (void *)(uintptr_t)&cb_fields_%s[%zu]},\n",
                    f->name, tail_of(f),
                    f->is_const ? "NULL" : "cb_set_field", f->type.spelling,
                    s->name, i);
    }
    buf_add_str(out, "    {NULL, NULL, NULL, NULL, NULL},\n};\n");
}

/* A fingerprint of names, types and places, as the offset of a member that is
 * always None: the engine refuses a swap that would change it. */
static void
add_layout(struct buf *out, const struct structure *s)
{
    struct buf format = BUF_INIT;
    uint32_t hash = 2166136261u;
    add_format(&format, s);
    for (size_t i = 0; i < format.len; i++) {
        hash = (hash ^ (unsigned char)format.data[i]) * 16777619u;
    }
    buf_dispose(&format);
    buf_add_fmt(out,
                "static PyMemberDef cb_layout_%s[] = {\n"
                "    {\"__layout__\", T_NONE, %u, READONLY, NULL},\n"
                "    {NULL, 0, 0, 0, NULL},\n};\n",
                s->name, hash >> 1);
}

void
structure_write(struct buf *out, const struct structure *s,
                const char *module)
{
    add_declaration(out, s);
    add_fields(out, s);
    add_struct(out, s);
    add_doc(out, s);
    add_getters(out, s);
    add_layout(out, s);
    buf_add_fmt(
        out,
        "static PyType_Slot cb_typeslots_%s[] = {\n"
        "    CB_STRUCT_SLOTS,\n"
        "    {Py_tp_doc, (void *)(uintptr_t)cb_structdoc_%s},\n"
        "    {Py_tp_getset, cb_getsets_%s},\n"
        "    {Py_tp_members, cb_layout_%s},\n    {0, NULL},\n};\n"
        "static PyType_Spec cb_spec_%s = {\n"
        "    .name = \"%s.%s\",\n"
        "    .basicsize = CB_DATA_AT(struct cb_s_%s)\n"
        "                 + sizeof(struct cb_s_%s),\n"
        "    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,\n"
        "    .slots = cb_typeslots_%s,\n};\n\n",
        s->name, s->name, s->name, s->name, s->name, module, s->name, s->name,
        s->name, s->name);
}

void
structure_write_exec(struct buf *out, const struct structure *s)
{
    buf_add_fmt(out,
                "    if (cb_add_struct(module, &cb_struct_%s, &cb_spec_%s) < "
                "0) {\n        return -1;\n    }\n",
                s->name, s->name);
}

/* -- in a stub ------------------------------------------------------------ */

/* What a field gives; with `is_taken`, what it takes. */
static void
annotate_field(struct pyi_text *t, const struct field *f, bool is_taken)
{
    const struct ctype *type = &f->type;
    bool is_array = f->count > 0 && !is_text(f);
    if (is_text(f)) {
        pyi_add_type(t, "str");
        return;
    }
    if (is_array && !is_taken) {
        if (type->structure != NULL) {
            buf_add_fmt(&t->body, "_%sArray", type->structure->name);
        }
        else {
            pyi_add_type(t, "memoryview");
        }
        return;
    }
    if (is_array) {
        pyi_add_type(t, "Iterable");
        buf_add_str(&t->body, "[");
    }
    if (type->structure != NULL || enumeration_is(type)) {
        buf_add_str(&t->body, type->structure != NULL
                                  ? type->structure->name
                                  : type->enumeration->name);
    }
    if (is_taken && enumeration_is(type)) {
        buf_add_str(&t->body, " | ");
    }
    if (type->structure == NULL && (is_taken || !enumeration_is(type))) {
        pyi_add_type(t, type->type->python);
    }
    buf_add_str(&t->body, is_array ? "]" : "");
}

static void
annotate_accessors(struct pyi_text *t, const struct field *f)
{
    const char *tail = tail_of(f);
    buf_add_fmt(&t->body, "    @property\n    def %s%s(self) -> ", f->name,
                tail);
    annotate_field(t, f, false);
    buf_add_str(&t->body, ": ...\n");
    if (f->is_const) {
        return;
    }
    buf_add_fmt(&t->body, "    @%s%s.setter\n    def %s%s(self, value: ",
                f->name, tail, f->name, tail);
    annotate_field(t, f, true);
    buf_add_str(&t->body, ") -> None: ...\n");
}

/* A method of the stub, its parameters and result as annotations. */
static void
annotate_method(struct pyi_text *t, const char *name, const char *parameters,
                const char *result)
{
    buf_add_fmt(&t->body, "    def %s(self", name);
    pyi_add_type(t, parameters);
    buf_add_str(&t->body, ") -> ");
    pyi_add_type(t, result);
    buf_add_str(&t->body, ": ...\n");
}

static void
annotate_buffer(struct pyi_text *t)
{
    annotate_method(t, "__buffer__", ", flags: int, /", "memoryview");
}

/* What array() gives has no name in the module. */
static void
annotate_array(struct pyi_text *t, const struct structure *s)
{
    char *taken = mem_format(", at: int, value: %s, /", s->name);
    char *items = mem_format("Iterator[%s]", s->name);
    buf_add_fmt(&t->body, "\nclass _%sArray:\n", s->name);
    annotate_method(t, "__len__", "", "int");
    annotate_method(t, "__getitem__", ", at: int, /", s->name);
    annotate_method(t, "__setitem__", taken, "None");
    annotate_method(t, "__iter__", "", items);
    annotate_buffer(t);
    free(taken);
    free(items);
}

/* The fields in their order, for `case Point(x, y)`. */
static void
annotate_matching(struct pyi_text *t, const struct structure *s)
{
    buf_add_str(&t->body, "    __match_args__: ");
    pyi_add_type(t, "Final");
    buf_add_str(&t->body, " = (");
    for (size_t i = 0; i < s->field_count; i++) {
        buf_add_fmt(&t->body, "%s\"%s%s\",", i > 0 ? " " : "",
                    s->fields[i].name, tail_of(&s->fields[i]));
    }
    buf_add_str(&t->body, ")\n");
}

void
structure_annotate(struct pyi_text *t, const struct structure *s)
{
    buf_add_fmt(&t->body, "\nclass %s:\n", s->name);
    if (s->doc != NULL) {
        pyi_add_doc(&t->body, "    ", s->doc);
    }
    annotate_matching(t, s);
    buf_add_str(&t->body, "    def __init__(self");
    for (size_t i = 0; i < s->field_count; i++) {
        const struct field *f = &s->fields[i];
        buf_add_fmt(&t->body, ", %s%s: ", f->name,
                    tail_of(f));
        annotate_field(t, f, true);
        buf_add_str(&t->body, " = ...");
    }
    buf_add_str(&t->body, ") -> None: ...\n");
    for (size_t i = 0; i < s->field_count; i++) {
        annotate_accessors(t, &s->fields[i]);
    }
    buf_add_str(&t->body, "    @classmethod\n    def array(cls, what: ");
    pyi_add_type(t, "int");
    buf_add_str(&t->body, " | ");
    pyi_add_type(t, "Iterable");
    buf_add_fmt(&t->body, "[%s], /) -> _%sArray: ...\n", s->name, s->name);
    annotate_buffer(t);
    annotate_array(t, s);
}
