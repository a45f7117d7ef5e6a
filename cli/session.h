/* session: the folder, the lock and the socket of one running `--dev`, and
 * how others find them.
 *
 * The folder is private to the user (0700, owner checked) and short enough
 * for a Unix socket's 108 bytes (unix(7)); what is executed (images) lies in
 * the cache instead, because runtime folders are often mounted noexec. A
 * session lives exactly as long as its process holds the flock: whoever finds
 * a folder whose lock is free may remove it. One thread owns a session.
 */
#ifndef COWBIRD_SESSION_H
#define COWBIRD_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "list.h"
#include "wire/err.h"

struct session {
    char *id;      /* 8 hexadecimal digits */
    char *dir;     /* absolute; holds s, lock, info, manifest.<SOABI> */
    char *images;  /* absolute, in the cache: a folder a generation */
    char *root;    /* the project */
    int lock_fd;
    int listen_fd; /* non-blocking, close-on-exec */
};

/* Makes the folders, takes the lock, listens. Removes what dead sessions
 * left. `compile_paths` are what it watches, absolute, for others to read. */
int session_open(struct session *s, const char *root,
                 const struct list *compile_paths, struct err *e);
/* Removes both folders. */
void session_close(struct session *s);

/* A live session as somebody else sees it. */
struct session_info {
    char *id;
    char *root;
    struct list compile_paths; /* absolute */
    char *socket;
    long pid;
};

/* All live sessions of this user, oldest first; dead ones are removed.
 * Dispose each, then free the array. */
int session_list(struct session_info **infos, size_t *count, struct err *e);
void session_info_dispose(struct session_info *i);
/* Whether a source there would be one of its modules'. */
bool session_compiles(const struct session_info *i, const char *path);
/* A connected socket to a session. */
int session_connect(const struct session_info *i, struct err *e);

#endif
