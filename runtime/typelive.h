/* typelive: the live objects of a type and of all types below it.
 *
 * Found through the collector's objects and what they hold; each object of a
 * heap type holds a reference to its type, so the type's count tells whether
 * that was all. Where it was not, memory is searched for what looks like one.
 * With the GIL.
 */
#ifndef COWBIRD_TYPELIVE_H
#define COWBIRD_TYPELIVE_H

#include "pyabi.h"

#include "wire/err.h"

struct live_objects {
    PyObject **objects; /* each once, by address; borrowed, so nothing may run
                           while they are used */
    size_t count, room;
    size_t hidden; /* what may be more, in memory that only C code knows */
};

/* `family` as type_family gives it. */
int live_find(PyObject *family, struct live_objects *out, struct err *e);
void live_dispose(struct live_objects *l);
/* "12 live objects", into `text`. */
const char *live_words(const struct live_objects *l, char *text, size_t len);

#endif
