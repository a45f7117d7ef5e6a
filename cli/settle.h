/* settle: turns what happens to single files into one change per save.
 *
 * Decides when a save is over; never touches a file, a descriptor or the
 * loop: it is told what happened, asks `look` whether a file is still being
 * written, and reads the time from clock. One thread owns a settle.
 */
#ifndef COWBIRD_SETTLE_H
#define COWBIRD_SETTLE_H

#include <stdbool.h>
#include <stdint.h>

struct change;
struct settle;

/* How long an in-place write may pause before it counts as finished. */
#define SETTLE_QUIET_MS 30
/* A complete file waits this long for the next one, times the number of files
 * that are in the change already, up to the quiet time; one that a rename
 * completed waits for none. */
#define SETTLE_GAP_MS 1
/* Complete files wait this long for others that are still being written … */
#define SETTLE_TOGETHER_MS 100
/* … and this long for a storm to end. Also the silence after which a file
 * counts as finished although somebody keeps it open for writing. */
#define SETTLE_LIMIT_MS 1000

enum settle_what {
    SETTLE_WRITING,  /* created or written in place, not closed yet */
    SETTLE_CLOSED,   /* closed after writing */
    SETTLE_REPLACED, /* another file took its name: complete by intent */
    SETTLE_TOUCHED,  /* mode or times: its content is as it was */
    SETTLE_GONE,     /* the name went away; often it comes back at once */
};

/* What is to be known about a file that fell silent without being closed. */
enum settle_look {
    LOOK_CLOSED,     /* nobody has it open for writing, or nobody can tell */
    LOOK_OPEN,       /* somebody has */
    LOOK_OPEN_EMPTY, /* somebody has, and it is empty: truncated, not yet
                        written; never handed on */
};

typedef enum settle_look (*settle_look_fn)(void *data, const char *path);

/* quiet_ms 0: the default. */
struct settle *settle_new(int quiet_ms, settle_look_fn look, void *data);
/* Whether the last part of a path is an editor's temporary, backup or lock
 * file: such a name never reaches a change. */
bool settle_is_temporary(const char *name);
void settle_note(struct settle *s, const char *path, enum settle_what what);
/* Events were lost: the next change is about everything. */
void settle_note_everything(struct settle *s);
/* When settle_take is worth calling; -1: nothing is under way. */
int64_t settle_due_ns(const struct settle *s);
/* True: a change is complete and now the caller's (its paths are sorted,
 * is_structural is left to the caller). False: nothing yet, ask
 * settle_due_ns again. */
bool settle_take(struct settle *s, struct change *change);
void settle_free(struct settle *s);

#endif
