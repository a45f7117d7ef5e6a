/* scan_type: a C type as libclang shows it, as a ctype. */
#include "scan_reader.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* libclang reads on after an unknown type as if it were int; a typedef of one
 * is marked, what is made of it is not. */
static bool
is_invalid(const struct clang *c, struct clang_type t)
{
    for (int depth = 0; depth < 64; depth++) {
        if (t.kind == CLANG_TYPE_POINTER) {
            t = c->getPointeeType(t);
        }
        else if (t.kind == CLANG_TYPE_TYPEDEF
                 || t.kind == CLANG_TYPE_ELABORATED)
        {
            struct clang_cursor decl = c->getTypeDeclaration(t);
            if (decl.kind != CLANG_TYPEDEF) {
                return false;
            }
            if (c->isInvalidDeclaration(decl)) {
                return true;
            }
            t = c->getTypedefDeclUnderlyingType(decl);
        }
        else {
            return false;
        }
    }
    return true;
}

/* The structs of cowbird.h that are values, by their names. */
static const struct type *
view_of(const struct clang *c, struct clang_type t)
{
    char *name = clang_take(c, c->getTypeSpelling(c->getCanonicalType(t)));
    const char *bare = name + (strncmp(name, "const ", 6) == 0 ? 6 : 0);
    int kind = strcmp(bare, "struct cb_str") == 0     ? CLANG_TYPE_CB_STR
               : strcmp(bare, "struct cb_bytes") == 0 ? CLANG_TYPE_CB_BYTES
                                                      : 0;
    free(name);
    return kind == 0 ? NULL : type_of_clang(kind);
}

static const struct type *
scalar_of(const struct clang *c, struct clang_type t)
{
    if (t.kind == CLANG_TYPE_RECORD) {
        return view_of(c, t);
    }
    if (t.kind == CLANG_TYPE_COMPLEX) {
        return type_of_clang(CLANG_TYPE_COMPLEX_OF
                             + c->getElementType(t).kind);
    }
    if (t.kind == CLANG_TYPE_ENUM) {
        t = c->getCanonicalType(
            c->getEnumDeclIntegerType(c->getTypeDeclaration(t)));
    }
    return type_of_clang(t.kind);
}

/* "struct store" is "store". */
static char *
record_name(const struct clang *c, struct clang_type t)
{
    char *name = clang_take(c, c->getCursorSpelling(c->getTypeDeclaration(t)));
    if (name[0] != '\0' && strchr(name, ' ') == NULL) {
        return name;
    }
    free(name);
    return clang_take(c, c->getTypeSpelling(t));
}

static struct calling *
read_calling(const struct clang *c, struct clang_type t)
{
    struct calling *out = mem_new(sizeof(*out));
    int count = c->getNumArgTypes(t);
    out->result = scan_read_type(c, c->getResultType(t));
    out->is_variadic = c->isFunctionTypeVariadic(t) != 0;
    out->count = count > 0 ? (size_t)count : 0;
    out->parameters = mem_new((out->count + 1) * sizeof(*out->parameters));
    for (size_t i = 0; i < out->count; i++) {
        out->parameters[i] = scan_read_type(c, c->getArgType(t, (unsigned)i));
    }
    return out;
}

static void
free_calling(struct calling *f)
{
    scan_free_type(&f->result);
    for (size_t i = 0; i < f->count; i++) {
        scan_free_type(&f->parameters[i]);
    }
    free(f->parameters);
    free(f);
}

struct ctype
scan_read_type(const struct clang *c, struct clang_type t)
{
    struct ctype out = {.shape = SHAPE_OTHER};
    out.spelling = clang_take(c, c->getTypeSpelling(t));
    struct clang_type canonical = c->getCanonicalType(t);
    if (is_invalid(c, t)) {
        return out;
    }
    if (canonical.kind == CLANG_TYPE_RECORD) {
        out.record = record_name(c, canonical);
        out.is_complete
            = c->isCursorDefinition(c->getTypeDeclaration(canonical)) != 0;
    }
    if (canonical.kind == CLANG_TYPE_FUNCTION
        || canonical.kind == CLANG_TYPE_FUNCTION_NO_PROTO)
    {
        out.calling = read_calling(c, canonical);
    }
    if (canonical.kind != CLANG_TYPE_POINTER) {
        out.type = scalar_of(c, canonical);
        out.shape = out.type == NULL ? SHAPE_OTHER : SHAPE_SCALAR;
        return out;
    }
    struct clang_type target = c->getPointeeType(canonical);
    struct clang_type named = c->getPointeeType(t);
    out.to = mem_new(sizeof(*out.to));
    /* the pointee as it was written, where a typedef does not hide it */
    *out.to = scan_read_type(
        c, c->getCanonicalType(named).kind == target.kind ? named : target);
    out.is_const = c->isConstQualifiedType(target) != 0;
    out.type = scalar_of(c, target);
    if (out.type != NULL && !c->isVolatileQualifiedType(target)) {
        out.shape = SHAPE_POINTER;
    }
    return out;
}

void
scan_free_type(struct ctype *t)
{
    if (t->to != NULL) {
        scan_free_type(t->to);
    }
    if (t->calling != NULL) {
        free_calling(t->calling);
    }
    free(t->to);
    free(t->record);
    free(t->spelling);
}
