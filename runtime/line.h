/* line: the guest's connection to the bench, and descriptors that the app may
 * close behind our back. Owned by one thread.
 */
#ifndef COWBIRD_LINE_H
#define COWBIRD_LINE_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/buf.h"

/* A descriptor and its identity: an app that daemonizes closes every one it
 * finds, and the number may be somebody else's file afterwards. */
struct handle {
    int fd; /* -1: none */
    dev_t device;
    ino_t inode;
};

struct line {
    struct handle socket;
    struct buf in;
    struct buf answer; /* has room for LINE_ANSWER bytes at any time */
};

#define LINE_ANSWER 512

/* Takes the descriptor; -1 when it is none. */
int handle_take(struct handle *h, int fd);
bool handle_is_ours(const struct handle *h);
void handle_close(struct handle *h);

/* Connects to the session in the folder `session`; whoever listens must be
 * the user who runs the app, or root. */
int line_open(struct line *l, const char *session);
void line_close(struct line *l);
/* What has arrived, into `in`: 0, or -1 when the other side is gone. Where
 * there is no memory for it, it stays where it is. */
int line_read(struct line *l);
/* A moment, until memory is asked for again. */
void line_pause(void);
/* Finishes `b` and sends it; it is empty afterwards. */
int line_send(const struct line *l, struct buf *b);
/* The same of `answer`, if there is one. */
int line_answer(struct line *l);

#endif
