/* diag: what a compiler or linker said about the user's source, as data.
 *
 * Parses the compilers' text, merges duplicates and renders the GCC text form
 * with source line and caret. Never decides whether code is good and never
 * writes to a stream: report does. One thread owns a diag_list.
 */
#ifndef COWBIRD_DIAG_H
#define COWBIRD_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "wire/buf.h"

enum diag_severity { DIAG_NOTE, DIAG_WARNING, DIAG_ERROR };

/* From one place up to another, the second not included; bytes from 1. */
struct diag_span {
    unsigned line;
    unsigned column;
    unsigned end_line;
    unsigned end_column;
};

/* What the compiler would write in the place of a span; "" takes it away, an
 * empty span is an insertion. */
struct diag_fixit {
    char *path; /* absolute; NULL: the diagnostic's */
    struct diag_span span;
    char *text;
};

struct diag {
    enum diag_severity severity;
    char *path;      /* absolute where known; NULL: no place (the linker) */
    unsigned line;   /* from 1; 0: unknown */
    unsigned column; /* in bytes from 1; 0: unknown (tcc gives none) */
    unsigned width;  /* bytes to underline from the column; 0: the caret
                        alone */
    char *message;   /* one sentence, without severity */
    char *flag;      /* "-Wunused-variable" or NULL */
    char *help;      /* "did you mean 'sum'?" or NULL */
    char *source;    /* text of that line when it was compiled, without its
                        newline, or NULL: later edits must not lend a wrong
                        line to an old message */
    struct diag_span *ranges; /* further parts of the diagnostic's file to
                                 underline */
    size_t range_count;
    struct diag_fixit *fixits; /* to be applied together */
    size_t fixit_count;
    bool is_child;   /* a note that belongs to the diagnostic before it */
};

struct diag_list {
    struct diag *items;
    size_t count;
    size_t cap;
};

#define DIAG_LIST_INIT {NULL, 0, 0}

/* Adds an empty error and returns it, borrowed until the next add. */
struct diag *diag_add(struct diag_list *l);
void diag_add_range(struct diag *d, struct diag_span span);
/* Copies `path` (may be NULL) and `text`. */
void diag_add_fixit(struct diag *d, const char *path, struct diag_span span,
                    const char *text);
/* Without ranges and fix-its. */
void diag_clear_parts(struct diag *d);
/* Takes "; did you mean 'sum'?" off the message and makes it the help. */
void diag_split_help(struct diag *d);
/* Whether a note need not be shown: it says nothing, or just which header is
 * missing, which then is the help of `parent` (may be NULL). */
bool diag_fold_note(struct diag *parent, const char *message);
/* The diagnostic at `index` and its notes: one past the last. */
size_t diag_family_end(const struct diag_list *l, size_t index);
/* Appends copies of the diagnostics from `first` up to `end`. */
void diag_copy(struct diag_list *to, const struct diag_list *from,
               size_t first, size_t end);

/* Reads what gcc, clang or tcc printed (gcc and clang with
 * -fdiagnostics-color=never and -fdiagnostics-parseable-fixits, carets on)
 * and the linker lines among it.
 * `dir` completes relative paths. Text that is no diagnostic but came with a
 * failure becomes one error without a place, so that nothing the compiler
 * said is lost. */
void diag_parse(struct diag_list *l, const char *text, const char *dir);

/* The same for a compiler whose end is known: what looks like an error of one
 * that succeeded is chatter (of a launcher, of -v) and left out. */
void diag_parse_result(struct diag_list *l, const char *text, const char *dir,
                       bool is_good);

/* Line `wanted` of a file's text, without its end and without a BOM, on the
 * heap; NULL when there is none. */
char *diag_copy_line(const struct buf *text, unsigned wanted);
/* Reads the source lines that are still missing from disk. */
void diag_fill_sources(struct diag_list *l);

/* Whether the list has one of the same place and message. */
bool diag_has(const struct diag_list *l, const struct diag *d);
/* Drops repetitions (same place, same message) with their notes. */
void diag_merge(struct diag_list *l);

/* Drops a last note that repeats one of its family. */
void diag_merge_notes(struct diag_list *l);

size_t diag_count(const struct diag_list *l, enum diag_severity severity);
/* The first error, or NULL. Borrowed. */
const struct diag *diag_first_error(const struct diag_list *l);

/* GCC text form, paths relative to `root` when below it:
 *   scoring.c:11:31: error: use of undeclared identifier 'sun'
 *      11 |     return PyFloat_FromDouble(sun);
 *         |                               ^~~
 *         |                               sum
 *         = help: did you mean 'sum'?
 * At most `most` errors (0: no limit), always at least one, and a last line
 * that counts the rest. Without colour: report adds that. */
void diag_render(const struct diag_list *l, const char *root, size_t most,
                 struct buf *out);

/* What stands before and after the parts that a terminal can show in colour;
 * every field is set, "" for none. */
struct diag_style {
    const char *severity[3]; /* the word and the caret line, by severity */
    const char *place;
    const char *label; /* "= help:" */
    const char *fixit; /* below the carets: what to write instead */
    const char *end;
};
void diag_render_styled(const struct diag_list *l, const char *root,
                        size_t most, const struct diag_style *style,
                        struct buf *out);
/* "      = help: …" or another label; further lines of `text` stand below
 * it. */
void diag_add_label(struct buf *out, size_t indent, const char *label,
                    const char *text, const struct diag_style *style);
/* A style of empty strings. */
extern const struct diag_style diag_plain;

/* One JSON array of objects with the struct's field names; what is unknown is
 * null. */
void diag_to_json(const struct diag_list *l, struct buf *out);

/* One text for the cache, and back; unknown lines are ignored. */
void diag_store(const struct diag_list *l, struct buf *out);
void diag_restore(struct diag_list *l, const char *text);

void diag_copy_all(struct diag_list *to, const struct diag_list *from);
void diag_list_dispose(struct diag_list *l);

#endif
