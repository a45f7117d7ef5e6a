/* journal: what a commit has written, so that a surprise can be taken back.
 *
 * Room is made beforehand; a word is then written without any chance to
 * fail. What a write drops is kept until the end, so that no destructor runs
 * in the middle of a commit. With the GIL, held throughout.
 */
#ifndef COWBIRD_JOURNAL_H
#define COWBIRD_JOURNAL_H

#include "pyabi.h"

#include "wire/err.h"

struct journal_entry {
    void **word;    /* NULL: an item of a dict or an attribute */
    void *old_word;
    int *number;    /* instead of `word` */
    int old_number;
    char *bytes;    /* instead of either */
    const char *old_bytes; /* not owned */
    size_t size;
    PyObject *owner; /* a dict or a type; owned */
    PyObject *name;  /* owned */
    PyObject *old;   /* owned; NULL: was not there */
};

struct journal {
    struct journal_entry *entries;
    size_t count, room;
};

#define JOURNAL_INIT {NULL, 0, 0}

/* Makes room for `more` entries besides all that was made before. */
int journal_reserve(struct journal *j, size_t more, struct err *e);
/* Within the room that was reserved. */
void journal_word(struct journal *j, void *at, void *value);
void journal_number(struct journal *j, int *at, int value);
/* Writes `size` bytes; `old_size` of them were `old`, which must stay until
 * the end. */
void journal_bytes(struct journal *j, char *at, const char *value, size_t size,
                   const char *old, size_t old_size);
/* Sets owner[name], or deletes it where `value` is NULL; of a type the
 * attribute. -1 with the exception set; then nothing was changed. */
int journal_item(struct journal *j, PyObject *owner, PyObject *name,
                 PyObject *value);
/* Everything as it was, newest first. */
void journal_undo(struct journal *j);
/* Lets go of what was dropped. */
void journal_dispose(struct journal *j);

#endif
