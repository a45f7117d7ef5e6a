/* way: how one kind of C parameter or result crosses between Python and C:
 * who claims it, and the C that the binding gets for it. A kind is a row; its
 * file (way_number.c, way_text.c…) holds all that is known about it, its words
 * in a stub included.
 *
 * Private to bindgen and to what writes stubs. Constant data; any thread.
 */
#ifndef COWBIRD_WAY_H
#define COWBIRD_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include "bindgen_plan.h"
#include "diag.h"
#include "literal.h"
#include "scan.h"
#include "wire/buf.h"

/* Writes C (or Python, for `annotate`) about one argument. */
typedef void (*way_writer)(struct buf *out, const struct plan *p,
                           const struct argument *a);

/* What `cowbird help types`, and so docs/TYPES.md, says of a kind; one that is
 * hidden may say nothing. */
struct way_words {
    const char *form;   /* "const T *x, size_t n" */
    const char *python; /* its type in a stub: "Buffer" */
    const char *text;   /* what passes and what raises what, in ASCII */
};

/* One kind of parameter. All writers but `pass` may be NULL. */
struct way {
    const char *name; /* "buffer" */
    struct way_words words;
    /* Takes the C parameters from `i` on that are of this kind: gives each of
     * them its way and says how many. 0: of another kind. -1: of this kind and
     * wrong, `diags` says why. */
    int (*claim)(struct plan *p, size_t i, struct diag_list *diags);
    bool is_hidden;       /* no parameter in Python */
    way_writer define;    /* C before the function that it is one of */
    way_writer declare;   /* its C variables */
    way_writer clear;     /* what makes `release` safe before `take` */
    way_writer take;      /* an expression that is true when it failed */
    way_writer check;     /* statements, once all are taken */
    way_writer pass;      /* the expression that the C function is given */
    way_writer settle;    /* statements, right after the call */
    way_writer release;   /* statements, on every way out after `clear` */
    way_writer annotate;  /* its type in a stub: "float", "@store": the
                             module's own class of that name */
    /* For an argument that may be left out: fills `initial`, `shown` and
     * `takes_none`. When `v` will not do, what would, on the heap: "an int".
     * NULL: the kind has no defaults. */
    char *(*fall_back)(struct argument *a, const struct literal *v);
};

/* One kind of result: what the C function returns, or leaves where an out
 * parameter points. */
struct giving {
    const char *name;
    struct way_words words;
    /* Whether `r` is of this kind; -1: it is, and cannot be given. */
    int (*claim)(struct plan *p, struct result *r, struct diag_list *diags);
    /* An expression of a new reference, NULL when it raised. */
    void (*give)(struct buf *out, const struct plan *p,
                 const struct result *r);
    /* Statements when the object has been made or the call has failed, for
     * a result whose claim said `is_released`. */
    void (*release)(struct buf *out, const struct plan *p,
                    const struct result *r);
    void (*annotate)(struct buf *out, const struct plan *p,
                     const struct result *r);
};

/* The `pass` of what is in a variable of its own: "c_x". */
void way_pass_taken(struct buf *out, const struct plan *p,
                    const struct argument *a);

/* Asked in this order; each ends with NULL. */
extern const struct way *const ways[];
extern const struct giving *const givings[];

extern const struct way way_buffer;
extern const struct way way_callback;
extern const struct way way_callback_data;
extern const struct way way_handle;
extern const struct way way_length;
extern const struct way way_columns;
extern const struct way way_number;
extern const struct way way_object;
extern const struct way way_out;
extern const struct way way_struct;
extern const struct way way_text;
extern const struct way way_str;
extern const struct way way_bytes;

extern const struct giving giving_nothing;
extern const struct giving giving_enumeration;
extern const struct giving giving_number;
extern const struct giving giving_buffer;
extern const struct giving giving_handle;
extern const struct giving giving_object;
extern const struct giving giving_struct;
extern const struct giving giving_text;
extern const struct giving giving_view;

/* Whether parameter `i` is the length of the pointer before it. */
bool way_is_length(const struct function *f, size_t i);
/* Where the length of the pointer at `i` stands; 0 when it has none. */
size_t way_buffer_length(const struct plan *p, size_t i);
/* Whether one of this name and type would be. */
bool way_is_length_name(const char *name, const struct ctype *t);

/* CB_OWNED: whether the result's memory is given away; the function that is to
 * free it, NULL for free(); the statement that does, for `release`. */
bool way_is_owned(const struct result *r);
const char *way_freer(const struct result *r);
void way_release_owned(struct buf *out, const struct plan *p,
                       const struct result *r);
/* "nothing says who frees it" */
int way_refuse_unowned(const struct plan *p, const struct result *r,
                       struct diag_list *diags);

#endif
