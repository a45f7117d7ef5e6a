/* finding: what doctor found, one row a thing, in the order of its screen.
 *
 * Data only: report says it to people, finding_to_json to programs. One
 * thread owns a list of findings.
 */
#ifndef COWBIRD_FINDING_H
#define COWBIRD_FINDING_H

#include <stddef.h>

#include "report.h"
#include "wire/buf.h"

struct finding {
    enum report_health health;
    char *subject; /* "python", "inotify", a module's name */
    char *text;    /* one line */
    char *fix;     /* what to type or change, one line; NULL: nothing */
};

struct findings {
    struct finding *items;
    size_t count;
    size_t cap;
};

#define FINDINGS_INIT {NULL, 0, 0}

/* Appends a row and returns it, borrowed until the next one. */
struct finding *finding_add(struct findings *f, enum report_health health,
                            const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Gives the last row its fix. */
void finding_fix(struct findings *f, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
size_t finding_count(const struct findings *f, enum report_health health);
/* {"findings": [{"health": "ok", "subject": …, "text": …, "fix": …}],
 *  "failed": n, "warnings": n} */
void finding_to_json(const struct findings *f, struct buf *out);
void findings_dispose(struct findings *f);

#endif
