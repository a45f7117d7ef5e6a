/* watch_folder: the folders under watch and how each is watched. Inside
 * watch; nobody else includes it.
 *
 * Owns the sources, so it alone knows whether a folder is watched by inotify
 * or by polling, and why. Runs in the loop's thread.
 */
#ifndef COWBIRD_WATCH_FOLDER_H
#define COWBIRD_WATCH_FOLDER_H

#include <sys/types.h>

#include "table.h"
#include "watch_raw.h"

struct folder {
    int id;             /* its source's */
    char *real;         /* links resolved */
    char *path;         /* as it was found below a root */
    bool is_whole;      /* all in it is of interest; else only hops' names */
    bool is_blind;      /* on a file system where inotify is */
    bool is_quiet;      /* without RAW_WRITTEN */
    unsigned noise;     /* how often something else in it was written */
    unsigned hop_count; /* single names in it that somebody waits for */
    unsigned child_count; /* whole ones right below it, by path */
    dev_t dev;
    ino_t inode;
    struct table names; /* files of interest last seen → not NULL */
};

struct folders {
    struct folder **items; /* owned, ordered by id */
    size_t count;
    struct table by_path; /* whole ones */
    struct table by_real; /* all */
    struct loop *loop;    /* borrowed */
    struct raw_sink sink;
    struct watch_inotify *inotify; /* NULL: only polling */
    struct watch_poll *poll;
    char reason[256]; /* for polling; "" */
    bool is_confused; /* a folder was not watched because its older name is:
                         build all anew */
    dev_t blind_dev;  /* the last device asked about */
    bool is_dev_known;
    bool is_dev_blind;
};

void folders_init(struct folders *all, struct loop *loop,
                  const struct raw_sink *sink, bool force_polling);
struct folder *folders_find(const struct folders *all, int id);
/* Watches the folder (its path with links resolved); what is watched already
 * is handed out again. `is_quiet`: for the sake of a few names, so without
 * RAW_WRITTEN. NULL: it is not there, cannot be read, or is another mount of
 * one that is watched. */
struct folder *folders_watch(struct folders *all, const char *real,
                             bool is_quiet);
/* From now on all in it is of interest, and it is found under `path`. */
void folders_make_whole(struct folders *all, struct folder *f,
                        const char *path);
/* A name more is wanted in it. */
void folders_want_more(struct folders *all, struct folder *f);
/* Something nobody wants was written in it: when that goes on (a log, a
 * database) its writes wake nobody any more. */
void folders_note_noise(struct folders *all, struct folder *f);
void folders_drop(struct folders *all, struct folder *f);
void folders_dispose(struct folders *all);

#endif
