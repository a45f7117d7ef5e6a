/* layout: where the fields of an artefact's structs lie, as the compiler that
 * made it has written it down (debuginfo.h).
 *
 * Structs are compared field by field, with what is inside them and what they
 * point at; a pointer's target counts where it is the module's own. Both
 * tiers' compilers and two generations of one module are compared alike. One
 * thread owns a layouts.
 */
#ifndef COWBIRD_WIRE_LAYOUT_H
#define COWBIRD_WIRE_LAYOUT_H

#include "wire/debuginfo.h"

struct layout_name {
    const char *name;    /* a tag, or the typedef of a struct without one;
                            borrowed from the file */
    uint64_t at;         /* the entry */
    uint64_t size;       /* bytes */
    bool is_union;
};

struct layout_code {
    uint64_t low, high; /* addresses as the file counts */
    uint64_t at;        /* the entry */
    const char *name;   /* borrowed from the file, or NULL */
};

struct layouts {
    struct debug debug;
    struct layout_name *names;
    size_t name_count;
    struct layout_code *code; /* the module's functions */
    size_t code_count;
};

struct layout_field {
    char *path; /* "place.x" */
    char type[24]; /* how its bits are read: "int 4", "pointer" */
    uint64_t target; /* of a pointer: the struct's entry, 0 otherwise */
    uint64_t bit_at, bits;
};

/* One struct with all that lies in it, flat. */
struct layout {
    uint64_t size;
    struct layout_field *fields; /* in the order of the source */
    size_t count;
    bool is_object; /* begins with Python's head of an object */
};

enum layout_kind {
    LAYOUT_SAME,
    LAYOUT_ADDED,   /* a new field */
    LAYOUT_REMOVED,
    LAYOUT_MOVED,   /* another offset or size */
    LAYOUT_RETYPED, /* its bits mean something else */
    LAYOUT_RESIZED  /* the struct alone: padding or alignment */
};

/* The first thing that differs. Sizes and offsets in bytes; of bit-fields
 * those of the bytes that hold them. */
struct layout_change {
    enum layout_kind kind;
    char path[128]; /* of the field; what a pointer points at behind "->" */
    uint64_t was_at, was_size, is_at, is_size;
    uint64_t struct_was, struct_is; /* size of the struct it is in */
};

/* -1 and empty when the artefact has no debug information. */
int layouts_open(struct layouts *l, const char *path, struct err *e);
/* The index of the struct `name`, or -1. */
long layouts_find(const struct layouts *l, const char *name);
/* Flattens one. -1 when out of memory. */
int layout_read(const struct layouts *l, size_t index, struct layout *out,
                struct err *e);
/* The same of any type, by its entry; one that is no struct is a field
 * without a name. Empty for void and the unknown. */
int layout_read_type(const struct layouts *l, uint64_t at, struct layout *out,
                     struct err *e);
void layout_dispose(struct layout *out);
/* Compares one struct of `a` with one of `b`; -1 when out of memory. */
int layout_compare(const struct layouts *a, size_t i, const struct layouts *b,
                   size_t j, struct layout_change *c, struct err *e);
/* The change in words for people: "Point.z would be new, 8 bytes at offset
 * 24"; `owner` is the struct's name and `path` the field's. */
void layout_change_words(const struct layout_change *c, const char *owner,
                         const char *path, char *text, size_t len);
/* Marks in `used` (one per name) the structs that the function at `address`
 * has pointers to among its parameters and variables. */
void layouts_used(const struct layouts *l, uint64_t address, bool *used);
/* The address of the function `name`, 0 when there is none. */
uint64_t layouts_function(const struct layouts *l, const char *name);
void layouts_close(struct layouts *l);

#endif
