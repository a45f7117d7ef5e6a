/* client: a command that asks a running session one question: `status`,
 * `undo`, `restart`.
 *
 * Finds the session by the project's root, or by --session.
 *
 *     struct client c;
 *     struct buf question = BUF_INIT;
 *     int status;
 *     if (!client_begin(&c, "status", false, count, argv, &status))
 *         return status;
 *     msg_start(&question, MSG_STATUS_ASK);
 *     if (client_ask(&c, &question, MSG_STATUS) == 0) …
 *     return client_end(&c);
 */
#ifndef COWBIRD_CLIENT_H
#define COWBIRD_CLIENT_H

#include "common.h"
#include "wire/buf.h"
#include "wire/msg.h"

struct client {
    struct common common;
    struct config config;
    struct opt_rest rest; /* empty where the command takes no words */
    struct buf help;      /* what to do about `e`; or empty */
    struct err e;         /* set: the command failed */
    const char *session;  /* --session */
    struct buf in;        /* the bytes that `answer` borrows */
    struct msg answer;
};

/* A connection to the session of the project, or to the one that `session`
 * (may be NULL) begins the id of. */
int client_connect(const struct config *config, const char *session,
                   struct buf *help, struct err *e);

/* Reads the options; false: `*status` is the exit status. */
bool client_begin(struct client *c, const char *command, bool takes_words,
                  size_t count, char **argv, int *status);
/* Connects, sends `question` (finished and disposed by this) and waits for an
 * answer of `type`. */
int client_ask(struct client *c, struct buf *question, enum msg_type type);
/* The same for an answer of MSG_DONE: says what was done, with --json as
 * {"done": [lines]} too, or fails with why not. */
void client_order(struct client *c, struct buf *question,
                  const char *subject);
/* Says what went wrong, if anything; the exit status. */
int client_end(struct client *c);

#endif
