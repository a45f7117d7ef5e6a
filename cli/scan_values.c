/* scan_values: the enums and structs that functions take and give, each once,
 * with all that the binding needs to say them again; scan_reader.h. */
#include "scan_reader.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* -- names and places ----------------------------------------------------- */

/* A tag; "" when there is none: libclang then makes words of its own. */
static char *
tag_of(const struct clang *c, struct clang_cursor cursor)
{
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    if (strpbrk(name, " (") != NULL) {
        name[0] = '\0';
    }
    return name;
}

void
scan_take_typedef(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    struct clang_type t
        = c->getCanonicalType(c->getTypedefDeclUnderlyingType(cursor));
    char *name = clang_take(c, c->getCursorSpelling(cursor));
    r->s->sees_python |= strcmp(name, "PyObject") == 0;
    r->s->says_free_threading |= strcmp(name, "cb_says_free_threading") == 0;
    r->s->says_subinterpreters
        |= strcmp(name, "cb_says_subinterpreters") == 0;
    if (t.kind != CLANG_TYPE_ENUM && t.kind != CLANG_TYPE_RECORD) {
        free(name);
        return;
    }
    r->names = mem_resize(r->names, r->name_count + 1, sizeof(*r->names));
    r->names[r->name_count++]
        = (struct scan_name){c->getTypeDeclaration(t), name};
}

/* The file's name on the heap, to which `at` points. */
static char *
place_of(const struct scan_reader *r, struct clang_cursor cursor,
         struct place *at)
{
    const struct clang *c = r->c;
    void *file = NULL;
    unsigned line = 0, column = 0;
    c->getExpansionLocation(c->getCursorLocation(cursor), &file, &line,
                            &column, NULL);
    char *path = file == NULL || file == r->file
                     ? mem_copy_str(r->s->path)
                     : clang_take(c, c->getFileName(file));
    char *name = tag_of(c, cursor);
    *at = (struct place){path, line, column, (unsigned)strlen(name)};
    free(name);
    return path;
}

/* A typedef is how the user speaks of it. Takes `tag`. */
static char *
name_of(const struct scan_reader *r, struct clang_cursor cursor, char *tag)
{
    for (size_t i = 0; i < r->name_count; i++) {
        if (r->c->equalCursors(r->names[i].of, cursor)) {
            free(tag);
            return mem_copy_str(r->names[i].name);
        }
    }
    return tag;
}

void
scan_name_values(struct scan_reader *r)
{
    struct surface *s = r->s;
    for (size_t i = 0; i < s->enumeration_count; i++) {
        struct enumeration *e = s->enumerations[i];
        e->name = name_of(r, e->cursor, e->name);
    }
    for (size_t i = 0; i < s->structure_count; i++) {
        struct structure *t = s->structures[i];
        t->name = name_of(r, t->cursor, t->name);
    }
    for (size_t i = 0; i < r->name_count; i++) {
        free(r->names[i].name);
    }
    free(r->names);
    r->names = NULL;
}

/* -- enums ---------------------------------------------------------------- */

struct members {
    const struct clang *c;
    struct enumeration *e;
};

static int
visit_member(struct clang_cursor cursor, struct clang_cursor parent,
             void *data)
{
    struct members *to = data;
    struct enumeration *e = to->e;
    const struct clang *c = to->c;
    (void)parent;
    if (cursor.kind != CLANG_ENUM_CONSTANT) {
        return CLANG_CONTINUE;
    }
    e->members = mem_resize(e->members, e->member_count + 1,
                            sizeof(*e->members));
    struct member *m = &e->members[e->member_count++];
    m->name = clang_take(c, c->getCursorSpelling(cursor));
    m->is_hidden = m->name[0] == '_';
    m->value = e->is_unsigned
                   ? (long long)c->getEnumConstantDeclUnsignedValue(cursor)
                   : c->getEnumConstantDeclValue(cursor);
    return CLANG_CONTINUE;
}

struct enumeration *
scan_enumeration(struct scan_reader *r, struct clang_cursor cursor)
{
    const struct clang *c = r->c;
    struct surface *s = r->s;
    for (size_t i = 0; i < s->enumeration_count; i++) {
        if (c->equalCursors(s->enumerations[i]->cursor, cursor)) {
            return s->enumerations[i];
        }
    }
    struct enumeration *e = mem_new(sizeof(*e));
    const struct type *t = type_of_clang(
        c->getCanonicalType(c->getEnumDeclIntegerType(cursor)).kind);
    e->cursor = cursor;
    e->name = tag_of(c, cursor);
    e->doc = scan_read_comment(c, cursor);
    e->path = place_of(r, cursor, &e->place);
    e->is_here = scan_is_here(r, c->getCursorLocation(cursor), NULL, NULL);
    e->is_unsigned = t != NULL && t->family == FAMILY_UNSIGNED;
    struct members members = {c, e};
    c->visitChildren(cursor, visit_member, &members);
    s->enumerations = mem_resize(s->enumerations, s->enumeration_count + 1,
                                 sizeof(*s->enumerations));
    return s->enumerations[s->enumeration_count++] = e;
}

bool
scan_is_nameless(const struct enumeration *e)
{
    return e->name[0] == '\0';
}

/* -- structs -------------------------------------------------------------- */

struct fields {
    struct scan_reader *r;
    struct structure *s;
};

/* Takes `why`. The first is said. */
static void
set_flaw(struct structure *s, const struct place *at, char *why)
{
    if (s->flaw == NULL) {
        s->flaw = why;
        s->flaw_place = *at;
    }
    else {
        free(why);
    }
}

/* What Python cannot hold of a field, on the heap; NULL: nothing. */
static char *
flaw_of(const struct clang *c, struct clang_cursor cursor,
        const struct field *f, struct clang_type t)
{
    struct clang_type canonical = c->getCanonicalType(t);
    const struct ctype *type = &f->type;
    if (c->Cursor_isBitField(cursor)) {
        return mem_format("'%s' is a bit-field", f->name);
    }
    if (canonical.kind == CLANG_TYPE_INCOMPLETE_ARRAY
        || (canonical.kind == CLANG_TYPE_CONSTANT_ARRAY && f->count == 0))
    {
        return mem_format("'%s' is an array without a size", f->name);
    }
    if (c->isVolatileQualifiedType(canonical)) {
        return mem_format("'%s' is volatile", f->name);
    }
    if (type->structure != NULL && type->structure->flaw != NULL) {
        return mem_format("of '%s' in it, %s", f->name,
                          type->structure->flaw);
    }
    if (type->structure != NULL
        || (type->shape == SHAPE_SCALAR && type_is_plain(type->type)))
    {
        return NULL;
    }
    return mem_format("'%s' is '%s'", f->name, type->spelling);
}

static int
visit_field(struct clang_cursor cursor, struct clang_cursor parent,
            void *data)
{
    struct fields *to = data;
    struct structure *s = to->s;
    const struct clang *c = to->r->c;
    struct place at;
    (void)parent;
    if (cursor.kind != CLANG_FIELD) {
        if (c->Cursor_isAnonymousRecordDecl(cursor)) {
            set_flaw(s, &s->place, mem_copy_str("a member has no name"));
        }
        return CLANG_CONTINUE;
    }
    s->fields = mem_resize(s->fields, s->field_count + 1, sizeof(*s->fields));
    struct field f = {.name = clang_take(c, c->getCursorSpelling(cursor))};
    struct clang_type t = c->getCursorType(cursor);
    struct clang_type item = t;
    struct clang_type canonical = c->getCanonicalType(t);
    f.is_const = c->isConstQualifiedType(canonical) != 0;
    f.offset = (size_t)c->Cursor_getOffsetOfField(cursor) / 8;
    if (canonical.kind == CLANG_TYPE_CONSTANT_ARRAY) {
        f.count = (size_t)c->getArraySize(canonical);
        item = c->getArrayElementType(canonical);
        f.is_const |= c->isConstQualifiedType(item) != 0;
    }
    f.type = scan_read_type(c, item);
    if (c->getCanonicalType(item).kind != CLANG_TYPE_POINTER) {
        scan_take_type(to->r, &f.type, item);
    }
    char *flaw = flaw_of(c, cursor, &f, t);
    s->fields[s->field_count++] = f;
    if (flaw != NULL) {
        free(place_of(to->r, cursor, &at));
        at.path = s->path; /* a struct lies in one file */
        set_flaw(s, &at, flaw);
    }
    return CLANG_CONTINUE;
}

static size_t
round_up(size_t size, size_t align)
{
    return (size + align - 1) / align * align;
}

static size_t
align_of(const struct scan_reader *r, struct clang_type t)
{
    long long align = r->c->Type_getAlignOf(t);
    return align > 0 ? (size_t)align : 1;
}

struct natural {
    const struct scan_reader *r;
    const struct structure *s;
    size_t at; /* of the field that is next */
    size_t offset, align;
    bool is_other;
};

/* The place that C gives the field when nobody says otherwise. */
static int
visit_offset(struct clang_cursor cursor, struct clang_cursor parent,
             void *data)
{
    struct natural *n = data;
    const struct clang *c = n->r->c;
    (void)parent;
    if (cursor.kind != CLANG_FIELD || n->at == n->s->field_count) {
        return CLANG_CONTINUE;
    }
    struct clang_type t = c->getCursorType(cursor);
    size_t align = align_of(n->r, t);
    long long size = c->Type_getSizeOf(t);
    n->align = align > n->align ? align : n->align;
    n->offset = round_up(n->offset, align);
    n->is_other |= n->offset != n->s->fields[n->at++].offset;
    n->offset += size > 0 ? (size_t)size : 0;
    return CLANG_CONTINUE;
}

static void
check_structure(const struct scan_reader *r, struct structure *s)
{
    struct natural n = {.r = r, .s = s, .align = 1};
    r->c->visitChildren(s->cursor, visit_offset, &n);
    if (n.is_other || n.align != s->align
        || round_up(n.offset, n.align) != s->size)
    {
        set_flaw(s, &s->place,
                 mem_copy_str("attributes or pragmas move its fields"));
    }
    if (s->field_count == 0) {
        set_flaw(s, &s->place, mem_copy_str("it has no fields"));
    }
}

/* PyObject is Python's own. */
static bool
is_object(const struct clang *c, struct clang_cursor cursor)
{
    char *tag = tag_of(c, cursor);
    bool is_one = strcmp(tag, "_object") == 0;
    free(tag);
    return is_one;
}

/* NULL: a union, or a struct whose fields the source does not see. */
static struct structure *
structure_of(struct scan_reader *r, struct clang_cursor cursor,
             struct clang_type t)
{
    const struct clang *c = r->c;
    struct surface *s = r->s;
    if (cursor.kind != CLANG_STRUCT || !c->isCursorDefinition(cursor)
        || c->isInvalidDeclaration(cursor) || is_object(c, cursor))
    {
        return NULL;
    }
    for (size_t i = 0; i < s->structure_count; i++) {
        if (c->equalCursors(s->structures[i]->cursor, cursor)) {
            return s->structures[i];
        }
    }
    struct structure *new = mem_new(sizeof(*new));
    long long size = c->Type_getSizeOf(t);
    new->cursor = cursor;
    new->name = tag_of(c, cursor);
    new->doc = scan_read_comment(c, cursor);
    new->path = place_of(r, cursor, &new->place);
    new->size = size > 0 ? (size_t)size : 0;
    new->align = align_of(r, t);
    struct fields fields = {r, new};
    c->visitChildren(cursor, visit_field, &fields);
    check_structure(r, new);
    s->structures = mem_resize(s->structures, s->structure_count + 1,
                               sizeof(*s->structures));
    return s->structures[s->structure_count++] = new;
}

/* -- both ----------------------------------------------------------------- */

void
scan_take_type(struct scan_reader *r, struct ctype *to, struct clang_type t)
{
    const struct clang *c = r->c;
    struct clang_type canonical = c->getCanonicalType(t);
    if (canonical.kind == CLANG_TYPE_POINTER && to->to != NULL) {
        scan_take_type(r, to->to, c->getPointeeType(canonical));
    }
    else if (canonical.kind == CLANG_TYPE_ENUM && to->type != NULL) {
        to->enumeration
            = scan_enumeration(r, c->getTypeDeclaration(canonical));
    }
    else if (canonical.kind == CLANG_TYPE_RECORD && to->type == NULL
             && !c->isVolatileQualifiedType(canonical))
    {
        to->structure
            = structure_of(r, c->getTypeDeclaration(canonical), canonical);
    }
}

static void
free_structure(struct structure *s)
{
    for (size_t i = 0; i < s->field_count; i++) {
        free(s->fields[i].name);
        scan_free_type(&s->fields[i].type);
    }
    free(s->fields);
    free(s->name);
    free(s->doc);
    free(s->path);
    free(s->flaw);
    free(s);
}

void
scan_free_values(struct surface *s)
{
    for (size_t i = 0; i < s->structure_count; i++) {
        free_structure(s->structures[i]);
    }
    for (size_t i = 0; i < s->enumeration_count; i++) {
        struct enumeration *e = s->enumerations[i];
        for (size_t k = 0; k < e->member_count; k++) {
            free(e->members[k].name);
        }
        free(e->members);
        free(e->name);
        free(e->doc);
        free(e->path);
        free(e);
    }
    free(s->structures);
    free(s->enumerations);
}
