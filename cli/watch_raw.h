/* watch_raw: the one event model that inotify and polling share, inside
 * watch. Nobody else includes it but tests that stand in for the system.
 *
 * A source watches folders, each under an id of its own: inotify's are
 * positive, polling's negative. It reports names in them and never reads the
 * files.
 */
#ifndef COWBIRD_WATCH_RAW_H
#define COWBIRD_WATCH_RAW_H

#include <stdbool.h>
#include <stdint.h>

#include "loop.h"
#include "wire/err.h"

enum raw_kind {
    RAW_CAME,     /* the name appeared */
    RAW_WRITTEN,  /* written, maybe not to its end */
    RAW_CLOSED,   /* closed after writing */
    RAW_MOVED_IN, /* something whole took the name */
    RAW_TOUCHED,  /* mode or times */
    RAW_WENT,     /* the name is no more */
    RAW_LOST,     /* the folder itself is no more; no name */
    RAW_OVERFLOW, /* events were dropped; no folder, no name */
};

struct raw {
    int folder;
    enum raw_kind kind;
    bool is_dir;
    const char *name; /* borrowed */
};

/* Where a source puts what it saw. All callbacks may add and remove folders.
 */
struct raw_sink {
    void (*take)(void *data, const struct raw *raw);
    void (*rest)(void *data); /* after each batch */
    /* Polling asks before it remembers a name. */
    bool (*wants)(void *data, int folder, const char *name, bool is_dir);
    void *data;
};

struct watch_inotify;

/* NULL and errno in `*why` when there can be no (further) instance. */
struct watch_inotify *watch_inotify_new(struct loop *loop,
                                        const struct raw_sink *sink,
                                        int *why);
/* An id, or -errno. `is_quiet` leaves out RAW_WRITTEN; adding a folder again
 * gives the same id and changes that. */
int watch_inotify_add(struct watch_inotify *i, const char *path,
                      bool is_quiet);
void watch_inotify_remove(struct watch_inotify *i, int id);
void watch_inotify_free(struct watch_inotify *i);

struct watch_poll;

struct watch_poll *watch_poll_new(struct loop *loop,
                                  const struct raw_sink *sink);
/* An id; nothing is seen before watch_poll_begin. */
int watch_poll_add(struct watch_poll *p, const char *path);
/* Remembers what is there, silently; again when more names are wanted. */
void watch_poll_begin(struct watch_poll *p, int id);
void watch_poll_remove(struct watch_poll *p, int id);
void watch_poll_free(struct watch_poll *p);

/* The name of a file system on which inotify does not see what others do
 * ("nfs"), NULL for the others. `type` is statfs's f_type. */
const char *watch_blind_name(long type);

/* What a test can stand in for; NULL goes back to the kernel's. */
struct watch_system {
    int (*init)(int flags);                              /* inotify_init1 */
    int (*add)(int fd, const char *path, uint32_t mask); /* .._add_watch */
    long (*fs_type)(int fd);                             /* -1: unknown */
};
void watch_stand_in(const struct watch_system *system);
long watch_fs_type(int fd);

#endif
