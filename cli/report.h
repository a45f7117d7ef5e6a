/* report: the only file that speaks to the user.
 *
 * Speech goes to stderr; results (--json, a path) to stdout; in `run`, whose
 * stdout is the app's, JSON events go where --json=PATH or fd:N says. Knows
 * colour, UTF-8, width and quietness through term. Runs on the bench's main
 * thread only; never decides anything.
 */
#ifndef COWBIRD_REPORT_H
#define COWBIRD_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diag.h"
#include "wire/err.h"

enum report_level { REPORT_QUIET = -1, REPORT_NORMAL = 0, REPORT_VERBOSE = 1 };
enum report_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct report_options {
    enum report_level level;
    enum report_color color;
    const char *root;      /* paths below it are shown relative to it;
                              borrowed for the life of the program */
    const char *json_path; /* events as JSON lines: NULL for none, "-" in
                              place of our speech on stderr, "fd:N", or a
                              path to append to */
};

int report_init(const struct report_options *o, struct err *e);
void report_dispose(void);
bool report_is_verbose(void);
/* Later than report_init, when config has found it. */
void report_set_root(const char *root);
/* `path` as speech shows it: relative to that root when it lies below it.
 * Borrowed from `path`. */
const char *report_shown(const char *path);

/* Verbs of the stamped lines: name, text, colour. The verb tells the
 * outcome. */
#define REPORT_VERBS(X)                                                       \
    X(VERB_SWAP, "swap", GREEN)        /* new code is live */                 \
    X(VERB_TIER, "tier", DIM)          /* the same by cc; said with -v */     \
    X(VERB_BUILT, "built", GREEN)      /* built, nobody has imported it */    \
    X(VERB_SAME, "same", DIM)          /* saved without a change */           \
    X(VERB_ERROR, "error", RED)        /* does not build or load */           \
    X(VERB_REFUSED, "refused", YELLOW) /* builds, must not go live */         \
    X(VERB_CRASHED, "crashed", RED)    /* a worker died of a signal */        \
    X(VERB_RESTART, "restart", CYAN)   /* the app was started again */        \
    X(VERB_EXIT, "exit", YELLOW)       /* the app ended */                    \
    X(VERB_LATE, "late", YELLOW)       /* a worker does not answer */         \
    X(VERB_WAITS, "waits", YELLOW)     /* for a call in flight */             \
    X(VERB_MOVED, "moved", GREEN)      /* a late worker has caught up */      \
    X(VERB_ADDED, "added", GREEN)      /* a module appeared */                \
    X(VERB_REMOVED, "removed", YELLOW) /* a module's source went away */      \
    X(VERB_WARNING, "warning", YELLOW) /* something to know */                \
    X(VERB_UNDO, "undo", CYAN)         /* one generation back */

enum report_verb {
#define X(id, text, color) id,
    REPORT_VERBS(X)
#undef X
};

struct report_field {
    const char *key;  /* JSON key, snake_case, unit at the end: "took_ms" */
    const char *text; /* a string when not NULL, else `number` */
    double number;
    const struct list *items; /* an array of strings when not NULL */
};

/* One thing that happened, said once in both languages. All borrowed. */
struct report_event {
    enum report_verb verb;
    const char *subject; /* module, file or app */
    const char *text;    /* the rest of the line, for people */
    const struct report_field *fields; /* the same facts, for programs */
    size_t field_count;
    const struct diag_list *diags; /* shown below the line, or NULL; beside
                                      errors warnings only with -v */
    const struct diag_list *seen; /* what people have just read, of these
                                     diagnostics too: not shown again; or
                                     NULL */
    const char *note;              /* "      = note: …" or NULL */
    const char *help;              /* "      = help: …" or NULL */
    const char *serves; /* last line: what still serves; after every failure */
};

/* "14:02:11  swap     scoring  total()     31ms …". An equal one right after
 * it is said again with "(x2)". Nothing is ever repainted: the app shares the
 * terminal, and the line above may be its own by now. */
void report_event(const struct report_event *event);

/* Unstamped, indented lines before and between events:
 * "  python  CPython 3.12.4 (.venv)". Held back by -q. */
void report_setup(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Only with -v; the same form. */
void report_detail(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "error: <sentence>", then "  = help: …" for each line of `help` unless it
 * is NULL or "". Shown even with -q. */
void report_error(const struct err *e, const char *help);
void report_warning(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* Diagnostics outside an event (build, check). */
void report_diags(const struct diag_list *diags);

/* One line of doctor: "  ok    python      CPython …", then "        fix: …"
 * unless `fix` is NULL. */
enum report_health { HEALTH_OK, HEALTH_WARN, HEALTH_FAIL };
void report_health(enum report_health health, const char *subject,
                   const char *text, const char *fix);

/* A result: `text` and a newline on stdout, never styled. */
void report_result(const char *text);
/* Free text of commands whose output is speech (help, demo), on stdout for
 * help that was asked for, else on stderr. */
void report_text(bool is_result, const char *text);

#endif
