/* layout: see layout.h. Here: which structs there are, and one flat. */
#include "wire/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/buf.h"
#include "wire/wiped.h"

/* Structs inside structs, typedefs of typedefs. */
#define DEPTH_MAX 16

static int
no_memory(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "out of memory for layouts");
}

static bool
is_struct(unsigned tag)
{
    return tag == DEBUG_STRUCT || tag == DEBUG_CLASS || tag == DEBUG_UNION;
}

/* The type behind names and qualifiers; false for void and the unknown. */
static bool
resolve(const struct debug *d, uint64_t at, struct debug_entry *y)
{
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        if (!debug_at(d, at, y)) {
            return false;
        }
        switch (y->tag) {
        case DEBUG_TYPEDEF:
        case DEBUG_CONST:
        case DEBUG_VOLATILE:
        case DEBUG_RESTRICT:
        case DEBUG_ATOMIC:
            at = y->type;
            break;
        case DEBUG_POINTER:
            /* clang leaves out what goes without saying */
            y->size = y->has_size ? y->size : y->unit->address;
            return true;
        default:
            return true;
        }
    }
    return false;
}

/* -- names ---------------------------------------------------------------- */

static int
add_name(struct layouts *l, const char *name, const struct debug_entry *y,
         struct err *e)
{
    struct layout_name *names;
    if ((l->name_count & (l->name_count + 1)) == 0) {
        size_t room = 2 * (l->name_count + 1);
        names = wiped_grow(l->names, l->name_count * sizeof(*names),
                           room * sizeof(*names));
        if (names == NULL) {
            return no_memory(e);
        }
        l->names = names;
    }
    l->names[l->name_count++] = (struct layout_name){
        name, y->at, y->size, y->tag == DEBUG_UNION};
    return 0;
}

static int
add_code(struct layouts *l, const struct debug_entry *y, struct err *e)
{
    if ((l->code_count & (l->code_count + 1)) == 0) {
        size_t room = 2 * (l->code_count + 1);
        struct layout_code *code = wiped_grow(l->code,
                                              l->code_count * sizeof(*code),
                                              room * sizeof(*code));
        if (code == NULL) {
            return no_memory(e);
        }
        l->code = code;
    }
    l->code[l->code_count++] = (struct layout_code){y->low, y->high, y->at,
                                                   y->name};
    return 0;
}

static int
note_entry(struct layouts *l, const struct debug_entry *y, struct err *e)
{
    if (y->tag == DEBUG_FUNCTION && y->high > y->low && y->low != 0) {
        return add_code(l, y, e);
    }
    if (is_struct(y->tag) && y->name != NULL && y->has_size
        && !y->is_declaration)
    {
        return add_name(l, y->name, y, e);
    }
    struct debug_entry target;
    if (y->tag == DEBUG_TYPEDEF && y->name != NULL
        && debug_at(&l->debug, y->type, &target) && is_struct(target.tag)
        && target.name == NULL && target.has_size)
    {
        return add_name(l, y->name, &target, e);
    }
    return 0;
}

int
layouts_open(struct layouts *l, const char *path, struct err *e)
{
    memset(l, 0, sizeof(*l));
    if (debug_open(&l->debug, path, e) < 0) {
        return -1;
    }
    for (size_t i = 0; i < l->debug.unit_count; i++) {
        const struct debug_unit *u = &l->debug.units[i];
        struct debug_entry y;
        uint64_t at = 0;
        if (debug_read(&l->debug, u, u->first, &y) && y.has_children) {
            at = y.next;
        }
        while (at != 0 && debug_read(&l->debug, u, at, &y) && y.tag != 0) {
            if (note_entry(l, &y, e) < 0) {
                layouts_close(l);
                l->debug.is_unread = true;
                return -1;
            }
            at = debug_after(&l->debug, &y);
        }
    }
    return 0;
}

void
layouts_close(struct layouts *l)
{
    debug_close(&l->debug);
    wiped_free(l->names, l->name_count * sizeof(*l->names));
    wiped_free(l->code, l->code_count * sizeof(*l->code));
    memset(l, 0, sizeof(*l));
}

long
layouts_find(const struct layouts *l, const char *name)
{
    for (size_t i = 0; i < l->name_count; i++) {
        if (strcmp(l->names[i].name, name) == 0) {
            return (long)i;
        }
    }
    return -1;
}

uint64_t
layouts_function(const struct layouts *l, const char *name)
{
    for (size_t i = 0; i < l->code_count; i++) {
        if (l->code[i].name != NULL && strcmp(l->code[i].name, name) == 0) {
            return l->code[i].low;
        }
    }
    return 0;
}

static const struct layout_name *
name_of(const struct layouts *l, uint64_t at)
{
    for (size_t i = 0; i < l->name_count; i++) {
        if (l->names[i].at == at) {
            return &l->names[i];
        }
    }
    return NULL;
}

/* -- one struct, flat ----------------------------------------------------- */

struct flattening {
    const struct layouts *l;
    struct layout *out;
    struct err *e;
};

/* Where in a struct a member lies. */
static uint64_t
bit_place(const struct debug_entry *m, uint64_t type_size)
{
    if (m->has_bit_place) {
        return m->bit_place; /* DWARF 4 and later */
    }
    uint64_t bit = m->place * 8;
    if (m->bits != 0 && m->has_bit_offset) {
        /* counted from the most significant bit of its storage */
        uint64_t storage = 8 * (m->has_size ? m->size : type_size);
        bit += storage - m->bit_offset - m->bits;
    }
    return bit;
}

static struct layout_field *
add_field(struct flattening *f, const char *path, uint64_t bit_at,
          uint64_t bits)
{
    struct layout *out = f->out;
    if ((out->count & (out->count + 1)) == 0) {
        size_t room = 2 * (out->count + 1);
        struct layout_field *fields = realloc(out->fields,
                                              room * sizeof(*fields));
        if (fields == NULL) {
            no_memory(f->e);
            return NULL;
        }
        out->fields = fields;
    }
    struct layout_field *field = &out->fields[out->count];
    memset(field, 0, sizeof(*field));
    field->path = strdup(path);
    field->bit_at = bit_at;
    field->bits = bits;
    if (field->path == NULL) {
        no_memory(f->e);
        return NULL;
    }
    out->count++;
    return field;
}

/* How a plain type's bits are read: compilers name and sign their types
 * differently, but not this. */
static void
name_type(struct flattening *f, const struct debug_entry *y,
          struct layout_field *field)
{
    static const char *const kinds[] = {"bits",  "address", "bool", "complex",
                                        "float", "int",     "int",  "int",
                                        "int"};
    const char *kind = "bits";
    struct debug_entry target;
    if (y->tag == DEBUG_POINTER) {
        kind = "pointer";
        if (resolve(&f->l->debug, y->type, &target) && is_struct(target.tag)) {
            field->target = target.at;
        }
    }
    else if (y->tag == DEBUG_ENUM) {
        kind = "int";
    }
    else if (y->tag == DEBUG_BASE_TYPE
             && y->encoding < sizeof(kinds) / sizeof(kinds[0]))
    {
        kind = kinds[y->encoding];
    }
    snprintf(field->type, sizeof(field->type), "%s %llu", kind,
             (unsigned long long)y->size);
}

/* Python's own head of every object: nobody's field. */
static bool
is_head(const struct layouts *l, const struct debug_entry *y)
{
    const struct layout_name *n = name_of(l, y->at);
    return n != NULL
           && (strcmp(n->name, "_object") == 0
               || strcmp(n->name, "PyVarObject") == 0
               || strcmp(n->name, "PyObject") == 0);
}

static int add_type(struct flattening *f, const char *path,
                    const struct debug_entry *y, uint64_t bit_at, int depth);

static int
add_members(struct flattening *f, const char *path,
            const struct debug_entry *y, uint64_t bit_at, int depth)
{
    const struct debug *d = &f->l->debug;
    struct debug_entry m;
    uint64_t at = y->has_children ? y->next : 0;
    while (at != 0 && debug_read(d, y->unit, at, &m) && m.tag != 0) {
        struct debug_entry type;
        at = debug_after(d, &m);
        bool is_data = (m.tag == DEBUG_MEMBER && !m.is_declaration)
                       || m.tag == DEBUG_BASE_CLASS;
        if (!is_data || !resolve(d, m.type, &type)) {
            continue;
        }
        struct buf inside = BUF_INIT;
        bool is_named = m.name != NULL && m.name[0] != '\0';
        buf_add_fmt(&inside, "%s%s%s", path,
                    is_named && path[0] != '\0' ? "." : "",
                    is_named ? m.name : "");
        uint64_t place = bit_at + bit_place(&m, type.size);
        int done = inside.is_broken ? no_memory(f->e) : 0;
        if (done == 0 && m.bits != 0) {
            struct layout_field *field = add_field(f, buf_text(&inside),
                                                   place, m.bits);
            done = field == NULL ? -1 : 0;
            if (field != NULL) {
                name_type(f, &type, field);
            }
        }
        else if (done == 0) {
            done = add_type(f, buf_text(&inside), &type, place, depth + 1);
        }
        buf_dispose(&inside);
        if (done < 0) {
            return -1;
        }
    }
    return 0;
}

/* An array's items lie alike: the first stands for all. */
static int
add_array(struct flattening *f, const char *path, const struct debug_entry *y,
          uint64_t bit_at, int depth)
{
    const struct debug *d = &f->l->debug;
    struct debug_entry item, range;
    uint64_t count = 1;
    uint64_t at = y->has_children ? y->next : 0;
    while (at != 0 && debug_read(d, y->unit, at, &range) && range.tag != 0) {
        count *= range.tag != DEBUG_SUBRANGE ? 1
                 : range.has_count          ? range.count
                                            : 0;
        at = debug_after(d, &range);
    }
    size_t first = f->out->count;
    if (!resolve(d, y->type, &item)
        || add_type(f, path, &item, bit_at, depth + 1) < 0)
    {
        return f->out->count == first ? 0 : -1;
    }
    count = count > INT32_MAX ? 0 : count; /* tcc's way of saying [] */
    if (f->out->count > first && count != 1) {
        struct layout_field *head = &f->out->fields[first];
        size_t used = strlen(head->type);
        snprintf(head->type + used, sizeof(head->type) - used, "*%llu",
                 (unsigned long long)count);
        if (f->out->count == first + 1) {
            head->bits *= count;
        }
    }
    return 0;
}

static int
add_type(struct flattening *f, const char *path, const struct debug_entry *y,
         uint64_t bit_at, int depth)
{
    if (depth > DEPTH_MAX) {
        return 0;
    }
    if (is_head(f->l, y)) {
        f->out->is_object |= bit_at == 0;
        return 0;
    }
    if (is_struct(y->tag)) {
        return add_members(f, path, y, bit_at, depth);
    }
    if (y->tag == DEBUG_ARRAY) {
        return add_array(f, path, y, bit_at, depth);
    }
    struct layout_field *field = add_field(f, path, bit_at, y->size * 8);
    if (field == NULL) {
        return -1;
    }
    name_type(f, y, field);
    return 0;
}

int
layout_read(const struct layouts *l, size_t index, struct layout *out,
            struct err *e)
{
    return layout_read_type(l, l->names[index].at, out, e);
}

int
layout_read_type(const struct layouts *l, uint64_t at, struct layout *out,
                 struct err *e)
{
    struct debug_entry y;
    struct flattening f = {l, out, e};
    memset(out, 0, sizeof(*out));
    if (!resolve(&l->debug, at, &y)) {
        return 0;
    }
    out->size = y.size;
    if (add_type(&f, "", &y, 0, 0) < 0) {
        layout_dispose(out);
        return -1;
    }
    return 0;
}

void
layout_dispose(struct layout *out)
{
    for (size_t i = 0; i < out->count; i++) {
        free(out->fields[i].path);
    }
    free(out->fields);
    memset(out, 0, sizeof(*out));
}

/* -- code ----------------------------------------------------------------- */

static void
mark(const struct layouts *l, uint64_t type, bool *used)
{
    struct debug_entry y;
    if (!resolve(&l->debug, type, &y) || y.tag != DEBUG_POINTER
        || !resolve(&l->debug, y.type, &y))
    {
        return;
    }
    const struct layout_name *n = name_of(l, y.at);
    if (n != NULL) {
        used[n - l->names] = true;
    }
}

void
layouts_used(const struct layouts *l, uint64_t address, bool *used)
{
    for (size_t i = 0; i < l->code_count; i++) {
        struct debug_entry y, origin;
        const struct layout_code *c = &l->code[i];
        if (address < c->low || address >= c->high
            || !debug_at(&l->debug, c->at, &y) || !y.has_children)
        {
            continue;
        }
        const struct debug_unit *u = y.unit;
        uint64_t end = debug_after(&l->debug, &y);
        uint64_t at = y.next;
        while (at < end && debug_read(&l->debug, u, at, &y)) {
            at = y.next;
            if (y.tag != DEBUG_PARAMETER && y.tag != DEBUG_VARIABLE) {
                continue;
            }
            bool is_copy = y.type == 0 && debug_at(&l->debug, y.origin,
                                                   &origin);
            mark(l, is_copy ? origin.type : y.type, used);
        }
    }
}
