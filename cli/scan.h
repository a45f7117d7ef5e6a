/* scan: the surface of one plain source, as libclang reads it: functions,
 * their parameters and comments, constants, each with its place.
 *
 * Reads declarations and decides nothing: what can be bound, and how, is
 * bindgen's. libclang may crash on what it is given, so this runs in a
 * compile's forked child, or in a command that does nothing else.
 */
#ifndef COWBIRD_SCAN_H
#define COWBIRD_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "clang.h"
#include "diag.h"
#include "list.h"
#include "types.h"
#include "wire/err.h"

enum ctype_shape {
    SHAPE_SCALAR,  /* `type` itself; an enum is its integer */
    SHAPE_POINTER, /* to `type`, a number or void */
    SHAPE_OTHER,   /* nothing that has a row; `spelling` says what */
};

struct ctype {
    enum ctype_shape shape;
    const struct type *type; /* NULL for SHAPE_OTHER */
    bool is_const;           /* what the pointer points to is const */
    struct ctype *to;        /* of every pointer: what it points to */
    char *spelling;          /* as the user wrote it: "const double *" */
    char *record;            /* of a struct or union: its tag, or the name of
                                its typedef; else NULL */
    bool is_complete;        /* of a record: its fields are known here */
    struct calling *calling; /* of a function: how it is called; else NULL */
    struct enumeration *enumeration; /* of an enum; borrowed, else NULL */
    struct structure *structure;     /* of a struct; borrowed, else NULL */
};

/* A function's type. */
struct calling {
    struct ctype result;
    struct ctype *parameters;
    size_t count;
    bool is_variadic;
};

struct place {
    const char *path; /* borrowed from the surface */
    unsigned line;
    unsigned column;
    unsigned width; /* of the name there */
};

struct parameter {
    char *name; /* "" when it has none */
    struct ctype type;
    struct place place;
    struct list notes; /* what CB_ words say of it: "default:3" */
};

struct function {
    char *name;
    char *doc; /* the comment above, without its marks; NULL */
    struct ctype result;
    struct parameter *parameters;
    size_t parameter_count;
    struct place place;
    bool is_variadic;
    bool is_inline;   /* without a symbol of its own */
    bool is_old_style; /* int f(a) int a; {…} */
    struct list notes; /* "nogil" */
    struct place faults; /* where CB_FAULTS stands, if it does */
    char *error; /* libclang's words when the declaration held one */
};

/* A record that Python knows by a pointer alone; handle.h finds them. */
struct handle {
    char *record; /* as in ctype */
    char *name;   /* the class in Python: its typedef's name, else the tag */
    const struct function *closer; /* what ends it; NULL: nothing does */
};

/* An enum that has a name. */
struct enumeration {
    char *name; /* the class in Python: its typedef's name, else the tag */
    char *doc;
    struct member {
        char *name;
        long long value;
        bool is_hidden; /* by a leading underscore */
    } *members;
    size_t member_count;
    bool is_unsigned; /* its values are unsigned long longs */
    struct place place;
    char *path;   /* of the file it is in; `place` points to it */
    bool is_here; /* in the source itself, so that it is exported */
    bool is_used; /* a function takes or gives it */
    struct clang_cursor cursor; /* while the source is read */
};

/* One field of a struct. */
struct field {
    char *name;
    struct ctype type; /* of an array: its items' */
    size_t offset;     /* bytes */
    size_t count;      /* of an array; 0: none */
    bool is_const;
};

/* A struct whose fields the source sees. */
struct structure {
    char *name; /* the class in Python: its typedef's name, else the tag */
    char *doc;
    struct field *fields;
    size_t field_count;
    size_t size, align; /* bytes */
    struct place place;
    char *path; /* of the file it is in; `place` points to it */
    char *flaw; /* why it has no class: "'flags' is a bit-field"; NULL */
    struct place flaw_place;
    bool is_used; /* a function takes or gives it */
    struct clang_cursor cursor; /* while the source is read */
};

enum constant_kind { CONSTANT_INT, CONSTANT_FLOAT, CONSTANT_TEXT };

struct constant {
    char *name;
    enum constant_kind kind;
    char *value; /* a C expression that needs nothing of the source */
    const struct enumeration *of; /* whose member it is, or NULL */
};

/* What a CB_FAULTS function raises: a class that its module has. */
#define FAULT_CLASS "NativeFault"

/* A class of exceptions of the module's own: CB_EXCEPTION. */
struct exception {
    char *name;
    char *base; /* "CB_LookupError" */
};

struct surface {
    char *path; /* the source, absolute */
    char *doc;  /* the comment that the file begins with; NULL */
    struct function *functions; /* non-static definitions of this file, in
                                   its order; hidden ones are left out */
    size_t function_count;
    struct list locals; /* names of its static functions */
    struct handle *handles; /* of the whole module, the same in each */
    size_t handle_count;
    struct constant *constants;
    size_t constant_count;
    struct exception *exceptions; /* those of its headers, too */
    size_t exception_count;
    struct enumeration **enumerations; /* in the order they were met */
    size_t enumeration_count;
    struct structure **structures; /* a struct stands behind those in it */
    size_t structure_count;
    bool sees_python; /* Python.h is among the includes */
    bool says_free_threading; /* CB_FREE_THREADING stands in it */
    bool says_subinterpreters; /* CB_SUBINTERPRETERS */
    struct diag_list fatal; /* why reading stopped early: a header that is
                               not there */
};

struct scan_options {
    struct list flags;       /* -D, -I, -std… of the module */
    struct list system_dirs; /* where the compiler finds <…> */
    char *own_headers;       /* runtime/scan */
    char *include;           /* runtime/include */
};

#define SCAN_OPTIONS_INIT {LIST_INIT, LIST_INIT, NULL, NULL}

/* -1 only when libclang gives nothing at all. */
int scan_read(struct surface *s, const struct clang *c, const char *path,
              const struct scan_options *o, struct err *e);
void surface_dispose(struct surface *s);

/* The same in steps, for who reads one source again and again: a kept unit
 * has its leading #includes precompiled in $TMPDIR, and reads only the rest
 * after scan_again. */
struct scan_unit {
    const struct clang *clang; /* borrowed */
    char *path;
    void *index;
    void *unit;
};
int scan_open(struct scan_unit *u, const struct clang *c, const char *path,
              const struct scan_options *o, bool is_kept, struct err *e);
/* The file as it is now; -1: the unit is good for scan_close only. */
int scan_again(struct scan_unit *u);
void scan_take(struct surface *s, const struct scan_unit *u);
void scan_close(struct scan_unit *u);
/* What stands behind `word` and a colon among `notes`, "" for the word alone;
 * NULL: it is not there. Borrowed. */
const char *note_find(const struct list *notes, const char *word);
void scan_options_dispose(struct scan_options *o);

/* The words of a comment without its marks, on the heap; NULL when nothing is
 * left. Doxygen's @param and @return become plain lines; what is no UTF-8
 * becomes '?'. */
char *comment_words(const char *comment);

#endif
