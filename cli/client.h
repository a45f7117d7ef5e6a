/* client: one question to a running session, for `status` and `undo`.
 *
 * Finds the session by the project's root, or by --session.
 */
#ifndef COWBIRD_CLIENT_H
#define COWBIRD_CLIENT_H

#include "wire/buf.h"
#include "wire/msg.h"

/* Connects to the session of `root`, or to the one that `id` names (NULL:
 * any of that root). No session, or several, is an error whose `help` (to be
 * filled) says what to type. Returns a descriptor. */
int client_connect(const char *root, const char *id, struct buf *help,
                   struct err *e);
/* Sends `question` (finished by this) and waits for an answer of `type`;
 * `in` keeps the bytes that `m` borrows. */
int client_ask(int fd, struct buf *question, enum msg_type type,
               struct buf *in, struct msg *m, struct err *e);

#endif
