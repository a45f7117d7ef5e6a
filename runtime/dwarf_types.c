/* dwarf_types: what types are made of; the questions of dwarf.h that begin
 * with a type.
 *
 * Two compilers describe one type in different words: gcc leaves out what is
 * not used, tcc repeats it, names differ for base types and for what has
 * none. So a digest is of what decides the layout alone: sizes, places, the
 * names of fields, and what kind of number a base type is. Of a C++ class it
 * is also of what decides how memory that it owns or that owns it is laid out:
 * its template's arguments (a map's nodes), its bases, and its virtual
 * functions in their order (the table that each object points to).
 */
#include "dwarf_entry.h"

#include <string.h>

#include "wire/fnv.h"

#include "guard.h"

#define DEPTH_MAX 40
#define SEEN_MAX 128

struct digest {
    const struct dwarf *d;
    uint64_t sum;
    const char *seen[SEEN_MAX]; /* structs by name */
    size_t seen_count;
    int depth; /* of the struct whose parts are added */
};

static void
mix(struct digest *g, const void *bytes, size_t len)
{
    g->sum = fnv_add(g->sum, bytes, len);
}

static void
mix_number(struct digest *g, uint64_t number)
{
    mix(g, &number, sizeof(number));
}

const char *
dwarf_real_name(const char *name)
{
    return name == NULL || strncmp(name, "L.", 2) == 0 ? "" : name;
}

static void
mix_text(struct digest *g, const char *text)
{
    mix(g, dwarf_real_name(text), strlen(dwarf_real_name(text)) + 1);
}

bool
dwarf_strip(const struct dwarf *d, uint64_t type, struct dwarf_entry *e)
{
    for (int i = 0; i < DEPTH_MAX && type != 0; i++) {
        const struct dwarf_unit *u = dwarf_unit_of(d, type);
        if (u == NULL || dwarf_entry_read(d, u, type, e) == 0) {
            return false;
        }
        switch (e->tag) {
        case TAG_TYPEDEF:
        case TAG_CONST:
        case TAG_VOLATILE:
        case TAG_RESTRICT:
        case TAG_ATOMIC:
            type = e->type;
            break;
        default:
            /* tcc has a base type for it */
            return e->tag != TAG_BASE || e->name == NULL
                   || strcmp(e->name, "void") != 0;
        }
    }
    return false;
}

/* Structs that no save changes: CPython's and the C library's. */
static bool
is_foreign(const char *name)
{
    static const char *const starts[]
        = {"Py",    "_Py",     "_object", "_typeobject", "_IO_",
           "_ts",   "_is",     "_frame",  "_longobject", "pthread_",
           "__pthread", "sigaction", NULL};
    for (size_t i = 0; starts[i] != NULL; i++) {
        if (strncmp(name, starts[i], strlen(starts[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_struct(const struct dwarf_entry *e)
{
    return e->tag == TAG_STRUCT || e->tag == TAG_UNION || e->tag == TAG_CLASS;
}

static void add_type(struct digest *g, uint64_t type, int depth);

static void
add_member(struct digest *g, const struct dwarf_entry *m)
{
    mix_text(g, m->name);
    mix_number(g, m->bit_size);
    if (m->bit_size == 0) {
        mix_number(g, m->place);
    }
    add_type(g, m->type, g->depth + 1);
}

static void
add_part(void *data, const struct dwarf_entry *part)
{
    struct digest *g = data;
    switch (part->tag) {
    case TAG_MEMBER:
        if (!part->is_declaration) {
            add_member(g, part);
        }
        return;
    case TAG_INHERITANCE:
        mix_number(g, 'i');
        mix_number(g, part->place);
        add_type(g, part->type, g->depth + 1);
        return;
    case TAG_TEMPLATE_TYPE:
        mix_number(g, 't');
        add_type(g, part->type, g->depth + 1);
        return;
    case TAG_SUBPROGRAM:
        if (part->is_virtual) {
            mix_number(g, 'V');
            mix_text(g, part->linkage != NULL ? part->linkage : part->name);
        }
        return;
    default:
        return;
    }
}

void
dwarf_children(const struct dwarf *d, const struct dwarf_entry *e,
               unsigned tag, dwarf_child_fn *each, void *data)
{
    struct dwarf_entry child;
    const struct dwarf_unit *u = dwarf_unit_of(d, e->offset);
    uint64_t at = dwarf_entry_read(d, u, e->offset, &child);
    for (size_t deep = e->has_children ? 1 : 0; deep > 0 && at != 0;) {
        at = dwarf_entry_read(d, u, at, &child);
        if (at == 0 || child.tag == 0) {
            deep--;
            continue;
        }
        if (deep == 1
            && (tag == 0 || (child.tag == tag && !child.is_declaration)))
        {
            each(data, &child);
        }
        deep += child.has_children ? 1 : 0;
    }
}

/* A list's node leads to itself again; a name stands for what was there. */
static bool
was_seen(struct digest *g, const char *name)
{
    for (size_t i = 0; i < g->seen_count; i++) {
        if (strcmp(g->seen[i], name) == 0) {
            return true;
        }
    }
    if (g->seen_count == SEEN_MAX) {
        return true;
    }
    g->seen[g->seen_count++] = name;
    return false;
}

static void
add_struct(struct digest *g, const struct dwarf_entry *e, int depth)
{
    const char *name = dwarf_real_name(e->name);
    mix_number(g, e->tag == TAG_UNION ? 'U' : 'S');
    bool is_known = e->is_declaration || e->size == 0 || is_foreign(name)
                    || (name[0] != '\0' && was_seen(g, name));
    if (is_known) {
        mix_text(g, name);
        return;
    }
    mix_number(g, e->size);
    if (strchr(name, '<') != NULL) {
        mix_text(g, name); /* its arguments that are no types */
    }
    int above = g->depth;
    g->depth = depth;
    dwarf_children(g->d, e, 0, add_part, g);
    g->depth = above;
}

static void
add_range(void *data, const struct dwarf_entry *range)
{
    struct digest *g = data;
    mix_number(g, range->has_count ? range->count : 0);
}

unsigned
dwarf_kind(const struct dwarf_entry *e)
{
    switch (e->encoding) {
    case ENCODING_SIGNED_CHAR:
        return ENCODING_SIGNED;
    case ENCODING_UNSIGNED_CHAR:
        return ENCODING_UNSIGNED;
    default:
        return e->encoding;
    }
}

static void
add_type(struct digest *g, uint64_t type, int depth)
{
    struct dwarf_entry e;
    if (depth > DEPTH_MAX || !dwarf_strip(g->d, type, &e)) {
        mix_number(g, 'v');
        return;
    }
    if (is_struct(&e)) {
        add_struct(g, &e, depth);
        return;
    }
    switch (e.tag) {
    case TAG_BASE:
        mix_number(g, 'b');
        mix_number(g, dwarf_kind(&e));
        mix_number(g, e.size);
        return;
    case TAG_ENUM:
        mix_number(g, 'e');
        mix_number(g, e.size);
        return;
    case TAG_ARRAY:
        mix_number(g, 'a');
        dwarf_children(g->d, &e, TAG_SUBRANGE, add_range, g);
        add_type(g, e.type, depth + 1);
        return;
    case TAG_SUBROUTINE:
        mix_number(g, 'f');
        return;
    case TAG_POINTER:
    case TAG_REFERENCE:
    case TAG_RVALUE:
        mix_number(g, 'p');
        add_type(g, e.type, depth + 1);
        return;
    default:
        mix_number(g, e.tag);
        mix_number(g, e.size);
    }
}

uint64_t
dwarf_digest(const struct dwarf *d, uint64_t type)
{
    struct digest g = {.d = d, .sum = FNV_START};
    add_type(&g, type, 0);
    return g.sum;
}

/* CPython's structs that have no name of their own, only a typedef's
 * (object.h, cpython/object.h, structseq.h). */
static bool
is_unnamed(const char *name)
{
    static const char *const names[] = {
        "PySlot",           "PyNumberMethods", "PySequenceMethods",
        "PyMappingMethods", "PyAsyncMethods",  "PyBufferProcs",
        "PyStructSequence_Field", "PyStructSequence_Desc",
    };
    size_t i = 0;
    while (i < sizeof(names) / sizeof(names[0]) && strcmp(name, names[i])) {
        i++;
    }
    return i < sizeof(names) / sizeof(names[0]);
}

/* Whether a typedef on the way to the type itself is one of those. */
static bool
leads_to_unnamed(const struct dwarf *d, uint64_t type)
{
    for (int i = 0; i < DEPTH_MAX && type != 0; i++) {
        const struct dwarf_unit *u = dwarf_unit_of(d, type);
        struct dwarf_entry e;
        if (u == NULL || dwarf_entry_read(d, u, type, &e) == 0) {
            return false;
        }
        switch (e.tag) {
        case TAG_TYPEDEF:
            if (e.name != NULL && is_unnamed(e.name)) {
                return true;
            }
            break;
        case TAG_CONST:
        case TAG_VOLATILE:
        case TAG_ARRAY:
            break;
        default:
            return false;
        }
        type = e.type;
    }
    return false;
}

static void
add_name(void *data, const struct dwarf_entry *member)
{
    mix_text(data, member->name);
}

/* PyType_Slot and PyType_Spec have no name either, and tcc tells of no
 * typedef's: they are known by their fields (object.h). */
static bool
is_spec(const struct dwarf *d, const struct dwarf_entry *e)
{
    static const char slot[] = "slot\0pfunc";
    static const char spec[] = "name\0basicsize\0itemsize\0flags\0slots";
    struct digest g = {.d = d, .sum = FNV_START};
    if (dwarf_real_name(e->name)[0] != '\0') {
        return false;
    }
    dwarf_children(d, e, TAG_MEMBER, add_name, &g);
    return g.sum == fnv_add(FNV_START, slot, sizeof(slot))
           || g.sum == fnv_add(FNV_START, spec, sizeof(spec));
}

bool
dwarf_is_python(const struct dwarf *d, uint64_t type)
{
    struct dwarf_entry e;
    if (leads_to_unnamed(d, type)) {
        return true;
    }
    bool is_known = dwarf_strip(d, type, &e);
    for (int i = 0; is_known && e.tag == TAG_ARRAY && i < DEPTH_MAX; i++) {
        is_known = dwarf_strip(d, e.type, &e);
    }
    if (!is_known || !is_struct(&e)) {
        return false;
    }
    return is_spec(d, &e)
           || (e.name != NULL
               && (strncmp(e.name, "Py", 2) == 0
                   || strncmp(e.name, "_Py", 3) == 0
                   || strcmp(e.name, "_typeobject") == 0));
}
